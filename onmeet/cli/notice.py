"""`onmeet notice check|show|diff`: look at privacy notices before they hold.

Exit status. check: 0 the file can be used, 1 it has problems. show: 0. diff: 0 the two say the same, 1 they
differ; with --tighter 0 when the second permits nothing that the first does not, else 1. Always 2 when there
is no such notice or the command is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from onmeet.config import Config
from onmeet.notices import reading, wording
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.changes import Change, changes, loosened
from onmeet.notices.notice import Item, Notice, filled
from onmeet.notices.policy import Policy
from onmeet.notices.terms import TRANSIENT, write_term

__all__ = ["add_commands"]

_NAME = f"a notice that comes with OnMeet ({', '.join(reading.shipped())}) or the path of a file"


def add_commands(commands: Any) -> None:
    """Add `notice` with its actions to the parser of the command line."""
    notice = commands.add_parser("notice", help="privacy notices")
    actions = notice.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say what is wrong with a notice's file, or what it permits")
    check.add_argument("file", help=_NAME)
    check.set_defaults(plain=_check)
    show = actions.add_parser("show", help="say what a notice permits, in words")
    show.add_argument("notice", nargs="?", help=f"{_NAME}; else the one that is set")
    show.add_argument("--lang", choices=wording.LANGUAGES, default="en", help="language of the words")
    show.add_argument("--json", action="store_true", help="as JSON, for programs")
    show.set_defaults(run=_show)
    diff = actions.add_parser("diff", help="say in what two notices differ")
    diff.add_argument("old", help=_NAME)
    diff.add_argument("new", help=_NAME)
    diff.add_argument("--lang", choices=wording.LANGUAGES, default="en", help="language of the words")
    diff.add_argument("--tighter", action="store_true", help="only what the second permits in addition")
    diff.set_defaults(plain=_diff)


def _check(options: argparse.Namespace) -> int:
    found = reading.read_file(options.file)
    if isinstance(found, Notice):
        _say(f"{found.name} {found.version} can be used. It permits:")
        for line in _permitted(found, "en"):
            _say(f"  {line}")
        return 0
    for problem in found:
        print(problem, file=sys.stderr)  # noqa: T201
    count = len(found)
    print(f"{count} problem{'' if count == 1 else 's'}", file=sys.stderr)  # noqa: T201
    return 1


def _show(config: Config, options: argparse.Namespace) -> int:
    notice = filled(
        reading.load(options.notice or config.notice),
        operator=config.operator,
        email=config.contact_email,
        address=config.contact_address,
    )
    if options.json:
        _say(json.dumps(_plain(notice), ensure_ascii=False, indent=2))
        return 0
    _say(f"{notice.name} {notice.version}: {wording.day(notice.effective, options.lang)}")
    _say(", ".join(part for part in asdict(notice.controller).values() if part))
    for line in _permitted(notice, options.lang):
        _say(f"  {line}")
    return 0


def _diff(options: argparse.Namespace) -> int:
    old, new = reading.load(options.old), reading.load(options.new)
    found = loosened(old, new) if options.tighter else changes(old, new)
    for change in found:
        for line in _told(change, options.lang):
            _say(line)
    return 1 if found else 0


# -- in words ----------------------------------------------------------------------------------------


def _permitted(notice: Notice, language: str) -> Iterator[str]:
    """One line for each item: category, what it is, form, until when, what for, on which basis."""
    width = max((len(item.category) for item in notice.items), default=0)
    for item in notice.items:
        yield f"{item.category:{width}}  {_in_words(item, language)}"


def _in_words(item: Item, language: str) -> str:
    parts = [wording.category(item.category, language)]
    if item.form != "as-is":
        parts.append(wording.form(item, language))
    parts += [wording.until(item, language), wording.purpose(item.purpose, language)]
    return "; ".join([*parts, wording.basis(item.legal_basis, language)])


_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def _told(change: Change, language: str) -> Iterator[str]:
    """A line for the change, and one for each property of a row that stands in both notices."""
    values = f": {_value(change.before)} → {_value(change.after)}" if change.about == "notice" else ""
    if isinstance(change.after, Item) and change.before is None:
        values = f": {_in_words(change.after, language)}"
    yield f"{_SIGNS[change.kind]} {change.about} {change.name} ({change.direction}){values}"
    for field in change.fields:
        yield f"    {field.name}: {_value(field.before)} → {_value(field.after)} ({field.direction})"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(write_term(one) if hasattr(one, "event") else str(one) for one in value) or "none"
    if hasattr(value, "__dataclass_fields__"):
        return ", ".join(part for part in asdict(value).values() if part) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value) or "none"


def _plain(notice: Notice) -> dict[str, Any]:
    """The notice as JSON has it: with the keys of its file, and what happens to every category."""
    policy = Policy(notice)
    values = {key: _json(value) for key, value in asdict(notice).items() if key not in ("items", "source")}
    items = []
    for item in notice.items:
        row = {key: _json(value) for key, value in asdict(item).items() if key not in _REPLACED}
        terms = [write_term(term) for term in item.terms]
        items.append({**row, "retention": TRANSIENT if item.transient else terms})
    return {**values, "items": items, "storing": {name: policy.storing(name) for name in CATEGORIES}}


_REPLACED = ("transient", "terms", "line")
"""What the file writes as `retention`, or not at all."""


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _say(text: str) -> None:
    print(text)  # noqa: T201
