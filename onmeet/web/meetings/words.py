"""Dates and rules of meetings in words, in the language of the request or of `force_locale`."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from flask_babel import get_locale, gettext

from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import Schedule

__all__ = ["long_day", "repetition", "short_when", "when", "zone_name"]


def when(schedule: Schedule, day: date) -> str:
    """One date: `Tuesday, 24 November 2026, 10:00 – 10:45 (Europe/Berlin)`."""
    begin, end = _walls(schedule, day)
    times = f"{_time(begin)} – {_time(end)}"
    if end.date() != begin.date():
        times = f"{_time(begin)} – {long_day(end.date())}, {_time(end)}"
    return f"{long_day(day)}, {times} ({zone_name(schedule.zone)})"


def short_when(schedule: Schedule, day: date) -> str:
    """One date for a list: `Tue, 24 Nov 2026, 10:00`; a time that the clocks skip as they show it then."""
    return _short(_walls(schedule, day)[0], str(get_locale()))


def long_day(day: date) -> str:
    """A day with its weekday."""
    return str(format_date(day, "full", locale=get_locale()))


def zone_name(zone: str) -> str:
    """A zone's name as people read it: `America/New York`."""
    return zone.replace("_", " ")


def repetition(schedule: Schedule) -> str:
    """How a meeting repeats: `every 2 weeks on Tuesday and Friday, 10 times`; empty when it does not."""
    rule = schedule.rule
    if rule is None:
        return ""
    text = _rhythm(rule, schedule.start.date())
    if rule.count is not None:
        if rule.count == 1:
            return str(gettext("%(rule)s, once", rule=text))
        return str(gettext("%(rule)s, %(num)s times", rule=text, num=rule.count))
    if rule.until is not None:
        return str(gettext("%(rule)s, until %(day)s", rule=text, day=long_day(rule.until)))
    return text


def _rhythm(rule: Rule, first: date) -> str:
    period = _period(rule)
    names = get_day_names("wide", locale=get_locale())
    match rule.frequency:
        case "DAILY":
            return period
        case "WEEKLY":
            days = [names[each] for each in sorted(rule.weekdays or {first.weekday()})]
            return str(gettext("%(period)s on %(days)s", period=period, days=_listed(days)))
        case "MONTHLY" if rule.place:
            return f"{period} {_placed(rule.place, names[first.weekday()])}"
        case "MONTHLY":
            return str(gettext("%(period)s on day %(day)s", period=period, day=first.day))
        case "YEARLY":
            day = format_skeleton("MMMMd", first, locale=get_locale())
            return str(gettext("%(period)s on %(day)s", period=period, day=day))


def _period(rule: Rule) -> str:
    texts = {
        "DAILY": (gettext("every day"), gettext("every %(num)s days", num=rule.interval)),
        "WEEKLY": (gettext("every week"), gettext("every %(num)s weeks", num=rule.interval)),
        "MONTHLY": (gettext("every month"), gettext("every %(num)s months", num=rule.interval)),
        "YEARLY": (gettext("every year"), gettext("every %(num)s years", num=rule.interval)),
    }
    return str(texts[rule.frequency][rule.interval > 1])


def _placed(place: int, weekday: str) -> str:
    texts = {
        1: gettext("on the first %(weekday)s", weekday=weekday),
        2: gettext("on the second %(weekday)s", weekday=weekday),
        3: gettext("on the third %(weekday)s", weekday=weekday),
        4: gettext("on the fourth %(weekday)s", weekday=weekday),
        -1: gettext("on the last %(weekday)s", weekday=weekday),
    }
    return str(texts[place])


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return str(gettext("%(names)s and %(last)s", names=", ".join(names[:-1]), last=names[-1]))


def _walls(schedule: Schedule, day: date) -> tuple[datetime, datetime]:
    """Begin and end of a date on the wall clock."""
    zone = ZoneInfo(schedule.zone)
    begin, end = schedule.begins(day), schedule.ends(day)
    return begin.astimezone(zone).replace(tzinfo=None), end.astimezone(zone).replace(tzinfo=None)


def _time(wall: datetime) -> str:
    return str(format_time(wall.time(), "short", locale=get_locale()))


@lru_cache(maxsize=4096)
def _short(wall: datetime, locale: str) -> str:
    """Remembered: a hundred of them on a page would take a third of its time."""
    found = Locale.parse(locale)
    return (
        f"{format_skeleton('yMMMEd', wall, locale=found)}, {format_time(wall.time(), 'short', locale=found)}"
    )
