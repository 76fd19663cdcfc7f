"""`python -m sip.ivr render|list|check`: what `onmeet prompts` runs.

Exit status: 0 done and nothing wrong, 1 a prompt cannot be used or made, 2 wrong use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from onmeet.errors import OnMeetError
from sip.ivr.checking import Finding, inspect, strangers
from sip.ivr.rendering import render
from sip.ivr.steps import LANGUAGES
from sip.ivr.texts import text

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    languages = (options.language,) if options.language else LANGUAGES
    try:
        status: int = options.run(options, languages)
    except (OnMeetError, OSError) as error:
        print(f"onmeet: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sip.ivr", description="Prompts of the telephone.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run in (("render", _render), ("list", _list), ("check", _check)):
        action = actions.add_parser(name)
        action.add_argument("--folder", type=Path, required=True)
        action.add_argument("--language", choices=LANGUAGES)
        action.add_argument("--operator-name", default="")
        if name == "render":
            action.add_argument("--all", action="store_true")
            action.add_argument("--force", action="store_true")
        action.set_defaults(run=run)
    return parser


def _render(options: argparse.Namespace, languages: Sequence[str]) -> int:
    made = kept = 0
    for language, prompt, wanted in render(
        options.folder,
        operator=options.operator_name,
        languages=languages,
        everything=options.all,
        force=options.force,
    ):
        made, kept = made + wanted, kept + (not wanted)
        if wanted:
            _say(f"{language}/{prompt}")
    _say(f"{made} made, {kept} left as they are, in {options.folder}")
    return 0


def _list(options: argparse.Namespace, languages: Sequence[str]) -> int:
    for found in inspect(options.folder, languages):
        words = text(found.prompt, found.language, options.operator_name)
        _say(f"{_name(found):24} {found.source:8} {_measured(found):>18}  {words}")
    return 0


def _check(options: argparse.Namespace, languages: Sequence[str]) -> int:
    bad = 0
    for found in inspect(options.folder, languages):
        for problem in found.problems:
            bad += 1
            _say(f"{_name(found)} ({found.source}) {problem}")
    for file in strangers(options.folder):
        bad += 1
        _say(f"{file.relative_to(options.folder)} is never played: no prompt has this name")
    _say(f"{bad} problem{'' if bad == 1 else 's'}" if bad else "all prompts can be used")
    return 1 if bad else 0


def _name(found: Finding) -> str:
    return f"{found.language}/{found.prompt}"


def _measured(found: Finding) -> str:
    return f"{found.level.seconds:.1f} s {found.level.speech:.1f} dBov" if found.level else "-"


def _say(line: str) -> None:
    print(line)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
