"""Meetings that people keep: create, list, rename, delete; and who may do what with a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import column, delete, func, select, table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet import clock
from onmeet.db import Database
from onmeet.meetings.codes import new_code, well_formed
from onmeet.meetings.models import Meeting
from onmeet.notices.marks import mark

__all__ = ["MAX_MEETINGS", "KeptMeeting", "MeetingGone", "Meetings", "Role", "TooManyMeetings"]

Role = Literal["host", "guest"]

_ACCOUNTS = table("accounts", column("id"))  # owned by `accounts`, which is not imported

MAX_MEETINGS = 200
"""Meetings that one account may keep: enough for a teacher, no place to fill a disk from."""


class MeetingGone(LookupError):
    """There is no such meeting, or it is somebody else's: the same answer for both."""


class TooManyMeetings(Exception):
    """The account keeps `MAX_MEETINGS` already."""


@dataclass(frozen=True, slots=True)
class KeptMeeting:
    """A stored meeting as its owner sees it. `title` may be empty, `created_on` may not be kept."""

    code: str
    title: str
    created_on: date | None


class Meetings:
    """The service.

    `key` makes the marks by which meetings are found (`Config.marks_key`). `anyone_may_start`: whether
    every well-formed code is a room (ad hoc).
    """

    def __init__(
        self,
        database: Database,
        *,
        key: bytes,
        anyone_may_start: bool,
        mint: Callable[[], str] = new_code,
    ) -> None:
        self._database = database
        self._key = key
        self._anyone_may_start = anyone_may_start
        self._mint = mint

    def free_code(self) -> str:
        """A code that names no stored meeting; nothing is stored."""
        with self._database.reading() as session:
            while True:
                code = self._mint()
                if self._find(session, code) is None:
                    return code

    def create(self, owner_id: int, title: str) -> KeptMeeting:
        """Keep a new meeting. Raises `TooManyMeetings`, and `LookupError` when the account is gone."""
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
            if session.scalar(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.id == owner_id)) is None:
                raise LookupError("the account is gone")
            today = clock.now().date()
            meeting = Meeting(
                code_mark=self._found_by(code),
                code=code,
                owner_id=owner_id,
                title=title.strip(),
                created_on=today,
            )
            session.add(meeting)
        return KeptMeeting(code, title.strip(), today)

    def of(self, owner_id: int) -> list[KeptMeeting]:
        """The meetings that an account keeps, the newest first."""
        query = select(Meeting).where(Meeting.owner_id == owner_id).order_by(Meeting.id.desc())
        with self._database.reading() as session:
            return [_view(meeting) for meeting in session.scalars(query) if meeting.code is not None]

    def get(self, owner_id: int, code: str) -> KeptMeeting:
        """One meeting of its owner. Raises `MeetingGone`."""
        with self._database.reading() as session:
            return _view(self._owned(session, owner_id, code))

    def rename(self, owner_id: int, code: str, title: str) -> None:
        """Give a meeting another title; the old one is erased. Raises `MeetingGone`."""
        with self._database.writing() as session:
            self._owned(session, owner_id, code).title = title.strip()
        self._database.erase_traces()

    def delete(self, owner_id: int, code: str) -> None:
        """Erase a meeting. Raises `MeetingGone`."""
        with self._database.writing() as session:
            meeting = self._owned(session, owner_id, code)
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
            meeting = self._find(session, code)
        if meeting is not None:
            return "host" if account_id is not None and meeting.owner_id == account_id else "guest"
        if not self._anyone_may_start:
            raise MeetingGone
        return "host" if started_here else "guest"

    def _found_by(self, code: str) -> str:
        return mark(self._key, "meeting", code)

    def _find(self, session: Session, code: str) -> Meeting | None:
        return session.scalar(select(Meeting).where(Meeting.code_mark == self._found_by(code)))

    def _owned(self, session: Session, owner_id: int, code: str) -> Meeting:
        meeting = self._find(session, code)
        if meeting is None or meeting.owner_id != owner_id:
            raise MeetingGone
        return meeting


def _view(meeting: Meeting) -> KeptMeeting:
    return KeptMeeting(meeting.code or "", meeting.title or "", meeting.created_on)
