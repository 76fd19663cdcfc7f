"""The mail that tells the owner what has changed about the ways into the account."""

from __future__ import annotations

from typing import Literal

from onmeet import clock
from onmeet.mail.queue import enqueue
from onmeet.web.services import services

__all__ = ["Change", "tell"]

Change = Literal["password", "passkey", "passkey-gone", "second-factor", "second-factor-gone", "codes"]


def tell(account_id: int, change: Change) -> None:
    """Put the mail into the queue."""
    with services().database.writing() as session:
        enqueue(session, "security-changed", clock.now(), account=account_id, about=change)
