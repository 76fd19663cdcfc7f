"""Sends what is due. Several processes may do so at once: a mail belongs to whoever moves its due time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy import delete, select, update

from onmeet.db import Database
from onmeet.errors import NotPermitted, ProviderError
from onmeet.mail.letters import CONSENT, LETTERS, permitted
from onmeet.mail.mailer import Mailer, Undeliverable
from onmeet.mail.models import QueuedMail
from onmeet.mail.newsletters import Letterbox
from onmeet.mail.outbox import Outbox
from onmeet.mail.render import Renderer
from onmeet.notices.consents import Consents
from onmeet.notices.policy import Policy

__all__ = ["GIVE_UP", "Dispatcher", "Sent"]

GIVE_UP = timedelta(days=7)
"""A mail that could not be sent for so long is forgotten."""

_LEASE = timedelta(minutes=10)
_BATCH = 100
_LONGEST_WAIT = timedelta(hours=12)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run did: sent, put off, dropped (nobody to write to, not permitted, given up)."""

    sent: int = 0
    put_off: int = 0
    dropped: int = 0


class Dispatcher:
    """The keeper calls `send_due` every minute."""

    def __init__(
        self, database: Database, policy: Policy, mailer: Mailer, renderer: Renderer, letterbox: Letterbox
    ) -> None:
        self._database = database
        self._policy = policy
        self._mailer = mailer
        self._renderer = renderer
        self._letterbox = letterbox
        self._consents = Consents(database, policy)

    def send_due(self, now: datetime) -> Sent:
        """Send up to a hundred mails that are due, and tidy up. What a mail server does wrong is put off."""
        counts = {"sent": 0, "put_off": 0, "dropped": 0}
        for number in self._due(now):
            outcome = self._handle(number, now)
            if outcome:
                counts[outcome] += 1
        if isinstance(self._mailer, Outbox):
            self._mailer.tidy(now)
        self._forget_newsletters()
        return Sent(**counts)

    def _due(self, now: datetime) -> list[int]:
        query = select(QueuedMail.id).where(QueuedMail.due_at <= now).order_by(QueuedMail.due_at)
        with self._database.reading() as session:
            return list(session.scalars(query.limit(_BATCH)))

    def _handle(self, number: int, now: datetime) -> str:
        """One mail; returns what became of it, or '' when another process has it."""
        try:
            message = self._write(number, now)
            if message is None:
                return ""
            if message == "drop":
                self._forget(number)
                return "dropped"
            assert isinstance(message, EmailMessage)
            self._mailer.send(message)
        except Undeliverable:
            self._forget(number)
            return "dropped"
        except NotPermitted:
            log.warning("a mail is not written down: the notice in force does not permit it")
            self._forget(number)
            return "dropped"
        except ProviderError:
            return self._put_off(number, now)
        self._forget(number)
        return "sent"

    def _write(self, number: int, now: datetime) -> EmailMessage | str | None:
        """Claim the mail and write it: None when it is another's, 'drop' when there is nothing to send."""
        with self._database.writing() as session:
            claimed = session.execute(
                update(QueuedMail)
                .where(QueuedMail.id == number, QueuedMail.due_at <= now)
                .values(due_at=now + _LEASE, tries=QueuedMail.tries + 1)
                .execution_options(synchronize_session=False)
                .returning(QueuedMail.id)
            )
            mail = session.get(QueuedMail, number) if claimed.first() else None
            if mail is None:
                return None
            message = self._renderer.render(session, mail, now) if self._permitted(mail) else None
        return message or "drop"

    def _permitted(self, mail: QueuedMail) -> bool:
        letter = LETTERS[mail.kind]
        if not permitted(letter, self._policy):
            log.warning("a mail is not sent: the notice in force does not permit it", reason=mail.kind)
            return False
        if letter.voluntary:  # somebody may have left since it was queued
            return mail.account_id is not None and self._consents.given(mail.account_id, CONSENT)
        return True

    def _put_off(self, number: int, now: datetime) -> str:
        with self._database.writing() as session:
            mail = session.get(QueuedMail, number)
            if mail is None:
                return "dropped"
            if now - _aware(mail.queued_at, now) >= GIVE_UP:
                log.error("a mail could not be sent for a week and is given up", reason=mail.kind)
                session.delete(mail)
                return "dropped"
            mail.due_at = now + _wait(mail.tries)
            log.warning("a mail could not be sent and is tried again", reason=mail.kind, count=mail.tries)
        return "put_off"

    def _forget(self, number: int) -> None:
        with self._database.writing() as session:
            session.execute(delete(QueuedMail).where(QueuedMail.id == number))

    def _forget_newsletters(self) -> None:
        query = select(QueuedMail.about).where(QueuedMail.kind == "newsletter").distinct()
        with self._database.reading() as session:
            self._letterbox.tidy(set(session.scalars(query)))


def _wait(tries: int) -> timedelta:
    """5 minutes, then twice as long each time, half a day at most."""
    return min(timedelta(minutes=5 << min(tries - 1, 10)), _LONGEST_WAIT)


def _aware(moment: datetime, now: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=now.tzinfo)
