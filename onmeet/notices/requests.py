"""Requests of data subjects (GDPR Art. 15 to 22): filed by anybody, open once it is sure who asks.

    unverified   filed without an account: a link was mailed to the address that was given
    open         somebody with an account, or whoever had the link; the month began with the receipt
    passed-on    about data of which the owner of a meeting is the controller: they answer (N4.4)
    answered, refused   closed; the notice says when the request goes

Whether anything is held about an address is said to nobody before its owner has shown that it is theirs.
"""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.errors import N_, UserError
from onmeet.notices.models import SubjectRequest

__all__ = [
    "KINDS", "OPEN", "UNVERIFIED_DAYS", "Filed", "Mailer", "RequestGone", "Requests", "add_months",
    "near_deadline", "overdue",
]  # fmt: skip

KINDS = (
    "access", "rectification", "erasure", "restriction", "objection", "portability", "child",
)  # fmt: skip
"""Which right is claimed; `child`: data of a child that was collected without permission (N4.5)."""

OPEN = ("open", "passed-on")

MONTHS, EXTENDED_MONTHS = 1, 3
"""Art. 12 (3): one month after receipt, two more where it is necessary, with reasons."""

UNVERIFIED_DAYS = 7
"""How long the mailed link is good; after that nothing is left of the request."""

NEAR_DAYS = 7

Mailer = Callable[[Session, str, datetime, int], None]
"""Puts a mail of a kind (`request-verify`, `request-answered`) about a request into the queue."""


class RequestGone(LookupError):
    """No such request, or not for these eyes: the same answer for both."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as it is shown. `extension`: why it takes longer, empty where it does not."""

    id: int
    kind: str
    state: str
    email: str
    text: str
    answer: str
    extension: str
    account_id: int | None
    passed_to: int | None
    received_at: datetime
    due_on: date
    closed_at: datetime | None


