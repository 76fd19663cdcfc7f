"""Mails about requests of data subjects; satisfies `onmeet.notices.requests.Mailer`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from onmeet.mail.queue import enqueue

__all__ = ["mail_about_request"]


def mail_about_request(session: Session, kind: str, now: datetime, request_id: int) -> None:
    """Put a mail to the sender of a request into the queue."""
    enqueue(session, kind, now, request=request_id)
