"""`onmeet usage`, `onmeet pages`, `onmeet security-log`: what the operator may know of load and attacks.

Each prints a table, or with --json one object a line. Where the notice in force permits no such data the
command says so and ends with exit status 1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from onmeet import clock
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import UserError
from onmeet.notices.policy import Policy

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the commands to the parser of the command line."""
    for name, run, help_text in (
        ("usage", _usage, "the load hour by hour: sums, nobody's meetings"),
        ("pages", _pages, "how often pages were opened, by family of browser and system"),
        ("security-log", _security_log, "failed sign-ins and other attacks, the newest first"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--json", action="store_true", help="as JSON, one object a line")
        if name == "security-log":
            command.add_argument("--lines", type=int, default=100, help="how many at most (100)")
        else:
            command.add_argument("--days", type=int, default=7, help="of how many days (7)")
        command.set_defaults(run=run)


def _usage(config: Config, options: argparse.Namespace) -> int:
    from onmeet.meetings import load

    with _holding(config, "usage.aggregate") as (database, _policy):
        rows = load.hours(database, clock.now() - timedelta(days=options.days))
        _show(
            ("hour", "meetings", "joins", "most_at_once", "minutes"),
            [(row.hour, row.meetings, row.joins, row.most_at_once, row.seconds // 60) for row in rows],
            options.json,
        )
    return 0


def _pages(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.page_counts import PageCounts

    with _holding(config, "usage.aggregate") as (database, policy):
        rows = PageCounts(database, policy).since((clock.now() - timedelta(days=options.days)).date())
        _show(
            ("day", "page", "browser", "system", "count"),
            [(o.on_day.isoformat(), o.page, o.browser, o.system, number) for o, number in rows],
            options.json,
        )
    return 0


def _security_log(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.security_log import SecurityLog

    with _holding(config, "security.ip") as (database, policy):
        entries = SecurityLog(database, policy).entries(options.lines)
        _show(("at", "what", "address"), [(e.at, e.kind, e.ip) for e in entries], options.json)
    return 0


@contextmanager
def _holding(config: Config, category: str) -> Iterator[tuple[Database, Policy]]:
    """The database. Raises UserError when the notice in force permits no such data."""
    with opened(config) as (database, policy):
        if not policy.stores(category):
            raise UserError(f"the notice in force does not permit {category}: nothing of this kind is stored")
        yield database, policy


def _show(names: Sequence[str], rows: Iterable[Sequence[Any]], as_json: bool) -> None:
    lines = [[_text(value) for value in row] for row in rows]
    if as_json:
        for row in rows:
            _say(json.dumps({name: _plain(value) for name, value in zip(names, row, strict=True)}))
        return
    widths = [max(map(len, column)) for column in zip(names, *lines, strict=True)]
    for line in (list(names), *lines):
        _say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "-" if value is None else str(value)


def _say(line: str) -> None:
    print(line)  # noqa: T201
