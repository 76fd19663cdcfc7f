"""`python -m bench lighthouse`: the pages that everybody sees, as Lighthouse 12 judges them.

Landing, sign-in, plans and privacy notice of the real server, each loaded by Debian's Chromium as on a slow
telephone (Lighthouse's default). Lighthouse comes from npm by its own lock file, into bench/npm/node_modules.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.running import OnMeetServer

NPM = Path(__file__).parent / "npm"
PAGES = ("/", "/sign-in", "/plans", "/privacy")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
ENOUGH = 95
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'"
)
_SOLD = {"ONMEET_STRIPE_KEY": "sk_test_none", "ONMEET_STRIPE_WEBHOOK_SECRET": "whsec_none"}
"""Plans are shown where something is sold; nothing is asked of the provider for that page."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails when a page has less than 95 of 100 anywhere."""
    _install()
    with OnMeetServer(**_SOLD) as server:
        found = {page: _scores(f"{server.base_url}{page}") for page in PAGES}
    print(f"| page | {' | '.join(CATEGORIES)} |")
    print("|---" * (len(CATEGORIES) + 1) + "|")
    for page, scores in found.items():
        print(f"| {page} | {' | '.join(str(scores[name]) for name in CATEGORIES)} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if all(score >= ENOUGH for scores in found.values() for score in scores.values()) else 1


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is missing: sudo apt-get install npm")
    if not (NPM / "node_modules" / "lighthouse").is_dir():
        subprocess.run([npm, "ci", "--silent", "--ignore-scripts"], cwd=NPM, check=True)


def _scores(url: str) -> dict[str, int]:
    """Points of 100 by category."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        script = NPM / "node_modules" / "lighthouse" / "cli" / "index.js"
        command = [
            shutil.which("node") or "node", str(script), url, "--quiet", "--output=json",
            f"--output-path={report}", f"--chrome-flags={_FLAGS}",
            f"--only-categories={','.join(CATEGORIES)}",
        ]  # fmt: skip
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium})
        judged: dict[str, Any] = json.loads(report.read_text())["categories"]
    return {name: round(100 * (judged[name]["score"] or 0)) for name in CATEGORIES}
