"""The operator's commands about people's data: export, erase, close, and answer requests."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onmeet import clock
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.errors import UserError

if TYPE_CHECKING:
    from onmeet.accounts.service import Accounts
    from onmeet.db import Database
    from onmeet.notices.access import HeldItem
    from onmeet.notices.policy import Policy
    from onmeet.notices.requests import Filed, Requests

__all__ = ["add_commands", "close", "reopen", "user_delete"]

NOBODY = "there is no account with this address"


def add_commands(commands: Any) -> None:
    """`export`, `erase` and `requests`."""
    export = commands.add_parser("export", help="write everything held about a person into a zip")
    export.add_argument("email")
    export.add_argument("file", type=Path)
    export.add_argument("--language", default="en", choices=("en", "de", "fr"), help="of the README")
    export.set_defaults(run=_export)
    erase = commands.add_parser("erase", help="erase an account with all that is held about the person")
    erase.add_argument("email")
    erase.set_defaults(run=_erase)
    asked = commands.add_parser("requests", help="what people ask about their data (GDPR Art. 15 to 22)")
    actions = asked.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="open requests, the next deadline first")
    listing.add_argument("--all", action="store_true", help="answered ones, too")
    listing.set_defaults(run=_list)
    for name, run, help_text, more in (
        ("show", _show, "one request", ()),
        ("held", _held, "what is held that names the sender, or the value given", ("--value",)),
        ("answer", _answer, "answer it with the text on standard input, and close it", ("--refuse",)),
        ("extend", _extend, "take two more months; the person reads the reason", ("reason",)),
        (
            "pass-on",
            _pass_on,
            "hand it to a meeting's owner, who is answerable for the data",
            ("email",),
        ),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("number", type=int)
        for argument in more:
            if argument == "--refuse":
                action.add_argument(argument, action="store_true")
            else:
                action.add_argument(argument)
        action.set_defaults(run=run)


@dataclass(frozen=True)
class _Bench:
    """What these commands work with."""

    config: Config
    policy: Policy
    database: Database
    accounts: Accounts
    requests: Requests

    def account(self, email: str) -> int:
        """The account of an address; `UserError` when there is none."""
        found = self.accounts.id_of(email)
        if found is None:
            raise UserError(NOBODY)
        return found

    def filed(self, number: int) -> Filed:
        """A request by its number; `UserError` when there is none."""
        from onmeet.notices.requests import RequestGone

        try:
            return self.requests.get(number)
        except RequestGone:
            raise UserError("there is no such request") from None


@contextmanager
def _bench(config: Config) -> Iterator[_Bench]:
    from onmeet.accounts.service import Accounts
    from onmeet.mail.about_requests import mail_about_request
    from onmeet.notices.requests import Requests

    with opened(config) as (database, policy):
        yield _Bench(
            config,
            policy,
            database,
            Accounts(database, key=config.marks_key),
            Requests(database, mail_about_request),
        )


def _export(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices import versions
    from onmeet.notices.export import stream

    with _bench(config) as bench:
        account, now = bench.account(options.email), clock.now()
        policy = versions.addressed(bench.policy, config)
        pieces = stream(bench.database, account, policy, now, language=options.language)
        try:
            handle = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise UserError(f"the file cannot be made ({error.strerror})") from None
        with open(handle, "wb") as target:
            for piece in pieces:
                target.write(piece)
    return 0


def _erase(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices.erasure import Erasure
    from onmeet.notices.keys import open_key_store

    with _bench(config) as bench:
        account = bench.account(options.email)
        erasure = Erasure(bench.database, bench.policy, open_key_store(config))
        done = erasure.account(account, clock.now())
    for stay in done.stays:
        why = "a legal duty" if stay.why == "legal-duty" else f"a legal hold: {stay.reason}"
        until = f", until {stay.until}" if stay.until else ""
        _say(f"stays: {stay.category} ({stay.count}), because of {why}{until}")
    if not done.traces_gone:
        _say("a reader was in the way of the write-ahead log: the running server empties it within a minute")
    return 0


def user_delete(config: Config, options: argparse.Namespace) -> int:
    """`user delete`: the same as `erase`."""
    return _erase(config, options)


def close(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.oversight import Oversight

    with _bench(config) as bench:
        if not Oversight(bench.database).close(bench.account(options.email)):
            raise UserError("this account is closed already")
    return 0


def reopen(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.oversight import Oversight

    with _bench(config) as bench:
        if not Oversight(bench.database).reopen(bench.account(options.email)):
            raise UserError("this account is not closed, or its erasure has begun")
    return 0


def _list(config: Config, options: argparse.Namespace) -> int:
    with _bench(config) as bench:
        for filed in bench.requests.all(closed=options.all):
            _say(f"{filed.id}  {filed.kind:<14} {filed.state:<10} due {filed.due_on}")
        near = bench.requests.near_deadline(clock.now())
    if near:
        _say(f"{near} due within a week or overdue")
    return 0


def _show(config: Config, options: argparse.Namespace) -> int:
    with _bench(config) as bench:
        filed = bench.filed(options.number)
    _say(f"{filed.kind}, {filed.state}, received {filed.received_at:%Y-%m-%d}, due {filed.due_on}")
    _say(f"from {filed.email}, {'with' if filed.account_id else 'without'} an account")
    for title, text in (("asks", filed.text), ("extended", filed.extension), ("answer", filed.answer)):
        if text:
            _say(f"{title}: {text}")
    return 0


def _held(config: Config, options: argparse.Namespace) -> int:
    from onmeet.notices import access

    with _bench(config) as bench:
        filed = bench.filed(options.number)
        now = clock.now()
        with bench.database.reading() as session:
            found = access.mentioning(session, options.value or filed.email, bench.policy, now)
            if filed.account_id is not None:
                found += access.held(session, filed.account_id, bench.policy, now)
    for item in dict.fromkeys(found):
        _say(_in_words(item))
    return 0


def _answer(config: Config, options: argparse.Namespace) -> int:
    with _bench(config) as bench:
        bench.filed(options.number)
        bench.requests.answer(options.number, sys.stdin.read(), clock.now(), refused=options.refuse)
    return 0


def _extend(config: Config, options: argparse.Namespace) -> int:
    with _bench(config) as bench:
        bench.filed(options.number)
        _say(f"due {bench.requests.extend(options.number, options.reason)}")
    return 0


def _pass_on(config: Config, options: argparse.Namespace) -> int:
    with _bench(config) as bench:
        bench.filed(options.number)
        bench.requests.pass_on(options.number, bench.account(options.email))
    return 0


def _in_words(item: HeldItem) -> str:
    goes = f"goes {item.goes_at:%Y-%m-%d}" if item.goes_at else "stays until an event"
    value = "(a hash)" if item.hidden else item.value
    return f"{item.table}/{item.key} {item.column} ({item.category}): {value}; {goes}"


def _say(text: str) -> None:
    print(text)  # noqa: T201
