"""A kept meeting as its hosts see it, and how that stands in a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from onmeet.meetings.models import Meeting
from onmeet.meetings.schedule import Schedule, write_days

__all__ = ["KeptMeeting", "put_schedule", "view"]


@dataclass(frozen=True, slots=True)
class KeptMeeting:
    """A stored meeting as its hosts see it. `title` may be empty, `created_on` may not be kept.

    pin: nine digits for callers. pin_rotates: it gets another PIN after each meeting. schedule: None for a
    meeting at any time. uid, sequence: RFC 5545 §3.8.4.7, §3.8.7.4. lobby: guests wait for a host. personal:
    the owner's one personal room. hosting: in the link that makes somebody a co-host; empty without one.
    """

    code: str
    title: str
    created_on: date | None
    pin: str
    pin_rotates: bool = False
    description: str = ""
    schedule: Schedule | None = None
    uid: str = ""
    sequence: int = 0
    cancelled: bool = False
    lobby: bool = False
    personal: bool = False
    hosting: str = ""


def put_schedule(meeting: Meeting, schedule: Schedule | None) -> None:
    """Write a schedule, or none, into a row."""
    meeting.starts_at = schedule.begins(schedule.start.date()) if schedule else None
    meeting.time_zone = schedule.zone if schedule else None
    meeting.minutes = schedule.minutes if schedule else None
    meeting.repeats = schedule.stored_rule if schedule else None
    meeting.exceptions = write_days(schedule.exceptions) if schedule else None


def view(meeting: Meeting) -> KeptMeeting:
    """A row as its hosts see it."""
    return KeptMeeting(
        code=meeting.code or "",
        title=meeting.title or "",
        created_on=meeting.created_on,
        pin=meeting.pin,
        pin_rotates=meeting.pin_rotates,
        description=meeting.description or "",
        schedule=_schedule(meeting),
        uid=meeting.uid,
        sequence=meeting.sequence,
        cancelled=meeting.cancelled,
        lobby=meeting.admission == "lobby",
        personal=meeting.personal,
        hosting=meeting.hosting,
    )


def _schedule(meeting: Meeting) -> Schedule | None:
    starts_at, zone, minutes = meeting.starts_at, meeting.time_zone, meeting.minutes
    if starts_at is None or zone is None or minutes is None:
        return None
    return Schedule.restore(starts_at, zone, minutes, meeting.repeats, meeting.exceptions)
