"""Meetings that people keep: create, list, rename, delete; and who may do what with a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet import clock
from onmeet.db import Database
from onmeet.meetings.codes import new_code, well_formed
from onmeet.meetings.models import Meeting

__all__ = ["MAX_MEETINGS", "KeptMeeting", "MeetingGone", "Meetings", "Role", "TooManyMeetings"]

Role = Literal["host", "guest"]

MAX_MEETINGS = 200
"""Meetings that one account may keep: enough for a teacher, no place to fill a disk from."""


class MeetingGone(LookupError):
    """There is no such meeting, or it is somebody else's: the same answer for both."""


class TooManyMeetings(Exception):
    """The account keeps `MAX_MEETINGS` already."""


@dataclass(frozen=True, slots=True)
class KeptMeeting:
    """A stored meeting as its owner sees it. `title` may be empty."""

    code: str
    title: str
    created_on: date


class Meetings:
    """The service. `anyone_may_start`: whether every well-formed code is a room (ad hoc)."""

    def __init__(
        self,
        database: Database,
        *,
        anyone_may_start: bool,
        mint: Callable[[], str] = new_code,
    ) -> None:
        self._database = database
        self._anyone_may_start = anyone_may_start
        self._mint = mint

    def free_code(self) -> str:
        """A code that names no stored meeting; nothing is stored."""
        with self._database.reading() as session:
            while True:
                code = self._mint()
                if _find(session, code) is None:
                    return code

    def create(self, owner_id: int, title: str) -> KeptMeeting:
        """Keep a new meeting. Raises `TooManyMeetings`."""
        for _ in range(8):
            try:
                return self._insert(owner_id, title, self._mint())
            except IntegrityError:
                continue  # the code was taken in the same moment
        raise RuntimeError("no free meeting code in eight tries")

    def _insert(self, owner_id: int, title: str, code: str) -> KeptMeeting:
        with self._database.writing() as session:
            kept = session.scalar(select(func.count(Meeting.id)).where(Meeting.owner_id == owner_id))
            if (kept or 0) >= MAX_MEETINGS:
                raise TooManyMeetings
            today = clock.now().date()
            session.add(Meeting(code=code, owner_id=owner_id, title=title.strip(), created_on=today))
        return KeptMeeting(code, title.strip(), today)

    def of(self, owner_id: int) -> list[KeptMeeting]:
        """The meetings that an account keeps, the newest first."""
        query = select(Meeting).where(Meeting.owner_id == owner_id).order_by(Meeting.id.desc())
        with self._database.reading() as session:
            return [_view(meeting) for meeting in session.scalars(query)]

    def get(self, owner_id: int, code: str) -> KeptMeeting:
        """One meeting of its owner. Raises `MeetingGone`."""
        with self._database.reading() as session:
            return _view(_owned(session, owner_id, code))

    def rename(self, owner_id: int, code: str, title: str) -> None:
        """Give a meeting another title; the old one is erased. Raises `MeetingGone`."""
        with self._database.writing() as session:
            _owned(session, owner_id, code).title = title.strip()
        self._database.erase_traces()

    def delete(self, owner_id: int, code: str) -> None:
        """Erase a meeting. Raises `MeetingGone`."""
        with self._database.writing() as session:
            meeting = _owned(session, owner_id, code)
            session.execute(delete(Meeting).where(Meeting.id == meeting.id))
        self._database.erase_traces()

    def role(self, code: str, account_id: int | None, *, started_here: bool) -> Role:
        """What somebody is in the room `code`. `started_here`: this browser started it ad hoc.

        The owner is the host of a stored meeting, the browser that started it of any other.
        Raises `MeetingGone` when the code is no room.
        """
        if not well_formed(code):
            raise MeetingGone
        with self._database.reading() as session:
            meeting = _find(session, code)
        if meeting is not None:
            return "host" if account_id is not None and meeting.owner_id == account_id else "guest"
        if not self._anyone_may_start:
            raise MeetingGone
        return "host" if started_here else "guest"


def _find(session: Session, code: str) -> Meeting | None:
    return session.scalar(select(Meeting).where(Meeting.code == code))


def _owned(session: Session, owner_id: int, code: str) -> Meeting:
    query = select(Meeting).where(Meeting.code == code, Meeting.owner_id == owner_id)
    meeting = session.scalar(query)
    if meeting is None:
        raise MeetingGone
    return meeting


def _view(meeting: Meeting) -> KeptMeeting:
    return KeptMeeting(meeting.code, meeting.title, meeting.created_on)
