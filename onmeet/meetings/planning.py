"""What an owner changes about a kept meeting: words, dates, whether it takes place; the personal room.

Every change that calendars have to learn of counts `sequence` up (RFC 5545 §3.8.7.4, RFC 5546 §2.1.4), so
that the next calendar file replaces what people have imported.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from onmeet.db import Database
from onmeet.meetings.kept import KeptMeeting, put_schedule, view
from onmeet.meetings.models import Meeting
from onmeet.meetings.schedule import Schedule
from onmeet.meetings.service import MAX_MEETINGS, Meetings

__all__ = ["NoSuchDate", "Planning"]


class NoSuchDate(LookupError):
    """The meeting does not take place on this day, or one cannot leave out or take back this date."""


class Planning:
    """The service. Everything raises `MeetingGone` for a meeting that is not the account's own."""

    def __init__(self, database: Database, meetings: Meetings) -> None:
        self._database = database
        self._meetings = meetings

    def change(
        self,
        owner_id: int,
        code: str,
        *,
        title: str,
        description: str = "",
        schedule: Schedule | None = None,
        lobby: bool = False,
    ) -> KeptMeeting:
        """Other words, another time, another way in; what stood there before is erased.

        Left out dates stay left out as long as the new rule has them.
        """

        def write(meeting: Meeting) -> bool:
            before = view(meeting)
            planned = _keeping_exceptions(schedule, before.schedule)
            meeting.title, meeting.description = title.strip(), description.strip() or None
            meeting.admission = "lobby" if lobby else "open"
            put_schedule(meeting, planned)
            after = (meeting.title, meeting.description or "", planned)
            planned_ever = planned is not None or before.schedule is not None
            return planned_ever and after != (before.title, before.description, before.schedule)

        return self._write(owner_id, code, write)

    def cancel(self, owner_id: int, code: str, cancelled: bool = True) -> KeptMeeting:
        """The meeting does not take place, or does so again after all."""

        def write(meeting: Meeting) -> bool:
            changed, meeting.cancelled = meeting.cancelled is not cancelled, cancelled
            return changed

        return self._write(owner_id, code, write)

    def leave_out(self, owner_id: int, code: str, day: date) -> KeptMeeting:
        """One date of a meeting that repeats does not take place. Raises `NoSuchDate`."""
        return self._replan(owner_id, code, lambda schedule: schedule.without(day))

    def take_back(self, owner_id: int, code: str, day: date) -> KeptMeeting:
        """A left out date takes place after all. Raises `NoSuchDate`."""
        return self._replan(owner_id, code, lambda schedule: schedule.again(day))

    def personal_room(self, owner_id: int, title: str, *, most: int = MAX_MEETINGS) -> KeptMeeting:
        """The account's personal room, made at the first call; guests wait there for its owner.

        Raises as `Meetings.create` does.
        """
        mine = select(Meeting).where(Meeting.owner_id == owner_id, Meeting.personal)
        for _ in range(8):
            try:
                with self._database.writing() as session:
                    self._meetings.hold_account(session, owner_id)
                    room = session.scalar(mine)
                    if room is None:
                        room = self._meetings.add(session, owner_id, title, most)
                        room.personal, room.admission = True, "lobby"
                        session.flush()
                    return view(room)
            except IntegrityError:
                continue  # the code, or the PIN, was taken
        raise RuntimeError("no free meeting code in eight tries")

    def _replan(self, owner_id: int, code: str, plan: Callable[[Schedule], Schedule]) -> KeptMeeting:
        def write(meeting: Meeting) -> bool:
            schedule = view(meeting).schedule
            if schedule is None:
                raise NoSuchDate
            try:
                put_schedule(meeting, plan(schedule))
            except ValueError:
                raise NoSuchDate from None
            return True

        return self._write(owner_id, code, write)

    def _write(self, owner_id: int, code: str, change: Callable[[Meeting], bool]) -> KeptMeeting:
        """Change a row; `change` says whether calendars have to learn of it."""
        with self._database.writing() as session:
            meeting = self._meetings.owned(session, owner_id, code)
            meeting.uid = meeting.uid or str(uuid.uuid4())  # kept since before there were calendars
            if change(meeting):
                meeting.sequence += 1
            changed = view(meeting)
        self._database.erase_traces()
        return changed


def _keeping_exceptions(new: Schedule | None, old: Schedule | None) -> Schedule | None:
    if new is None or old is None or new.rule is None:
        return new
    for day in old.exceptions:
        if new.takes_place(day):
            new = new.without(day)
    return new
