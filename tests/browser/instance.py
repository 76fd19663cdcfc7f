"""A whole instance to be searched: the real server, its database, Redis, and every byte that they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.running import ROOT, OnMeetServer

__all__ = ["Instance"]


class Instance:
    """`server` and the folders that its data is in: `elsewhere` names those that are not the data folder."""

    def __init__(self, server: OnMeetServer, elsewhere: Iterable[Path] = ()) -> None:
        self.server = server
        self.elsewhere = [server.log, *elsewhere]

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run the operator's command line with the server's settings."""
        return subprocess.run(
            [sys.executable, "-m", "onmeet.cli", *arguments],
            cwd=ROOT,
            env=self.server.environment,
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def done(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to succeed; its output."""
        ran = self.command(*arguments, stdin=stdin)
        assert ran.returncode == 0, f"{arguments}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    def audit(self, canaries: Iterable[str] = ()) -> dict[str, Any]:
        """The audit's report, with the strings that are to be looked for."""
        file = self.server.data.parent / "canaries"
        file.write_text("\n".join(canaries), "utf-8")
        ran = self.command("audit", "--json", "--canary", str(file), "--also", str(self.server.log))
        file.unlink()
        assert ran.returncode in (0, 1), ran.stderr
        report: dict[str, Any] = json.loads(ran.stdout)
        assert report["clean"] is (ran.returncode == 0)
        return report

    def sightings(self, canaries: Iterable[str]) -> dict[str, set[str]]:
        """Where the audit saw which string: text → places."""
        found: dict[str, set[str]] = {}
        for sighting in self.audit(canaries)["sightings"]:
            found.setdefault(sighting["text"], set()).add(sighting["place"])
        return found

    def raw(self, canaries: Iterable[str]) -> dict[str, list[str]]:
        """Which string stands in which file, byte for byte: apart from the audit, which might be wrong."""
        found: dict[str, list[str]] = {}
        wanted = {
            text: (text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode())
            for text in canaries
        }
        for root in (self.server.data, *self.elsewhere):
            below = (Path(folder, name) for folder, _, names in os.walk(root) for name in sorted(names))
            for path in [root] if root.is_file() else below:
                if not path.is_file():
                    continue
                try:
                    content = path.read_bytes().lower()
                except FileNotFoundError:  # databases make files and remove them: this one is no more
                    continue
                for text, spellings in wanted.items():
                    if any(spelling.lower() in content for spelling in spellings):
                        found.setdefault(text, []).append(path.name)
        return found
