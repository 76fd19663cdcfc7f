"""Co-hosts: people with an account whom an owner has made hosts of a meeting, by a link.

The link's token is random, belongs to one meeting and can be replaced or taken away at any time; it makes a
host of whoever follows it signed in and says yes. A co-host lets people in, closes the door and ends the
meeting as the owner does; what needs the key of the link (docs/e2ee.md) stays with the device that made it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.meetings.kept import KeptMeeting, view
from onmeet.meetings.models import Meeting, MeetingHost
from onmeet.meetings.service import MeetingGone, Meetings

__all__ = ["MAX_HOSTS", "CoHost", "Hosts", "TooManyHosts"]

MAX_HOSTS = 20
"""Co-hosts of one meeting."""

_TOKEN_BYTES = 24


class TooManyHosts(Exception):
    """The meeting has `MAX_HOSTS` co-hosts already."""


@dataclass(frozen=True, slots=True)
class CoHost:
    """number: names the entry in its owner's list."""

    number: int
    account_id: int


class Hosts:
    """The service. What is an owner's raises `MeetingGone` for a meeting that is not the account's own."""

    def __init__(self, database: Database, meetings: Meetings) -> None:
        self._database = database
        self._meetings = meetings

    # -- for the owner ---------------------------------------------------------------------------------

    def of(self, owner_id: int, code: str) -> list[CoHost]:
        """The co-hosts of a meeting, in the order in which they came."""
        with self._database.reading() as session:
            meeting = self._meetings.owned(session, owner_id, code)
            query = select(MeetingHost).where(MeetingHost.meeting_id == meeting.id).order_by(MeetingHost.id)
            return [CoHost(each.id, each.account_id) for each in session.scalars(query)]

    def new_link(self, owner_id: int, code: str) -> str:
        """A token for the link; the one before opens nothing any more."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.writing() as session:
            self._meetings.owned(session, owner_id, code).hosting = token
        self._database.erase_traces()
        return token

    def close_link(self, owner_id: int, code: str) -> None:
        """No link makes anybody a co-host any more; those who are stay."""
        with self._database.writing() as session:
            self._meetings.owned(session, owner_id, code).hosting = ""
        self._database.erase_traces()

    def remove(self, owner_id: int, code: str, number: int) -> None:
        """Somebody is a co-host no more; an unknown number changes nothing."""
        with self._database.writing() as session:
            meeting = self._meetings.owned(session, owner_id, code)
            session.execute(
                delete(MeetingHost).where(MeetingHost.id == number, MeetingHost.meeting_id == meeting.id)
            )

    # -- for whoever has the link ----------------------------------------------------------------------

    def invited(self, code: str, token: str) -> KeptMeeting:
        """The meeting that a link is for. Raises `MeetingGone` for any link that opens nothing."""
        with self._database.reading() as session:
            return view(self._opened(session, code, token))

    def join(self, account_id: int, code: str, token: str) -> None:
        """Become a co-host; the owner, and whoever is one already, stay what they are.

        Raises `MeetingGone` and `TooManyHosts`.
        """
        with self._database.writing() as session:
            meeting = self._opened(session, code, token)
            # FOR UPDATE: two at once would each count the co-hosts without the other
            session.execute(select(Meeting.id).where(Meeting.id == meeting.id).with_for_update())
            of_meeting = MeetingHost.meeting_id == meeting.id
            known = session.scalar(
                select(MeetingHost.id).where(of_meeting, MeetingHost.account_id == account_id)
            )
            if meeting.owner_id == account_id or known is not None:
                return
            if (session.scalar(select(func.count(MeetingHost.id)).where(of_meeting)) or 0) >= MAX_HOSTS:
                raise TooManyHosts
            session.add(MeetingHost(meeting_id=meeting.id, account_id=account_id))

    def leave(self, account_id: int, code: str) -> None:
        """Be a co-host no more. Raises `MeetingGone` for who was none."""
        with self._database.writing() as session:
            meeting = self._meetings.find(session, code)
            found = session.scalar(
                select(MeetingHost).where(
                    MeetingHost.meeting_id == (meeting.id if meeting else None),
                    MeetingHost.account_id == account_id,
                )
            )
            if found is None:
                raise MeetingGone
            session.delete(found)

    def helping(self, account_id: int) -> list[KeptMeeting]:
        """The meetings that an account is a co-host of, the newest first."""
        query = (
            select(Meeting)
            .join(MeetingHost, MeetingHost.meeting_id == Meeting.id)
            .where(MeetingHost.account_id == account_id)
            .order_by(Meeting.id.desc())
        )
        with self._database.reading() as session:
            return [view(meeting) for meeting in session.scalars(query) if meeting.code is not None]

    def _opened(self, session: Session, code: str, token: str) -> Meeting:
        meeting = self._meetings.find(session, code)
        hosting = meeting.hosting if meeting is not None else ""
        if meeting is None or not hosting or not hmac.compare_digest(hosting.encode(), token.encode()):
            raise MeetingGone
        return meeting
