"""`onmeet sweep` and `onmeet hold`: delete what is due, and forbid it where a law or a court does."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

from onmeet import clock
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.errors import UserError

__all__ = ["add_commands"]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put these commands beside the others."""
    sweep = commands.add_parser(
        "sweep",
        help="delete what is due by the notice in force",
        description=(
            "Deletes what is due, as the running server does every hour. Exit status 1: deleted, but a reader"
            " kept the write-ahead log from being emptied; run it again."
        ),
    )
    sweep.add_argument("--dry-run", action="store_true", help="say what would go, and change nothing")
    sweep.add_argument("--at", metavar="TIME", type=_time, help="as if it were then: 2028-01-01T00:00Z")
    sweep.add_argument("--ahead", action="store_true", help="really delete what is due only in the future")
    sweep.add_argument("--json", action="store_true", help="print the counts as JSON")
    sweep.set_defaults(run=_sweep)
    hold = commands.add_parser("hold", help="legal holds").add_subparsers(required=True, metavar="ACTION")
    add = hold.add_parser("add", help="forbid deleting, because a law or a court does")
    add.add_argument("--category", help="only this category of data; without it all")
    add.add_argument("--account", metavar="EMAIL", help="only this account; without it everybody's")
    add.add_argument("--until", metavar="DAY", type=_day, help="lapses after this day")
    add.add_argument("--reason", required=True, help="why, for the auditor: court and file number")
    add.set_defaults(run=_hold_add)
    listing = hold.add_parser("list", help="show the holds in force")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    listing.set_defaults(run=_hold_list)
    end = hold.add_parser("end", help="permit deleting again")
    end.add_argument("id", type=int)
    end.set_defaults(run=_hold_end)


def _sweep(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.keys import open_key_store
    from onmeet.notices.sweep import Sweep

    at = options.at or clock.now()
    if at > clock.now() and not options.dry_run and not options.ahead:
        raise UserError(
            "that is in the future: --dry-run shows what will go by then, and --ahead deletes it now"
        )
    with opened(config) as (database, policy):
        sweep = Sweep(database, policy, open_key_store(config))
        if options.dry_run:
            _show(sweep.preview(at), options.json, dry=True)
            return 0
        swept = sweep.run(at)
        _show(swept.counts, options.json, rows=swept.rows, keys=swept.keys, clean=swept.clean)
        return 0 if swept.clean else 1


def _show(
    counts: Mapping[str, int],
    as_json: bool,
    *,
    dry: bool = False,
    rows: int = 0,
    keys: int = 0,
    clean: bool = True,
) -> None:
    if as_json:
        said = (
            {"due": dict(counts)}
            if dry
            else {"deleted": dict(counts), "rows": rows, "keys": keys, "clean": clean}
        )
        print(json.dumps(said, indent=2, sort_keys=True))  # noqa: T201
        return
    for category, count in sorted(counts.items()):
        print(f"{category:24} {count:>10}")  # noqa: T201
    if not counts:
        print("Nothing is due.")  # noqa: T201
    if not clean:
        print("A reader keeps deleted text in the write-ahead log: run this again.")  # noqa: T201


def _hold_add(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.service import Accounts
    from onmeet.notices.holds import Holds

    with opened(config) as (database, _policy):
        account = None
        if options.account is not None:
            account = Accounts(database, key=config.marks_key).id_of(options.account)
            if account is None:
                raise UserError("there is no account with this address")
        hold = Holds(database).add(
            options.reason,
            clock.now(),
            category=options.category,
            account_id=account,
            until=options.until,
        )
    print(f"Hold {hold.id} is in force.")  # noqa: T201
    return 0


def _hold_list(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.holds import Holds

    with opened(config) as (database, _policy):
        holds = Holds(database).all(clock.now())
    if options.json:
        rows = [
            {
                "id": hold.id, "category": hold.category, "account": hold.account_id, "reason": hold.reason,
                "since": hold.since.isoformat(), "until": hold.until.isoformat() if hold.until else None,
            }
            for hold in holds
        ]  # fmt: skip
        print(json.dumps(rows, indent=2))  # noqa: T201
        return 0
    for hold in holds:
        whose = "everybody" if hold.account_id is None else f"account {hold.account_id}"
        last = f" until {hold.until}" if hold.until else ""
        what = hold.category or "everything"
        print(f"{hold.id:>4}  {what} of {whose} since {hold.since:%Y-%m-%d}{last}: {hold.reason}")  # noqa: T201
    if not holds:
        print("No hold is in force.")  # noqa: T201
    return 0


def _hold_end(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.holds import Holds

    with opened(config) as (database, _policy):
        Holds(database).end(options.id)
    return 0


def _time(text: str) -> datetime:
    """`2028-01-01T00:00Z`; without a zone UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write a time such as 2028-01-01T00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day(text: str) -> date:
    """`2027-12-31`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write a day such as 2027-12-31") from None
