"""How much the server has to do, hour by hour: sums about nobody, to plan capacity (N3.10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.meetings.models import LoadHour
from onmeet.meetings.reports import Delivery, Joined, Left, Started
from onmeet.meetings.usage import as_utc

__all__ = ["Hour", "count", "counts", "hours"]


@dataclass(frozen=True, slots=True)
class Hour:
    """The load of one hour. hour: when it began. seconds: of all participants together."""

    hour: datetime
    meetings: int
    joins: int
    most_at_once: int
    seconds: int


@dataclass(frozen=True, slots=True)
class _Share:
    hour: datetime
    meetings: int = 0
    joins: int = 0
    at_once: int = 0
    seconds: int = 0


def counts(delivery: Delivery) -> bool:
    """Whether there is anything to count."""
    return next(_shares(delivery), None) is not None


def count(session: Session, delivery: Delivery) -> None:
    """Add a report to the hours that it is about. One that was counted before changes nothing."""
    for share in _shares(delivery):
        row = session.get(LoadHour, share.hour, with_for_update=True)
        if row is None:
            row = LoadHour(hour=share.hour, run="", seq=0, meetings=0, joins=0, most_at_once=0, seconds=0)
            session.add(row)
        if row.run == delivery.run and row.seq >= delivery.seq:
            continue
        row.run, row.seq = delivery.run, delivery.seq
        row.meetings = (row.meetings or 0) + share.meetings
        row.joins = (row.joins or 0) + share.joins
        row.most_at_once = max(row.most_at_once or 0, share.at_once)
        row.seconds = (row.seconds or 0) + share.seconds


def hours(database: Database, since: datetime) -> list[Hour]:
    """The counted hours from `since` on, the oldest first."""
    query = select(LoadHour).where(LoadHour.hour >= since).order_by(LoadHour.hour)
    with database.reading() as session:
        return [
            Hour(
                hour=as_utc(row.hour),
                meetings=row.meetings or 0,
                joins=row.joins or 0,
                most_at_once=row.most_at_once or 0,
                seconds=row.seconds or 0,
            )
            for row in session.scalars(query)
        ]


def _shares(delivery: Delivery) -> Iterator[_Share]:
    if delivery.seq == 0:
        return
    match delivery.report:
        case Started(at=at, counted=True):
            yield _Share(_hour(at), meetings=1)
        case Joined(at=at, at_once=int(at_once)):
            yield _Share(_hour(at), joins=1, at_once=at_once)
        case Left(at=at, seconds=float() | int() as seconds):
            yield from _split(at - seconds, at)


def _split(begin: float, end: float) -> Iterator[_Share]:
    """A stay, cut at full hours; a day at most, because nobody is in a meeting for longer."""
    begin = max(begin, end - 86_400)
    while True:
        hour = _hour(begin)
        cut = min(end, (hour + timedelta(hours=1)).timestamp())
        yield _Share(hour, seconds=round(cut - begin))
        if cut >= end:
            return
        begin = cut


def _hour(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).replace(minute=0, second=0, microsecond=0)
