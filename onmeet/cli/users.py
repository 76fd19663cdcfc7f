"""`onmeet user`: accounts, as the operator makes and ends them."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from onmeet import clock
from onmeet.cli import people
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.errors import UserError

if TYPE_CHECKING:
    from onmeet.accounts.service import Accounts

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Put these commands beside the others."""
    actions = commands.add_parser("user", help="accounts").add_subparsers(required=True, metavar="ACTION")
    for name, run, help_text in (
        ("add", _add, "make an account; the password is asked for or read from standard input"),
        ("password", _password, "set another password and end every sign-in"),
        ("delete", people.user_delete, "delete an account with its meetings, for good"),
        ("close", people.close, "end an account without erasing it yet: the notice's terms count from today"),
        ("reopen", people.reopen, "open a closed account as long as its address has not been erased"),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("email")
        action.set_defaults(run=run)
    operator = actions.add_parser("operator", help="let an account open the operator's pages, or no longer")
    operator.add_argument("email")
    operator.add_argument("--end", action="store_true", help="no longer")
    operator.set_defaults(run=_operator)
    acts = commands.add_parser("acts", help="what operators did on their pages, and whether the log is whole")
    acts.set_defaults(run=_acts)


def _add(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.service import is_email

    if not is_email(options.email):
        raise UserError("this is not an e-mail address")
    with _accounts(config) as accounts:
        if accounts.has(options.email):
            raise UserError("there is an account with this address already")
        accounts.register(options.email, _new_password(options.email))
    return 0


def _password(config: Config, options: argparse.Namespace) -> int:
    with _accounts(config) as accounts:
        if not accounts.set_password(options.email, _new_password(options.email)):
            raise UserError("there is no account with this address")
    return 0


def _operator(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.acts import Acts
    from onmeet.accounts.oversight import Oversight
    from onmeet.accounts.service import Accounts

    with opened(config) as (database, _policy):
        account = Accounts(database, key=config.marks_key).id_of(options.email)
        if account is None or not Oversight(database).appoint(account, not options.end):
            raise UserError("there is no account with this address that is open and confirmed")
        act = "operator-ended" if options.end else "operator-appointed"
        Acts(database, config.marks_key, config.keys).record(0, act, account, clock.now())
    return 0


def _acts(config: Config, _options: argparse.Namespace) -> int:
    """Status 1 when a row was changed or is missing."""
    from onmeet.accounts.acts import Acts

    with opened(config) as (database, _policy):
        log = Acts(database, config.marks_key, config.keys)
        for act in reversed(log.newest(10_000)):
            who = f"account {act.actor}" if act.actor else "the command line"
            print(f"{act.number:>6}  {act.at:%Y-%m-%d %H:%M:%S}  {act.act} {act.about} by {who}")  # noqa: T201
        broken = log.broken_at()
    if broken is not None:
        raise UserError(f"row {broken} is not as it was written, or missing")
    print("The log is whole.")  # noqa: T201
    return 0


@contextmanager
def _accounts(config: Config) -> Iterator[Accounts]:
    from onmeet.accounts.service import Accounts

    with opened(config) as (database, _policy):
        yield Accounts(database, key=config.marks_key)


def _new_password(email: str) -> str:
    """Asked for twice on a terminal, otherwise the first line of standard input."""
    from onmeet.accounts.passwords import MAX_LENGTH, MIN_LENGTH, weakness

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise UserError("the two passwords differ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    match weakness(password, email):
        case "length":
            raise UserError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
        case "guessable":
            raise UserError("this password is too easy to guess")
    return password
