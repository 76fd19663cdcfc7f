"""Telling the owner what has changed about the ways into the account: by mail, and on the page."""

from __future__ import annotations

from typing import Literal

from flask import flash
from flask_babel import gettext

from onmeet import clock
from onmeet.accounts.factors import Held
from onmeet.mail.queue import enqueue
from onmeet.web.services import services

__all__ = ["Change", "say_when_a_password_is_enough", "tell"]

Change = Literal[
    "password", "passkey", "passkey-gone", "second-factor", "second-factor-gone", "codes", "sign-on-released"
]  # fmt: skip


def tell(account_id: int, change: Change) -> None:
    """Put the mail into the queue."""
    with services().database.writing() as session:
        enqueue(session, "security-changed", clock.now(), account=account_id, about=change)


def say_when_a_password_is_enough(account_id: int, before: Held) -> None:
    """On the next page, when a change has ended the second step; `before`: what the account had."""
    after = services().factors.of(account_id)
    if before.asks_second and after.password and not after.asks_second:
        text = gettext("From now on your password alone opens the account. Old recovery codes open nothing.")
        flash(text, "error")
