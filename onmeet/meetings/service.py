"""Meetings that people keep: create, list, rename, delete; and who may do what with a code."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from sqlalchemy import column, delete, func, select, table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet import clock
from onmeet.db import Database
from onmeet.meetings.codes import new_code, well_formed
from onmeet.meetings.kept import KeptMeeting, put_schedule, view
from onmeet.meetings.models import Meeting, MeetingHost
from onmeet.meetings.pins import new_pin
from onmeet.meetings.schedule import Schedule
from onmeet.notices.marks import mark

__all__ = ["MAX_MEETINGS", "Dial", "KeptMeeting", "MeetingGone", "Meetings", "Role", "TooManyMeetings"]

Role = Literal["host", "guest"]

_T = TypeVar("_T")

_ACCOUNTS = table("accounts", column("id"))  # owned by `accounts`, which is not imported

MAX_MEETINGS = 200
"""Meetings that one account may keep: enough for a teacher, no place to fill a disk from."""


class MeetingGone(LookupError):
    """There is no such meeting, or it is somebody else's: the same answer for both."""


class TooManyMeetings(Exception):
    """The account keeps `MAX_MEETINGS` already."""


@dataclass(frozen=True, slots=True)
class Dial:
    """How people get into a stored meeting: by telephone, and `lobby`: whether guests wait for a host.

    owner: the account that keeps it, whose plan it has.
    """

    pin: str
    rotates: bool
    owner: int
    lobby: bool = False


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
        mint_pin: Callable[[], str] = new_pin,
    ) -> None:
        self._database = database
        self._key = key
        self._anyone_may_start = anyone_may_start
        self._mint = mint
        self._mint_pin = mint_pin

    def free_code(self, mint: Callable[[], str] | None = None) -> str:
        """A code that names no stored meeting; nothing is stored. mint: makes codes of a kind of its own."""
        with self._database.reading() as session:
            while True:
                code = (mint or self._mint)()
                if self.find(session, code) is None:
                    return code

    def create(
        self,
        owner_id: int,
        title: str,
        *,
        description: str = "",
        schedule: Schedule | None = None,
        lobby: bool = False,
        most: int | None = None,
    ) -> KeptMeeting:
        """Keep a new meeting. most: how many the account may keep, at most `MAX_MEETINGS`.

        Raises `TooManyMeetings`, and `LookupError` when the account is gone.
        """
        most = MAX_MEETINGS if most is None else min(most, MAX_MEETINGS)
        for _ in range(8):
            try:
                with self._database.writing() as session:
                    meeting = self.add(session, owner_id, title, most)
                    meeting.description, meeting.admission = description.strip() or None, _admission(lobby)
                    put_schedule(meeting, schedule)
                    session.flush()
                    return view(meeting)
            except IntegrityError:
                continue  # the code, or the PIN, was taken
        raise RuntimeError("no free meeting code in eight tries")

    def add(self, session: Session, owner_id: int, title: str, most: int) -> Meeting:
        """A new row in an open transaction, not flushed yet. Raises as `create` does."""
        self.hold_account(session, owner_id)
        kept = session.scalar(select(func.count(Meeting.id)).where(Meeting.owner_id == owner_id))
        if (kept or 0) >= most:
            raise TooManyMeetings
        code = self._mint()
        meeting = Meeting(
            code_mark=self._found_by(code),
            code=code,
            owner_id=owner_id,
            title=title.strip(),
            created_on=clock.now().date(),
            pin=self._mint_pin(),
            uid=str(uuid.uuid4()),
        )
        session.add(meeting)
        return meeting

    def hold_account(self, session: Session, owner_id: int) -> None:
        """Let nobody else add to the account's meetings in this transaction. LookupError when it is gone."""
        # FOR UPDATE: two at once would each count the meetings without the other's
        if session.scalar(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.id == owner_id).with_for_update()) is None:
            raise LookupError("the account is gone")

    def of(self, owner_id: int) -> list[KeptMeeting]:
        """The meetings that an account keeps, the newest first."""
        query = select(Meeting).where(Meeting.owner_id == owner_id).order_by(Meeting.id.desc())
        with self._database.reading() as session:
            return [view(meeting) for meeting in session.scalars(query) if meeting.code is not None]

    def get(self, owner_id: int, code: str) -> KeptMeeting:
        """One meeting of its owner. Raises `MeetingGone`."""
        with self._database.reading() as session:
            return view(self.owned(session, owner_id, code))

    def delete(self, owner_id: int, code: str) -> None:
        """Erase a meeting. Raises `MeetingGone`."""
        with self._database.writing() as session:
            meeting = self.owned(session, owner_id, code)
            session.execute(delete(Meeting).where(Meeting.id == meeting.id))
        self._database.erase_traces()

    def role(self, code: str, account_id: int | None, *, started_here: bool) -> Role:
        """What somebody is in the room `code`. `started_here`: this browser started it ad hoc.

        The owner and the co-hosts are hosts of a stored meeting, the browser that started it of any other.
        Raises `MeetingGone` when the code is no room.
        """
        if not well_formed(code):
            raise MeetingGone
        with self._database.reading() as session:
            meeting = self.find(session, code)
            if meeting is not None:
                hosts = account_id is not None and _hosts(session, meeting, account_id)
                return "host" if hosts else "guest"
        if not self._anyone_may_start:
            raise MeetingGone
        return "host" if started_here else "guest"

    # -- the telephone -------------------------------------------------------------------------

    def pin(self, owner_id: int, code: str) -> str:
        """The meeting's PIN. Raises `MeetingGone`."""
        return self.get(owner_id, code).pin

    def new_pin(self, owner_id: int, code: str) -> str:
        """Give the meeting another PIN; the old one opens nothing from now on. Raises `MeetingGone`."""

        def change(session: Session) -> str:
            meeting = self.owned(session, owner_id, code)
            meeting.pin = self._another(meeting.pin)
            return meeting.pin

        return self._with_free_pin(change)

    def rotate_pins(self, owner_id: int, code: str, rotates: bool) -> None:
        """Whether the meeting gets another PIN each time it has ended. Raises `MeetingGone`."""
        with self._database.writing() as session:
            self.owned(session, owner_id, code).pin_rotates = rotates

    def by_pin(self, pin: str) -> str | None:
        """The code of the stored meeting with this PIN, or None."""
        with self._database.reading() as session:
            meeting = session.scalar(select(Meeting).where(Meeting.pin == pin))
            return meeting.code if meeting is not None else None

    def dial(self, code: str) -> Dial | None:
        """How callers reach the room `code`, or None when nobody keeps it."""
        with self._database.reading() as session:
            meeting = self.find(session, code)
            if meeting is None:
                return None
            return Dial(meeting.pin, meeting.pin_rotates, meeting.owner_id, meeting.admission == "lobby")

    def spent(self, pin: str) -> bool:
        """The meeting with this PIN has ended: whether it got another, because its owner wants that.

        Saying it twice is harmless: no meeting has the old PIN any more.
        """

        def change(session: Session) -> bool:
            meeting = session.scalar(select(Meeting).where(Meeting.pin == pin, Meeting.pin_rotates))
            if meeting is None:
                return False
            meeting.pin = self._another(pin)
            return True

        return self._with_free_pin(change)

    def _another(self, old: str) -> str:
        while (pin := self._mint_pin()) == old:
            pass
        return pin

    def _with_free_pin(self, change: Callable[[Session], _T]) -> _T:
        for _ in range(8):
            try:
                with self._database.writing() as session:
                    return change(session)
            except IntegrityError:
                continue  # the PIN was taken
        raise RuntimeError("no free PIN in eight tries")

    # -- inside --------------------------------------------------------------------------------

    def _found_by(self, code: str) -> str:
        return mark(self._key, "meeting", code)

    def find(self, session: Session, code: str) -> Meeting | None:
        """The row of a code, or None."""
        return session.scalar(select(Meeting).where(Meeting.code_mark == self._found_by(code)))

    def owned(self, session: Session, owner_id: int, code: str) -> Meeting:
        """The row of a code, for its owner. Raises `MeetingGone`."""
        meeting = self.find(session, code)
        if meeting is None or meeting.owner_id != owner_id:
            raise MeetingGone
        return meeting


def _hosts(session: Session, meeting: Meeting, account_id: int) -> bool:
    if meeting.owner_id == account_id:
        return True
    query = select(MeetingHost.id).where(
        MeetingHost.meeting_id == meeting.id, MeetingHost.account_id == account_id
    )
    return session.scalar(query) is not None


def _admission(lobby: bool) -> str:
    return "lobby" if lobby else "open"
