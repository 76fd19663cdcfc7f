"""When a meeting takes place: first date, length, time zone, repetition, and dates that do not take place.

The wall clock of the meeting's time zone counts: a meeting at ten stays at ten when summer time begins. What
the clocks skip or show twice is read as RFC 5545 §3.3.5 says: with the offset before the change, and the
first of the two. Nothing here knows the database; the text forms are those that are stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from onmeet.meetings.recurrence import Rule, RuleError

__all__ = ["MAX_EXCEPTIONS", "MAX_MINUTES", "Schedule", "exists", "is_zone", "read_days", "write_days"]

MAX_MINUTES = 24 * 60
MAX_EXCEPTIONS = 200
_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})  # of this machine, or of nowhere
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a meeting takes place.

    start: the first date on the wall clock of `zone` (no tzinfo, whole minutes). minutes: 1 to 1440.
    rule: how it repeats, or None. exceptions: days of the rule on which it does not take place.
    """

    start: datetime
    zone: str
    minutes: int
    rule: Rule | None = None
    exceptions: tuple[date, ...] = ()

    def days(self, since: date | None = None) -> Iterator[date]:
        """The days on which it takes place, in turn, from `since` on."""
        first = self.start.date()
        if self.rule is None:
            return iter(() if since is not None and since > first else (first,))
        return (day for day in self.rule.days(first, since) if day not in self.exceptions)

    def begins(self, day: date) -> datetime:
        """The moment of its date on `day`, UTC."""
        wall = datetime.combine(day, self.start.time())
        return wall.replace(tzinfo=_zone(self.zone)).astimezone(UTC)

    def ends(self, day: date) -> datetime:
        """When that date is over, UTC."""
        return self.begins(day) + timedelta(minutes=self.minutes)

    def coming(self, now: datetime, most: int = 1) -> list[date]:
        """The next days on which it takes place, that of a date which still goes on included."""
        # a date may reach into the next day, and another zone's day may be another
        since = (now - timedelta(days=2)).date()
        return list(islice((day for day in self.days(since) if self.ends(day) > now), most))

    def takes_place(self, day: date) -> bool:
        """Whether `day` is one of its dates."""
        return next(self.days(day), None) == day

    def without(self, day: date) -> Schedule:
        """The same without one date. ValueError when that is none, or too many are left out already."""
        if self.rule is None or not self.takes_place(day) or len(self.exceptions) >= MAX_EXCEPTIONS:
            raise ValueError("not a date that can be left out")
        return replace(self, exceptions=tuple(sorted({*self.exceptions, day})))

    def again(self, day: date) -> Schedule:
        """The same with a date that was left out. ValueError when it was not."""
        if day not in self.exceptions:
            raise ValueError("this date was not left out")
        return replace(self, exceptions=tuple(each for each in self.exceptions if each != day))

    # -- as calendars write it (RFC 5545) ------------------------------------------------------------

    @property
    def rrule(self) -> str:
        """The RRULE, empty without a rule; its UNTIL is the last moment of the last day, UTC (§3.3.10)."""
        if self.rule is None:
            return ""
        until = self.rule.until
        end = datetime(until.year, until.month, until.day, 23, 59, 59) if until is not None else None
        stamp = end.replace(tzinfo=_zone(self.zone)).astimezone(UTC).strftime(_STAMP) + "Z" if end else ""
        return self.rule.text(self.start.date(), stamp)

    @property
    def exdates(self) -> tuple[str, ...]:
        """The left out dates on the wall clock (§3.8.5.1)."""
        return tuple(datetime.combine(day, self.start.time()).strftime(_STAMP) for day in self.exceptions)

    # -- as it is stored -----------------------------------------------------------------------------

    @property
    def stored_rule(self) -> str | None:
        """The rule's text, its last day as a day."""
        return self.rule.text(self.start.date()) if self.rule is not None else None

    @classmethod
    def restore(
        cls, starts_at: datetime, zone: str, minutes: int, repeats: str | None, exceptions: str | None
    ) -> Schedule | None:
        """Of what is stored, or None when that makes no sense (a zone that is no more, say)."""
        if not is_zone(zone):
            return None
        aware = starts_at.replace(tzinfo=UTC) if starts_at.tzinfo is None else starts_at
        start = aware.astimezone(_zone(zone)).replace(tzinfo=None, fold=0)
        try:
            rule = Rule.parse(repeats)[0] if repeats else None
            return cls(start, zone, minutes, rule, read_days(exceptions))
        except (RuleError, ValueError):
            return None


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone of the IANA database."""
    return _NAME.fullmatch(name) is not None and name not in _NO_PLACES and _found(name) is not None


def exists(wall: datetime, zone: str) -> bool:
    """Whether the clocks of a zone ever show this; they skip an hour when summer time begins."""
    aware = wall.replace(tzinfo=_zone(zone))
    return aware.astimezone(UTC).astimezone(aware.tzinfo).replace(tzinfo=None, fold=0) == wall


def write_days(days: tuple[date, ...]) -> str | None:
    """Days as they are stored: `2026-11-24 2026-12-01`; None for no day."""
    return " ".join(day.isoformat() for day in days) or None


def read_days(text: str | None) -> tuple[date, ...]:
    """The days of such a text. ValueError when it is none."""
    return tuple(date.fromisoformat(part) for part in (text or "").split())


@lru_cache(maxsize=1024)
def _found(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # no such file, a folder, no file of this kind
        return None


def _zone(name: str) -> ZoneInfo:
    found = _found(name)
    if found is None:
        raise ValueError("no time zone")
    return found
