"""`onmeet audit`: what every store holds, and whether anything is there that must not be."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from onmeet import clock
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.errors import UserError

if TYPE_CHECKING:
    from onmeet.notices.audit.report import Report

__all__ = ["add_commands"]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put this command beside the others."""
    parser = commands.add_parser(
        "audit",
        help="look through every store; exit status 1 when something should not be there",
        description=(
            "Looks through database, files, keys and Redis: what is held by category, what is over its time,"
            " what nobody declared. Exit status 0: clean. 1: something is wrong. 2: could not run."
        ),
    )
    parser.add_argument(
        "--canary", type=Path, metavar="FILE", help="also search for these strings, one a line"
    )
    parser.add_argument(
        "--also", type=Path, action="append", default=[], metavar="PATH",
        help="search this file or folder too (logs, a mail spool); may be repeated",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=_audit)


def _audit(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.audit.canary import Canaries  # slow imports
    from onmeet.notices.audit.running import audit

    for path in options.also:
        if not path.exists():  # a misspelt log would otherwise look clean
            raise UserError(f"{path} is not there: --also needs a file or folder")
    canaries = Canaries.from_file(options.canary) if options.canary else Canaries(())
    with opened(config) as (database, policy):
        report = audit(config, database, policy, clock.now(), canaries=canaries, also=options.also)
    print(json.dumps(report.as_json(), indent=2) if options.json else as_text(report))  # noqa: T201
    return 0 if report.clean else 1


def as_text(report: Report) -> str:
    """The report for people: what is held, then what is wrong."""
    lines = [
        f"Notice in force: {report.notice} {report.version}. {report.at:%Y-%m-%d %H:%M} UTC.",
        f"Looked at: {', '.join(report.stores)}.",
        "",
        "Held:",
    ]
    for held in sorted(report.held, key=lambda held: (held.category, held.place)):
        goes = f"the next goes on {held.next_goes:%Y-%m-%d}" if held.next_goes else "until an event ends it"
        lines.append(f"  {held.category:24} {held.count:>8}  in {held.place}, {goes}")
    lines += [] if report.held else ["  nothing"]
    lines += [f"Legal hold {hold}" for hold in report.holds]
    lines += [f"Note: {note}" for note in report.notes]
    for finding in report.findings:
        lines.append(
            f"WRONG {finding.kind}: {finding.count} in {finding.store}: {finding.place}. {finding.remedy}"
        )
    for sighting in report.sightings:
        word = "permitted" if sighting.permitted else "WRONG"
        lines.append(f"{word}: {sighting.text!r} found in {sighting.store}: {sighting.place}")
    return "\n".join([*lines, "", "Clean." if report.clean else "Not clean."])
