"""How the services of this package have a mail sent, without knowing how mails are made."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

__all__ = ["Tell"]


class Tell(Protocol):
    """Puts a mail into the queue, in the transaction of what it is about."""

    def __call__(
        self, session: Session, kind: str, now: datetime, *, account: int | None, about: str = ""
    ) -> None:
        """kind: see `onmeet.mail.letters`. account: None does the same work for nobody."""
