"""The operator's command about mail: a newsletter to those who asked for it, and to nobody else."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from onmeet import clock
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.errors import UserError

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """`newsletter`."""
    letter = commands.add_parser(
        "newsletter", help="send a text to everybody who agreed; its first line is the subject"
    )
    letter.add_argument("file", type=Path)
    letter.set_defaults(run=_newsletter)


def _newsletter(config: Config, options: argparse.Namespace) -> int:
    from onmeet.accounts.addressees import Addressees
    from onmeet.mail.letters import CONSENT, LETTERS, permitted
    from onmeet.mail.office import letterbox
    from onmeet.mail.queue import enqueue_for
    from onmeet.notices.consents import Consents

    with opened(config) as (database, policy):
        if not permitted(LETTERS["newsletter"], policy):
            raise UserError(f"the notice in force, {policy.notice.name}, does not permit a newsletter")
        name = letterbox(config).put(_text(options.file))
        resting = Addressees(database).left_alone()
        readers = [
            account for account in Consents(database, policy).who_gave(CONSENT) if account not in resting
        ]
        with database.writing() as session:
            enqueue_for(session, "newsletter", clock.now(), readers, about=name)
    print(f"{len(readers)} mails are on their way")  # noqa: T201
    return 0


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError("the file cannot be read as UTF-8 text") from None
