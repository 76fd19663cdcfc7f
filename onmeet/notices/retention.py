"""Until when something may be kept: reckoning with the terms of a notice. Pure, all in UTC.

A term counts from an event. A day stands for its first moment, and a term with months, years or rounding
counts from the first moment of the event's day, so that nothing is ever kept longer than the notice says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from onmeet.notices.categories import Event
from onmeet.notices.notice import Item, Term

__all__ = ["Moment", "Until", "cutoff_day", "cutoff_moment", "due_at", "goes_at", "terms_for", "until"]

Moment = date | datetime
"""When an event happened: a day, or a moment with its time zone (without one: UTC)."""

_END = datetime.max.replace(tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Until:
    """What can be said of the end of something that is kept.

    transient: in memory only, gone with the meeting. at: when it goes, as far as events have happened; None
    when none has. deciding: the term that `at` comes from. waiting: terms whose event has not happened yet;
    each of them may end it earlier.
    """

    at: datetime | None = None
    deciding: Term | None = None
    waiting: tuple[Term, ...] = ()
    transient: bool = False


def due_at(term: Term, event: Moment) -> datetime:
    """When something goes for which `event` started `term`."""
    try:
        if not _by_calendar(term):
            return _moment(event) + timedelta(days=term.days)
        day = _add_months(_day(event), 12 * term.years + term.months) + timedelta(days=term.days)
        return _moment(_round_up(day, term))
    except OverflowError:
        return _END


def cutoff_day(term: Term, now: datetime) -> date:
    """The latest day on which an event lies whose term is over: `due_at(term, day) <= now` up to this day."""
    last = _day(now)
    if term.round_up == "month":
        last = last.replace(day=1) - _DAY
    elif term.round_up == "year":
        last = last.replace(month=1, day=1) - _DAY
    try:
        return _back_months(last - timedelta(days=term.days), 12 * term.years + term.months)
    except OverflowError:
        return date.min


def cutoff_moment(term: Term, now: datetime) -> datetime:
    """The latest moment of an event whose term is over, to the microsecond."""
    if _by_calendar(term):
        return datetime.combine(cutoff_day(term, now), time.max, UTC)
    try:
        return _moment(now) - timedelta(days=term.days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def terms_for(item: Item, country: str | None = None) -> tuple[Term, ...]:
    """The terms of `item` that hold for a person in `country`, or one of whom no country is known.

    For each event the terms of the country replace the general ones. Where a notice has terms for other
    countries only, all of these hold: without any term it would be kept for ever.
    """
    chosen: list[Term] = []
    for event in dict.fromkeys(term.event for term in item.terms):
        terms = [term for term in item.terms if term.event == event]
        theirs = [term for term in terms if term.country and term.country == (country or "").upper()]
        chosen += theirs or [term for term in terms if not term.country] or terms
    return tuple(chosen)


def until(
    item: Item, events: Mapping[Event, Moment | None] | None = None, country: str | None = None
) -> Until:
    """What can be said of the end of an item, given when its events happened (absent or None: not yet)."""
    if item.transient:
        return Until(transient=True)
    happened = events or {}
    started: list[tuple[datetime, Term]] = []
    waiting: list[Term] = []
    for term in terms_for(item, country):
        event = happened.get(term.event)
        if event is None:
            waiting.append(term)
        else:
            started.append((due_at(term, event), term))
    if not started:
        return Until(waiting=tuple(waiting))
    at, deciding = min(started, key=lambda pair: pair[0])
    return Until(at, deciding, tuple(waiting))


def goes_at(
    item: Item, row_events: Mapping[Event, Moment | None], country: str | None = None
) -> datetime | None:
    """When a stored value goes, or None while none of the events has happened that its terms count from."""
    return until(item, row_events, country).at


# -- the calendar ------------------------------------------------------------------------------------


def _by_calendar(term: Term) -> bool:
    return bool(term.years or term.months or term.round_up)


def _moment(event: Moment) -> datetime:
    if isinstance(event, datetime):
        return event.replace(tzinfo=UTC) if event.tzinfo is None else event.astimezone(UTC)
    return datetime.combine(event, time.min, UTC)


def _day(event: Moment) -> date:
    return _moment(event).date() if isinstance(event, datetime) else event


def _month(day: date, months: int) -> date:
    """The first day of the month so many months away. Raises OverflowError outside the calendar."""
    index = day.year * 12 + day.month - 1 + months
    if not 12 <= index < 120_000:
        raise OverflowError("outside the calendar")
    return date(index // 12, index % 12 + 1, 1)


def _last(day: date) -> int:
    """The number of the last day of a month."""
    return 31 if day.month == 12 else (_month(day, 1) - _DAY).day


def _add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: a month after 31 January is 28 February."""
    first = _month(day, months)
    return first.replace(day=min(day.day, _last(first)))


def _back_months(day: date, months: int) -> date:
    """The latest day from which `_add_months` leads to `day` or before."""
    first = _month(day, -months)
    return first.replace(day=_last(first) if day.day == _last(day) else min(day.day, _last(first)))


def _round_up(day: date, term: Term) -> date:
    """The first day after the period that `day` lies in."""
    if term.round_up == "month":
        return _month(day, 1)
    if term.round_up == "year":
        return _month(day.replace(month=1), 12)
    return day