class Requests:
    """The service; thread-safe. `mail` stands apart because mail is a layer above."""

    def __init__(self, database: Database, mail: Mailer) -> None:
        self._database = database
        self._mail = mail

    # -- the person -----------------------------------------------------------------------------------

    def file(
        self,
        kind: str,
        text: str,
        now: datetime,
        *,
        email: str,
        account_id: int | None = None,
        language: str = "",
    ) -> int:
        """Take a request; somebody with an account is known, to anybody else a link is mailed.

        `email` of somebody with an account is the account's. Returns its number, for the log alone.
        """
        if kind not in KINDS:
            raise UserError(N_("There is no such request."), 422)
        with self._database.writing() as session:
            row = SubjectRequest(
                account_id=account_id,
                kind=kind,
                language=language,
                email=email.strip(),
                text=text.strip(),
                state="unverified" if account_id is None else "open",
                received_at=now,
                due_on=add_months(now.astimezone(UTC).date(), MONTHS),
            )
            session.add(row)
            session.flush()
            if account_id is None:
                self._mail(session, "request-verify", now, row.id)
            return row.id

    def by_link(self, token: str) -> Filed:
        """The request that a mailed link stands for. Raises `RequestGone`."""
        with self._database.reading() as session:
            return _filed(_by_token(session, token))

    def confirm(self, token: str, now: datetime) -> Filed:
        """Open the request: whoever has the link reads the mail of that address. Raises `RequestGone`."""
        with self._database.writing() as session:
            row = _by_token(session, token)
            if row.state == "unverified" and _utc(row.received_at) < now - timedelta(days=UNVERIFIED_DAYS):
                raise RequestGone
            if row.state == "unverified":
                row.state = "open"
            return _filed(row)

    def of_account(self, account_id: int) -> list[Filed]:
        """What a person with an account has asked for, the newest first."""
        return self._list(SubjectRequest.account_id == account_id)

    def passed_to(self, account_id: int) -> list[Filed]:
        """Requests that the owner of an account is to answer as controller."""
        return self._list(SubjectRequest.passed_to == account_id)

    # -- who answers ----------------------------------------------------------------------------------

    def all(self, *, closed: bool = False) -> list[Filed]:
        """Open requests by deadline, for the operator; with `closed` the others, never unverified ones."""
        states = (*OPEN, "answered", "refused") if closed else OPEN
        found = self._list(SubjectRequest.state.in_(states))
        return sorted(found, key=lambda each: (each.closed_at is not None, each.due_on, each.id))

    def get(self, request_id: int) -> Filed:
        """One request whose sender is known. Raises `RequestGone`."""
        with self._database.reading() as session:
            return _filed(_verified(session, request_id))

    def answer(
        self, request_id: int, text: str, now: datetime, *, refused: bool = False, by: int | None = None
    ) -> None:
        """Answer and close a request; the answer is mailed. by: the account that it was passed to.

        Raises `RequestGone`, or `UserError` for one that is closed already or an empty answer.
        """
        if not text.strip():
            raise UserError(N_("An answer says something."), 422)
        with self._database.writing() as session:
            row = _verified(session, request_id)
            if by is not None and row.passed_to != by:
                raise RequestGone
            if row.state not in OPEN:
                raise UserError(N_("This request has been answered already."), 409)
            row.answer, row.closed_at = text.strip(), now
            row.state = "refused" if refused else "answered"
            self._mail(session, "request-answered", now, row.id)

    def extend(self, request_id: int, reason: str) -> date:
        """Take two more months, once, with a reason that the person reads. Returns the new deadline."""
        if not reason.strip():
            raise UserError("an extension needs a reason, which is told to the person (GDPR Art. 12 (3))")
        with self._database.writing() as session:
            row = _verified(session, request_id)
            if row.state not in OPEN or row.extension:
                raise UserError("this request is closed, or has been extended already", 409)
            row.extension = reason.strip()
            row.due_on = add_months(_utc(row.received_at).date(), EXTENDED_MONTHS)
            return row.due_on

    def pass_on(self, request_id: int, account_id: int) -> None:
        """Hand the request to the owner of an account, who is the controller of the data; they answer it."""
        with self._database.writing() as session:
            row = _verified(session, request_id)
            if row.state not in OPEN:
                raise UserError("this request is closed", 409)
            row.passed_to, row.state = account_id, "passed-on"

    def near_deadline(self, now: datetime) -> int:
        """How many open requests are due within a week, or overdue."""
        with self._database.reading() as session:
            return near_deadline(session, now)

    def forget_unverified(self, now: datetime) -> int:
        """Erase requests whose link nobody followed; the keeper calls it. Returns how many."""
        stale = and_(
            SubjectRequest.state == "unverified",
            SubjectRequest.received_at < now - timedelta(days=UNVERIFIED_DAYS),
        )
        with self._database.writing() as session:
            count = int(session.execute(delete(SubjectRequest).where(stale)).rowcount)  # type: ignore[attr-defined]
        if count:
            self._database.erase_traces()
        return count

    def _list(self, condition: object) -> list[Filed]:
        query = select(SubjectRequest).where(or_(condition)).order_by(SubjectRequest.id.desc())  # type: ignore[arg-type]
        with self._database.reading() as session:
            return [_filed(row) for row in session.scalars(query)]


def near_deadline(session: Session, now: datetime) -> int:
    """How many open requests are due within a week, or overdue."""
    return _due_by(session, now.astimezone(UTC).date() + timedelta(days=NEAR_DAYS))


def overdue(session: Session, now: datetime) -> int:
    """How many open requests should have been answered by yesterday."""
    return _due_by(session, now.astimezone(UTC).date() - timedelta(days=1))


def _due_by(session: Session, day: date) -> int:
    due = and_(SubjectRequest.state.in_(OPEN), SubjectRequest.due_on <= day)
    return session.scalar(select(func.count(SubjectRequest.id)).where(due)) or 0


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last one (Regulation 1182/71 Art. 3)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _by_token(session: Session, token: str) -> SubjectRequest:
    hashed = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    row = session.scalar(select(SubjectRequest).where(SubjectRequest.token_hash == hashed))
    if row is None:
        raise RequestGone
    return row


def _verified(session: Session, request_id: int) -> SubjectRequest:
    row = session.get(SubjectRequest, request_id)
    if row is None or row.state == "unverified":
        raise RequestGone
    return row


def _filed(row: SubjectRequest) -> Filed:
    return Filed(
        row.id,
        row.kind,
        row.state,
        row.email or "",
        row.text or "",
        row.answer or "",
        row.extension or "",
        row.account_id,
        row.passed_to,
        _utc(row.received_at),
        row.due_on,
        None if row.closed_at is None else _utc(row.closed_at),
    )


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
