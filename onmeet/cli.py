"""The operator's command line: `onmeet …`, also `python -m onmeet.cli …`."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from onmeet import cli_audit, cli_keys, cli_mail, cli_notice, cli_people, cli_retention, cli_usage, clock
from onmeet.config import Config
from onmeet.errors import ConfigError, UserError

if TYPE_CHECKING:
    from onmeet.accounts.service import Accounts

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 refused, 2 wrong use or setting)."""
    options = _parser().parse_args(arguments)
    try:
        if "plain" in options:  # needs no settings, and so makes no data folder
            done: int = options.plain(options)
            return done
        config = Config.from_env()
        status: int = options.run(config, options)
    except ConfigError as error:
        print(f"onmeet: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except UserError as error:
        print(f"onmeet: {error.message}", file=sys.stderr)  # noqa: T201
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onmeet", description="Run and look after OnMeet.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    database = commands.add_parser("db", help="the database").add_subparsers(required=True, metavar="ACTION")
    database.add_parser("upgrade", help="bring the tables up to date").set_defaults(run=_db_upgrade)
    people = commands.add_parser("user", help="accounts").add_subparsers(required=True, metavar="ACTION")
    for name, run, help_text in (
        ("add", _user_add, "make an account; the password is asked for or read from standard input"),
        ("password", _user_password, "set another password and end every sign-in"),
        ("delete", cli_people.user_delete, "delete an account with its meetings, for good"),
    ):
        action = people.add_parser(name, help=help_text)
        action.add_argument("email")
        action.set_defaults(run=run)
    cli_people.add_user_commands(people)
    cli_keys.add_commands(commands)
    cli_mail.add_commands(commands)
    cli_people.add_commands(commands)
    cli_notice.add_commands(commands)
    cli_retention.add_commands(commands)
    cli_usage.add_commands(commands)
    cli_audit.add_commands(commands)
    return parser


def _db_upgrade(config: Config, _options: argparse.Namespace) -> int:
    from onmeet import migrations  # Alembic is slow to import and needed by this command alone

    migrations.upgrade(config)
    _adopt_notice(config)
    return 0


def _adopt_notice(config: Config) -> None:
    """Put the configured notice into force or announce it, and queue the mails that tell people so."""
    from onmeet.accounts.addressees import Addressees
    from onmeet.db import connect
    from onmeet.mail.queue import enqueue_for
    from onmeet.notices import versions

    notice = versions.configured(config)
    database, now = connect(config.database_url), clock.now()
    try:
        everybody = Addressees(database).everybody()
        with database.writing() as session:
            adoption = versions.adopt_in(session, notice, now, bool(everybody))
            if adoption.announced:
                enqueue_for(session, "notice-changed", now, everybody, about=adoption.news.label)
            elif adoption.withdrawn:
                enqueue_for(session, "notice-withdrawn", now, everybody, about=adoption.withdrawn.label)
    finally:
        database.close()


def _user_add(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.service import is_email

    if not is_email(options.email):
        raise UserError("this is not an e-mail address")
    accounts = _accounts(config)
    if accounts.has(options.email):
        raise UserError("there is an account with this address already")
    accounts.register(options.email, _new_password(options.email))
    return 0


def _user_password(config: Config, options: argparse.Namespace) -> int:
    accounts = _accounts(config)
    if not accounts.set_password(options.email, _new_password(options.email)):
        raise UserError("there is no account with this address")
    return 0


def _accounts(config: Config) -> Accounts:
    from onmeet import migrations
    from onmeet.accounts.service import Accounts
    from onmeet.notices import versions
    from onmeet.notices.store import open_database

    migrations.upgrade(config)
    database = open_database(config, versions.policy_of(config, clock.now()))
    return Accounts(database, key=config.marks_key)


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


if __name__ == "__main__":
    sys.exit(main())
