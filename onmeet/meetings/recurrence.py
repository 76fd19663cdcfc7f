"""How a meeting repeats: the part of RFC 5545 §3.3.10 that people ask for, as pure arithmetic with days.

    FREQ=DAILY|WEEKLY|MONTHLY|YEARLY [;INTERVAL=n] [;BYDAY=…] [;COUNT=n | ;UNTIL=yyyymmdd]

Weekly rules name weekdays (`BYDAY=MO,WE`), monthly ones may name one with its place (`2TU`: the second
Tuesday, `-1FR`: the last Friday). A day that a month or a year does not have is left out, as §3.3.10 says.
Weeks begin on Monday. Days are those of the meeting's own time zone, so that summer time moves none. A rule
without COUNT is entered near the day in question, however long ago it began.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice
from typing import Literal

__all__ = ["MAX_COUNT", "MAX_INTERVAL", "WEEKDAYS", "Frequency", "Rule", "RuleError"]

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""As RFC 5545 writes them, at the places that `date.weekday` gives."""

MAX_INTERVAL = 99
MAX_COUNT = 730
"""Two years of days; a rule with a count has to be walked from its first day."""

_LAST_YEAR = 2200
_PLACED = re.compile(r"(-1|[1-4])?(MO|TU|WE|TH|FR|SA|SU)")
_DAY = re.compile(r"[0-9]{8}")
_KEYS = ("FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL")


class RuleError(ValueError):
    """The text is no rule of this kind."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. weekdays: 0 is Monday, for weekly rules; empty: the first day's own.

    place: of a monthly rule's weekday in its month, 1 to 4, or -1 for the last; 0: the same day of the month.
    The weekday is the first day's own. count, until: when it ends, one of both at most; until: the last day.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    place: int = 0
    count: int | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.interval <= MAX_INTERVAL:
            raise RuleError("the interval is out of range")
        if self.count is not None and (self.until is not None or not 1 <= self.count <= MAX_COUNT):
            raise RuleError("the number of dates is out of range, or there is a last day too")
        if (self.weekdays and self.frequency != "WEEKLY") or (self.place and self.frequency != "MONTHLY"):
            raise RuleError("weekdays do not belong to this frequency")

    @classmethod
    def parse(cls, text: str) -> tuple[Rule, int | None]:
        """The rule of its text, and the weekday that a placed one names, else None. Raises `RuleError`."""
        parts = [part.partition("=") for part in text.split(";")]
        values = {key: value for key, _, value in parts}
        if len(values) != len(parts) or not values.keys() <= set(_KEYS):
            raise RuleError("an unknown or repeated part")
        frequency = values.get("FREQ")
        if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
            raise RuleError("an unknown frequency")
        weekdays, place, weekday = _by_day(values.get("BYDAY", ""), frequency)
        rule = cls(
            frequency,  # type: ignore[arg-type]
            interval=_number(values.get("INTERVAL", "1")),
            weekdays=weekdays,
            place=place,
            count=_number(values["COUNT"]) if "COUNT" in values else None,
            until=_day(values["UNTIL"]) if "UNTIL" in values else None,
        )
        return rule, weekday

    def text(self, first: date, until: str = "") -> str:
        """The rule as RFC 5545 writes it, for a meeting whose first day is `first`.

        until: what stands for the last day where that is to be a moment (§3.3.10: UTC, with a DTSTART that
        has a time zone); without it, the day itself.
        """
        parts = [f"FREQ={self.frequency}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(WEEKDAYS[each] for each in sorted(self.weekdays)))
        if self.place:
            parts.append(f"BYDAY={self.place}{WEEKDAYS[first.weekday()]}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={until or self.until.strftime('%Y%m%d')}")
        return ";".join(parts)

    def fits(self, first: date) -> bool:
        """Whether a meeting on `first` is the first that the rule gives, as §3.8.5.3 asks for."""
        return next(self.days(first), None) == first

    def days(self, first: date, since: date | None = None) -> Iterator[date]:
        """The days of a meeting that takes place on `first` for the first time, from `since` on, in turn."""
        begin = first if since is None or since < first else since
        days: Iterator[date]
        if self.count is not None:
            days = islice((day for day in self._all(first, first) if day >= first), self.count)
        else:
            days = self._all(first, begin)
        for day in days:
            if self.until is not None and day > self.until:
                return
            if day >= begin:
                yield day

    def _all(self, first: date, near: date) -> Iterator[date]:
        """Every day of the rule without its end, beginning with the period that `near` is in."""
        match self.frequency:
            case "DAILY":
                return _daily(first, self.interval, near)
            case "WEEKLY":
                return _weekly(first, self.interval, near, self.weekdays or frozenset({first.weekday()}))
            case "MONTHLY":
                return _monthly(first, self.interval, near, self.place)
            case "YEARLY":
                return _monthly(first, self.interval * 12, near, 0)


def _daily(first: date, interval: int, near: date) -> Iterator[date]:
    begin = (near - first).days // interval
    for step in count(begin):
        day = first + timedelta(days=step * interval)
        if day.year > _LAST_YEAR:
            return
        yield day


def _weekly(first: date, interval: int, near: date, weekdays: frozenset[int]) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    begin = (near - monday).days // (7 * interval)
    for step in count(begin):
        week = monday + timedelta(weeks=step * interval)
        if week.year > _LAST_YEAR:
            return
        for weekday in sorted(weekdays):
            day = week + timedelta(days=weekday)
            if day >= first:
                yield day


def _monthly(first: date, interval: int, near: date, place: int) -> Iterator[date]:
    months = (near.year - first.year) * 12 + near.month - first.month
    for step in count(months // interval):
        number = first.month - 1 + step * interval
        year, month = first.year + number // 12, number % 12 + 1
        if year > _LAST_YEAR:
            return
        day = _placed(year, month, first.weekday(), place) if place else _same(year, month, first.day)
        if day is not None and day >= first:
            yield day


def _same(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if day <= calendar.monthrange(year, month)[1] else None


def _placed(year: int, month: int, weekday: int, place: int) -> date:
    begins, length = calendar.monthrange(year, month)
    earliest = 1 + (weekday - begins) % 7
    latest = earliest + (length - earliest) // 7 * 7
    return date(year, month, latest if place == -1 else earliest + 7 * (place - 1))


def _by_day(text: str, frequency: str) -> tuple[frozenset[int], int, int | None]:
    """Weekdays, place, and the placed weekday."""
    if not text:
        return frozenset(), 0, None
    found = [_PLACED.fullmatch(part) for part in text.split(",")]
    days = [WEEKDAYS.index(each[2]) for each in found if each is not None]
    places = [int(each[1]) for each in found if each is not None and each[1]]
    if len(days) != len(found) or len(places) not in (0, 1) or (places and len(days) != 1):
        raise RuleError("an unknown weekday")
    if places:
        return frozenset(), places[0], days[0]
    if frequency != "WEEKLY":
        raise RuleError("a weekday without its place")
    return frozenset(days), 0, None


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise RuleError("no number")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else _nothing()
    except ValueError:
        raise RuleError("no day") from None


def _nothing() -> date:
    raise RuleError("no day")
