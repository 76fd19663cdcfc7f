"""The list of meetings: which come next, which have no date, which are over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext

from onmeet.meetings.kept import KeptMeeting
from onmeet.web.meetings import words

__all__ = ["SEARCH_FROM", "Line", "Lists", "arrange"]

SEARCH_FROM = 10
"""More meetings than this, and there is a field to search them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One meeting. when: in words. begins: its next date, RFC 3339 in UTC, or empty. own: by its owner."""

    code: str
    title: str
    when: str
    begins: str = ""
    repeats: bool = False
    cancelled: bool = False
    personal: bool = False
    own: bool = True


@dataclass(frozen=True, slots=True)
class Lists:
    """personal: the personal room, if there is one. rooms: without a date. helping: kept by others."""

    personal: Line | None
    coming: list[Line]
    rooms: list[Line]
    helping: list[Line]
    past: list[Line]

    @property
    def count(self) -> int:
        """All together."""
        groups = (self.coming, self.rooms, self.helping, self.past)
        return sum(map(len, groups)) + (self.personal is not None)


def arrange(own: Iterable[KeptMeeting], helping: Iterable[KeptMeeting], now: datetime) -> Lists:
    """What comes first stands first; over or cancelled is what has no date any more."""
    personal: Line | None = None
    coming: list[tuple[datetime, Line]] = []
    rooms: list[Line] = []
    past: list[tuple[date, Line]] = []
    for meeting in own:
        if meeting.schedule is None and not meeting.cancelled:
            line = Line(meeting.code, meeting.title, "", personal=meeting.personal)
            if meeting.personal:
                personal = line
            else:
                rooms.append(line)
            continue
        begin, line = _dated(meeting, now)
        if begin is None:
            past.append((meeting.schedule.start.date() if meeting.schedule else date.min, line))
        else:
            coming.append((begin, line))
    coming.sort(key=lambda each: each[0])
    past.sort(key=lambda each: each[0], reverse=True)
    return Lists(
        personal=personal,
        coming=[line for _, line in coming],
        rooms=rooms,
        helping=[_dated(meeting, now, own=False)[1] for meeting in helping],
        past=[line for _, line in past],
    )


def _dated(meeting: KeptMeeting, now: datetime, own: bool = True) -> tuple[datetime | None, Line]:
    """The next date and the line; no date when there is none any more."""
    schedule = meeting.schedule
    if schedule is None:
        text = gettext("Cancelled") if meeting.cancelled else ""
        return None, Line(meeting.code, meeting.title, text, cancelled=meeting.cancelled, own=own)
    days = [] if meeting.cancelled else schedule.coming(now)
    begin = schedule.begins(days[0]) if days else None
    shown = words.short_when(schedule, days[0] if days else schedule.start.date())
    line = Line(
        code=meeting.code,
        title=meeting.title,
        when=gettext("Cancelled") if meeting.cancelled else shown,
        begins=f"{begin:%Y-%m-%dT%H:%MZ}" if begin else "",
        repeats=schedule.rule is not None,
        cancelled=meeting.cancelled,
        own=own,
    )
    return begin, line
