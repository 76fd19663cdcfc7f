"""The text of an invitation and what a calendar file says, without the link: the browser puts that in.

The link's secret part never gets here, so text and file are finished in the browser (`js/pages/invite.js`);
what is made here has a mark where the link belongs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext

from onmeet.meetings.kept import KeptMeeting
from onmeet.web.language import LANGUAGES
from onmeet.web.meetings import words
from onmeet.web.seen import Telephone

__all__ = ["LINK", "CalendarEvent", "DateLine", "Invitation", "date_lines", "event_of", "invitation_to"]

LINK = "\ufffc"
"""Where the browser puts the link: a sign that nobody types."""

_DATES = 10
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What a VEVENT is made of (RFC 5545 §3.6.1). begin, end: on the wall clock; those in UTC end in Z.

    exdates: on the wall clock. organizer: a name, or empty. code: of the meeting.
    """

    uid: str
    sequence: int
    code: str
    title: str
    organizer: str
    zone: str
    begin: str
    end: str
    begin_utc: str
    end_utc: str
    rrule: str
    exdates: tuple[str, ...]
    cancelled: bool

    def as_dict(self) -> dict[str, Any]:
        """For the page's script."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Invitation:
    """texts: by language. event: None for a meeting at any time. when, repeats: in the page's language."""

    texts: Mapping[str, str]
    languages: Mapping[str, str]
    event: CalendarEvent | None
    when: str
    repeats: str


@dataclass(frozen=True, slots=True)
class DateLine:
    """One date of a meeting that repeats. day: as in addresses. on: it takes place."""

    day: str
    when: str
    on: bool


def invitation_to(kept: KeptMeeting, name: str, telephone: Telephone | None) -> Invitation:
    """The invitation to a meeting of somebody who goes by `name`, or by none."""
    texts = {}
    for language in LANGUAGES:
        with force_locale(language):
            texts[language] = _text(kept, name, telephone)
    schedule = kept.schedule
    return Invitation(
        texts=texts,
        languages=LANGUAGES,
        event=event_of(kept, name),
        when=words.when(schedule, schedule.start.date()) if schedule else "",
        repeats=words.repetition(schedule) if schedule else "",
    )


def date_lines(kept: KeptMeeting, now: datetime) -> list[DateLine]:
    """The next dates of a meeting that repeats, with those to come that were cancelled."""
    schedule = kept.schedule
    if schedule is None or schedule.rule is None:
        return []
    coming = schedule.coming(now, _DATES)
    off = [day for day in schedule.exceptions if schedule.ends(day) > now]
    days = sorted([*coming, *(day for day in off if not coming or day <= coming[-1] or len(coming) < _DATES)])
    return [DateLine(day.isoformat(), words.short_when(schedule, day), day not in off) for day in days]


def _text(kept: KeptMeeting, name: str, telephone: Telephone | None) -> str:
    if kept.cancelled:
        return "\n".join([gettext("This meeting does not take place:"), "", kept.title, *_when(kept)])
    greeting = gettext("You are invited to a meeting.")
    if name:
        greeting = gettext("%(name)s invites you to a meeting.", name=name)
    parts = [greeting, "", kept.title, *_when(kept)]
    if kept.description:
        parts += ["", kept.description.replace("\r\n", "\n")]
    parts += ["", gettext("Join in a browser, without an account:"), LINK]
    return "\n".join(parts + _phone(kept, telephone))


def _when(kept: KeptMeeting) -> list[str]:
    schedule = kept.schedule
    if schedule is None:
        return []
    first = words.when(schedule, schedule.start.date())
    repeats = words.repetition(schedule)
    return [first, repeats] if repeats else [first]


def _phone(kept: KeptMeeting, telephone: Telephone | None) -> list[str]:
    """Numbers and PIN, where there are numbers; a PIN that changes after each meeting holds for one date."""
    if telephone is None or not telephone.numbers:
        return []
    numbers = [f"{each.shown} ({each.country})" for each in telephone.numbers]
    repeats = kept.schedule is None or kept.schedule.rule is not None
    if kept.pin_rotates and repeats:
        pin = gettext("The PIN changes after each meeting: the host has it.")
    else:
        pin = gettext("PIN: %(pin)s, then #", pin=f"{kept.pin[:3]} {kept.pin[3:6]} {kept.pin[6:]}")
    return ["", gettext("Or by telephone:"), *numbers, pin]


def event_of(kept: KeptMeeting, name: str) -> CalendarEvent | None:
    """What a calendar file about the meeting says, or None for a meeting at any time."""
    schedule = kept.schedule
    if schedule is None:
        return None
    zone = ZoneInfo(schedule.zone)
    first = schedule.start.date()
    begin, end = schedule.begins(first), schedule.ends(first)
    return CalendarEvent(
        uid=kept.uid,
        sequence=kept.sequence,
        code=kept.code,
        title=kept.title,
        organizer=name,
        zone=schedule.zone,
        begin=begin.astimezone(zone).strftime(_STAMP),
        end=end.astimezone(zone).strftime(_STAMP),
        begin_utc=begin.astimezone(UTC).strftime(_STAMP) + "Z",
        end_utc=end.astimezone(UTC).strftime(_STAMP) + "Z",
        rrule=schedule.rrule,
        exdates=schedule.exdates,
        cancelled=kept.cancelled,
    )
