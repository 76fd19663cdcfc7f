"""`onmeet prompts render|list|check`: what callers hear, and the operator's own recordings in place of it.

The prompts belong to the telephone gateway, which nothing here imports: `python -m sip.ivr` does the work, as
a process of its own. Exit status as there: 0 fine, 1 something cannot be used or made, 2 wrong use.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from onmeet.config import Config
from onmeet.errors import UserError

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add `prompts` with its actions to the parser of the command line."""
    prompts = commands.add_parser("prompts", help="what callers hear on the telephone")
    actions = prompts.add_subparsers(required=True, metavar="ACTION")
    render = actions.add_parser("render", help="make prompts with espeak-ng: those with the operator's name")
    render.add_argument("--all", action="store_true", help="every prompt, in place of the shipped ones")
    render.add_argument("--force", action="store_true", help="write over recordings that are there")
    listing = actions.add_parser("list", help="every prompt: where it comes from, length, level, words")
    check = actions.add_parser("check", help="say which prompts are missing, silent, clipped or too loud")
    for action in (render, listing, check):
        folder = "--to" if action is render else "--in"
        place = "in place of `prompts` in the data folder"
        action.add_argument(folder, dest="folder", type=Path, metavar="FOLDER", help=place)
        action.add_argument("--lang", choices=("de", "en", "fr"), help="of one language only")
    for action in (render, listing):
        action.add_argument("--operator-name", help="in place of ONMEET_OPERATOR")
    for name, action in (("render", render), ("list", listing), ("check", check)):
        action.set_defaults(run=_run, action=name)


def _run(config: Config, options: argparse.Namespace) -> int:
    given = vars(options)
    name = given.get("operator_name") or config.operator_name
    if options.action == "render" and not name and not options.all:
        raise UserError("set ONMEET_OPERATOR or give --operator-name; or make every prompt with --all")
    command = [
        sys.executable, "-m", "sip.ivr", options.action,
        f"--folder={(options.folder or config.data / 'prompts').resolve()}", f"--operator-name={name}",
    ]  # fmt: skip
    command += [f"--language={options.lang}"] if options.lang else []
    command += [f"--{flag}" for flag in ("all", "force") if given.get(flag)]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own program
