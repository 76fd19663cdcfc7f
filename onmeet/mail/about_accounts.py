"""Mails to the owner of an account; satisfies `onmeet.accounts.telling.Tell`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from onmeet.mail.queue import enqueue, enqueue_nobody

__all__ = ["mail_about_account"]


def mail_about_account(
    session: Session, kind: str, now: datetime, *, account: int | None, about: str = ""
) -> None:
    """Put a mail to the owner of an account into the queue; None does the same work for nobody."""
    if account is None:
        enqueue_nobody(session, kind, now)
    else:
        enqueue(session, kind, now, account=account, about=about)
