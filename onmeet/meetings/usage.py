"""Usage reports for a customer: how many meetings, people and minutes in a month (N3.10).

Sums and meetings, never who was connected when: no itemised bill is made from connection data (N3.14).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Boolean, column, select, table

from onmeet.db import Database
from onmeet.meetings.models import MeetingRecord, Participation
from onmeet.meetings.reporting import records_meetings
from onmeet.notices.policy import Policy

__all__ = ["MeetingLine", "Month", "UsageReport", "UsageReports", "as_utc"]

_ACCOUNTS = table("accounts", column("id"), column("restricted", Boolean))  # owned by `accounts`


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month (UTC)."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        """The month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month | None:
        """Of `2026-07`, or None."""
        try:
            return cls.of(date.fromisoformat(f"{text}-01")) if len(text) == 7 else None
        except ValueError:
            return None

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def previous(self) -> Month:
        """The month before it."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """One meeting. What the notice does not let us keep is None. minutes: of the meeting, rounded up."""

    topic: str | None
    started_at: datetime | None
    ended_at: datetime | None
    minutes: int | None
    participants: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """An account's month. participants: joins by people and telephones. minutes: of all of them together."""

    month: Month
    meetings: int
    participants: int
    minutes: int | None
    lines: tuple[MeetingLine, ...]


class UsageReports:
    """The service. `offered`: whether the notice in force lets any usage be known."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self.offered = records_meetings(policy)

    def of(self, account_id: int, month: Month) -> UsageReport:
        """What an account's meetings were in a month; a meeting belongs to the month in which it ended."""
        if not self.offered or not self.may_report(account_id):
            return UsageReport(month, 0, 0, None, ())
        records = (
            select(MeetingRecord)
            .where(
                MeetingRecord.account_id == account_id,
                MeetingRecord.ended_on >= month.first,
                MeetingRecord.ended_on < month.next.first,
            )
            .order_by(MeetingRecord.ended_on, MeetingRecord.id)
        )
        with self._database.reading() as session:
            meetings = session.scalars(records).all()
            ids = [meeting.id for meeting in meetings]
            people = session.scalars(select(Participation).where(Participation.record_id.in_(ids))).all()
        by_meeting: dict[int, list[Participation]] = {}
        for person in people:
            by_meeting.setdefault(person.record_id, []).append(person)
        return UsageReport(
            month=month,
            meetings=len(meetings),
            participants=len(people),
            minutes=_minutes_of_all(people),
            lines=tuple(_line(meeting, by_meeting.get(meeting.id, [])) for meeting in meetings),
        )

    def may_report(self, account_id: int) -> bool:
        """Whether a report may be made: not while processing is restricted (GDPR Art. 18)."""
        query = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.id == account_id, _ACCOUNTS.c.restricted.is_(False))
        with self._database.reading() as session:
            return session.scalar(query) is not None

    def months(self, account_id: int) -> list[Month]:
        """The months about which there is anything, the latest first."""
        if not self.offered or not self.may_report(account_id):
            return []
        query = select(MeetingRecord.ended_on).where(
            MeetingRecord.account_id == account_id, MeetingRecord.ended_on.is_not(None)
        )
        with self._database.reading() as session:
            days = session.scalars(query.distinct()).all()
        return sorted({Month.of(day) for day in days if day is not None}, reverse=True)


def _line(meeting: MeetingRecord, people: Sequence[Participation]) -> MeetingLine:
    seconds = _seconds(meeting.started_at, meeting.ended_at)
    return MeetingLine(
        topic=meeting.title,
        started_at=as_utc(meeting.started_at) if meeting.started_at else None,
        ended_at=as_utc(meeting.ended_at) if meeting.ended_at else None,
        minutes=None if seconds is None else _minutes(seconds),
        participants=len(people),
    )


def _minutes_of_all(people: Sequence[Participation]) -> int | None:
    stays = [_seconds(person.joined_at, person.left_at) for person in people]
    known = [seconds for seconds in stays if seconds is not None]
    return _minutes(sum(known)) if known or not people else None


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else max(0.0, (end - begin).total_seconds())


def _minutes(seconds: float) -> int:
    return -int(-seconds // 60)


def as_utc(moment: datetime) -> datetime:
    """A time as the database gave it back: SQLite forgets the zone, PostgreSQL takes the session's."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
