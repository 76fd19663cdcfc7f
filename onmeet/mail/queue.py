"""Putting a mail into the queue, in the same transaction as what it is about."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from onmeet.mail.letters import LETTERS
from onmeet.mail.models import QueuedMail

__all__ = ["enqueue", "enqueue_for", "enqueue_nobody", "waiting"]


def enqueue(
    session: Session,
    kind: str,
    now: datetime,
    *,
    account: int | None = None,
    request: int | None = None,
    about: str = "",
) -> None:
    """Send a mail of `kind` soon, to an account or to the sender of a request; once, however often asked.

    about: `name/version` of the notice (notice-changed), the day as `2026-12-31` on which the account is
    closed (inactivity-warning) or the trial ends (trial-ending), what has changed (security-changed: a
    word of `onmeet.mail.words`), the hash of the text (newsletter), else empty. For request-verify the token
    in the mailed link is made when the mail is written, and its SHA-256 put into `token_hash` of the request.
    """
    if kind not in LETTERS:
        raise ValueError(f"{kind!r} is no kind of mail: see onmeet.mail.letters")
    if (account is None) == (request is None):
        raise ValueError("a mail goes to an account or to the sender of a request")
    known = select(QueuedMail.id).where(
        QueuedMail.kind == kind,
        QueuedMail.account_id == account,
        QueuedMail.request_id == request,
        QueuedMail.about == about,
    )
    if session.scalar(known.limit(1)) is not None:
        return
    session.add(
        QueuedMail(kind=kind, account_id=account, request_id=request, about=about, queued_at=now, due_at=now)
    )
    session.flush()


def enqueue_nobody(session: Session, kind: str, now: datetime) -> None:
    """Put a mail to nobody into the queue, which is dropped when its turn comes.

    So an address without an account costs the same work as one that has one, and no clock tells them apart.
    """
    about = secrets.token_hex(16)
    known = select(QueuedMail.id).where(
        QueuedMail.kind == kind,
        QueuedMail.account_id.is_(None),
        QueuedMail.request_id.is_(None),
        QueuedMail.about == about,
    )
    if session.scalar(known.limit(1)) is None:
        session.add(QueuedMail(kind=kind, about=about, queued_at=now, due_at=now))
        session.flush()


def enqueue_for(
    session: Session, kind: str, now: datetime, accounts: Iterable[int], *, about: str = ""
) -> None:
    """The same mail to many accounts."""
    for account in accounts:
        enqueue(session, kind, now, account=account, about=about)


def waiting(session: Session) -> int:
    """How many mails are still to be sent."""
    return session.scalar(select(func.count()).select_from(QueuedMail)) or 0
