"""Records of meetings: what live rooms report, written down as far as the notice in force permits.

A report twice, a loss, another order: the record is then the same or poorer, never wrong. Under a notice that
permits no records not a single statement reaches the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, column, delete, select, table, update
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.meetings import load
from onmeet.meetings.models import CallRecord, Meeting, MeetingRecord, Participation
from onmeet.meetings.reporting import ABOUT_CALLS, counts_load, records_meetings
from onmeet.meetings.reports import (
    CallEnded,
    CallStarted,
    Delivery,
    Ended,
    Joined,
    Left,
    PinSpent,
    Quality,
    Report,
    Started,
)
from onmeet.notices.marks import mark
from onmeet.notices.policy import Policy
from onmeet.notices.rights import unwritten

__all__ = ["Holding", "Records", "browser_mark"]

_ACCOUNTS = table(  # owned by `accounts`, which is not imported
    "accounts", column("id"), column("restricted", Boolean), column("objected", Boolean)
)


def browser_mark(key: bytes, browser: str) -> str:
    """By which people find their own part of a record while the meeting lasts."""
    return mark(key, "browser", browser)


@dataclass(frozen=True, slots=True)
class Holding:
    """What the records hold of one category about a meeting: the asker's values, and how many of others."""

    category: str
    you: tuple[str, ...]
    others: int
    meeting: int


class Records:
    """The service. `key` makes marks (`Config.marks_key`); `policy` is the one of the database's gate.

    withheld: the categories of which nothing is written about an account and its meetings, because the
    group that it belongs to wants less than the notice permits.
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        *,
        key: bytes,
        withheld: Callable[[Session, int | None], frozenset[str]] = lambda _session, _account: frozenset(),
    ) -> None:
        self._database = database
        self._policy = policy
        self._key = key
        self._withheld = withheld
        self.recording = records_meetings(policy)
        self.counting = counts_load(policy)

    def take(self, delivery: Delivery) -> None:
        """Write a report down; taking it again changes nothing."""
        if isinstance(delivery.report, PinSpent):
            return  # about a PIN and nobody: `Meetings.spent`
        recorded = self.recording and _worth_recording(delivery.report)
        counted = self.counting and load.counts(delivery)
        if not recorded and not counted:
            return
        with self._database.writing() as session:
            if recorded:
                _ON_REPORT[type(delivery.report)](self, session, delivery.report)
            if counted:
                load.count(session, delivery)

    def end_orphans(self, live: Collection[str], now: datetime) -> list[str]:
        """End the open records of rooms that are not among `live`, and give their hashes.

        Their relay is dead and will never report the end. Looks at records of earlier notices, too.
        """
        query = select(MeetingRecord).where(MeetingRecord.ended_on.is_(None))
        with self._database.reading() as session:
            lost = [r.instance for r in session.scalars(query) if r.instance not in live]
        if lost:
            with self._database.writing() as session:
                for instance in lost:
                    self._ended(session, Ended(instance, now.timestamp()))
        return lost

    def held(self, instance: str, browser: str) -> list[Holding]:
        """What the records hold about a meeting and the person in front of a browser, by category.

        instance: the hash. After the meeting nobody can be told from anybody else by a browser any more.
        """
        if not self.recording:
            return []
        with self._database.reading() as session:
            record = _record(session, instance)
            if record is None:
                return []
            everybody = session.scalars(
                select(Participation).where(Participation.record_id == record.id)
            ).all()
            calls = session.scalars(select(CallRecord).where(CallRecord.record_id == record.id)).all()
        own = browser_mark(self._key, browser)
        mine = [p for p in everybody if p.browser == own]
        return [
            *_holdings_of_meeting(record),
            *(
                Holding(
                    category,
                    you=tuple(text for p in mine for text in _texts(p, names)),
                    others=sum(len(_texts(p, names)) for p in everybody if p not in mine),
                    meeting=0,
                )
                for category, names in _PERSONAL
            ),
            *_holdings_of_calls(calls),
        ]

    # -- one report each -----------------------------------------------------------------------

    def _started(self, session: Session, report: Started) -> None:
        self._open(session, report.instance, report.at, report.code)

    def _joined(self, session: Session, report: Joined) -> None:
        record = self._open(session, report.instance, report.at, report.code)
        self._adopt(session, record, report)
        if _participation(session, record, report.seat) is not None:
            return
        over = record.ended_on is not None
        silent = self._unwritten(session, report.account, record)
        session.add(
            Participation(
                record_id=record.id,
                account_id=self._known(session, report.account),
                seat=report.seat,
                browser=None if over or report.browser is None else browser_mark(self._key, report.browser),
                name=None if "meeting.participants" in silent else report.name,
                joined_at=None if "meeting.joins" in silent else _time(report.at),
                left_at=record.ended_at if over and "meeting.joins" not in silent else None,
                access_kind=None if "meeting.access_kind" in silent else report.access,
                ip=None if "meeting.ip" in silent else report.ip,
                device=None if "meeting.device" in silent else report.device,
                ended_on=record.ended_on,
            )
        )

    def _left(self, session: Session, report: Left) -> None:
        self._change(session, report, "meeting.joins", left_at=_time(report.at))

    def _quality(self, session: Session, report: Quality) -> None:
        text = f"worst {report.worst}, typical {report.typical}"
        self._change(session, report, "meeting.quality", quality=text)

    def _ended(self, session: Session, report: Ended) -> None:
        record = _record(session, report.instance)
        if record is None or record.ended_on is not None:
            return
        at = _time(report.at)
        record.ended_at = at
        record.ended_on = at.date()
        inside = Participation.record_id == record.id
        withheld = self._withheld(session, record.account_id)
        if "meeting.joins" not in withheld:
            still_in = and_(Participation.left_at.is_(None), Participation.joined_at.is_not(None))
            session.execute(update(Participation).where(inside, still_in).values(left_at=at))
        session.execute(update(Participation).where(inside).values(ended_on=at.date(), browser=None))
        self._end_calls(session, at, CallRecord.record_id == record.id)
        if not self._policy.stores(
            *(set(ABOUT_CALLS) - withheld)
        ):  # it was needed to know whose meeting it is
            session.flush()
            session.execute(delete(CallRecord).where(CallRecord.record_id == record.id))
            session.execute(delete(Participation).where(Participation.record_id == record.id))
            session.execute(delete(MeetingRecord).where(MeetingRecord.id == record.id))

    def _call_started(self, session: Session, report: CallStarted) -> None:
        if session.scalar(select(CallRecord.id).where(CallRecord.instance == report.call)) is not None:
            return
        record = self._open(session, report.instance, report.at, None)
        silent = self._withheld(session, record.account_id)
        said: dict[str, dict[str, Any]] = {
            "call.caller_number": {"caller_number": report.caller_number},
            "call.callee_number": {"callee_number": report.callee_number},
            "call.times": {
                "started_at": _time(report.at),
                "ended_at": record.ended_at if record.ended_on else None,
            },
            "call.pbx_domain": {"pbx_domain": report.pbx_domain},
            "call.licence_key": {"licence_key": report.licence_key},
            "call.ip": {"ip": report.ip},
        }
        values: dict[str, Any] = {}
        for category in said.keys() - silent:
            values |= said[category]
        session.add(
            CallRecord(
                record_id=record.id,
                account_id=record.account_id,
                instance=report.call,
                ended_on=record.ended_on,
                **values,
            )
        )

    def _call_ended(self, session: Session, report: CallEnded) -> None:
        self._end_calls(session, _time(report.at), CallRecord.instance == report.call)

    # -- inside --------------------------------------------------------------------------------

    def _open(self, session: Session, instance: str, at: float, code: str | None) -> MeetingRecord:
        """The record of a live room; a new one when there is none. It may have ended already."""
        record = _record(session, instance)
        if record is None:
            kept = self._kept_meeting(session, code)
            owner = kept.owner_id if kept is not None else None
            record = MeetingRecord(
                account_id=owner,
                instance=instance,
                code=code,
                title=kept.title if kept is not None else None,
                started_at=_time(at),
            )
            session.add(record)
            session.flush()
        return record

    def _adopt(self, session: Session, record: MeetingRecord, report: Joined) -> None:
        """Fill in what the beginning did not tell, because it was lost or its ticket did not permit it.

        The record of a meeting that nobody keeps belongs to the first host who is signed in.
        """
        if record.code is None and report.code is not None:
            kept = self._kept_meeting(session, report.code)
            record.code = report.code
            record.title = kept.title if kept is not None else None
            record.account_id = kept.owner_id if kept is not None else record.account_id
        if record.account_id is None and report.host:
            record.account_id = self._known(session, report.account)

    def _kept_meeting(self, session: Session, code: str | None) -> Meeting | None:
        if code is None:
            return None
        return session.scalar(select(Meeting).where(Meeting.code_mark == mark(self._key, "meeting", code)))

    def _known(self, session: Session, account: int | None) -> int | None:
        """An account's id while the account exists: it may be gone since the report was made."""
        return session.scalar(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.id == account)) if account else None

    def _unwritten(self, session: Session, account: int | None, record: MeetingRecord) -> frozenset[str]:
        """Categories of which nothing is written about somebody who objected, or restricted processing, or
        whose group, or that of the meeting's owner, does not want it."""
        withheld = self._withheld(session, record.account_id)
        if account is None:
            return withheld
        query = select(_ACCOUNTS.c.restricted, _ACCOUNTS.c.objected).where(_ACCOUNTS.c.id == account)
        row = session.execute(query).one_or_none()
        if row is None:
            return withheld
        refused = unwritten(self._policy, restricted=row[0], objected=row[1])
        return withheld | self._withheld(session, account) | refused

    def _change(self, session: Session, report: Left | Quality, category: str, **values: Any) -> None:
        record = _record(session, report.instance)
        person = _participation(session, record, report.seat) if record is not None else None
        if record is None or person is None:
            return
        if category not in self._unwritten(session, person.account_id, record):
            for name, value in values.items():
                setattr(person, name, value)

    def _end_calls(self, session: Session, at: datetime, which: ColumnElement[bool]) -> None:
        lasting = and_(which, CallRecord.ended_on.is_(None))
        timed = and_(lasting, CallRecord.started_at.is_not(None))
        session.execute(update(CallRecord).where(timed).values(ended_at=at))
        session.execute(update(CallRecord).where(lasting).values(ended_on=at.date()))


def _worth_recording(report: Report) -> bool:
    """Whether the participant's ticket permits more than counting; a note on a record needs that record."""
    return not isinstance(report, Started | Joined) or report.recorded


_ON_REPORT: dict[type[Report], Callable[[Records, Session, Any], None]] = {
    Started: Records._started,
    Joined: Records._joined,
    Left: Records._left,
    Quality: Records._quality,
    Ended: Records._ended,
    CallStarted: Records._call_started,
    CallEnded: Records._call_ended,
}

_PERSONAL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("meeting.participants", ("name",)),
    ("meeting.joins", ("joined_at", "left_at")),
    ("meeting.access_kind", ("access_kind",)),
    ("meeting.ip", ("ip",)),
    ("meeting.device", ("device",)),
    ("meeting.quality", ("quality",)),
)


_OF_CALLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("call.caller_number", ("caller_number",)),
    ("call.callee_number", ("callee_number",)),
    ("call.times", ("started_at", "ended_at")),
    ("call.pbx_domain", ("pbx_domain",)),
    ("call.licence_key", ("licence_key",)),
    ("call.ip", ("ip",)),
)


def _holdings_of_meeting(record: MeetingRecord) -> list[Holding]:
    return [
        Holding(category, (), 0, len(_texts(record, names)))
        for category, names in (
            ("meeting.link", ("code",)),
            ("meeting.topic", ("title",)),
            ("meeting.times", ("started_at", "ended_at")),
        )
    ]


def _holdings_of_calls(calls: Sequence[CallRecord]) -> list[Holding]:
    """Callers have no browser in front of which anybody could ask: there are only sums."""
    if not calls:
        return []
    return [
        Holding(category, (), sum(len(_texts(call, names)) for call in calls), 0)
        for category, names in _OF_CALLS
    ]


def _texts(row: object, names: tuple[str, ...]) -> list[str]:
    values = (getattr(row, name) for name in names)
    return [v.isoformat() if isinstance(v, datetime) else str(v) for v in values if v is not None]


def _record(session: Session, instance: str) -> MeetingRecord | None:
    return session.scalar(select(MeetingRecord).where(MeetingRecord.instance == instance))


def _participation(session: Session, record: MeetingRecord, seat: int) -> Participation | None:
    return session.scalar(
        select(Participation).where(Participation.record_id == record.id, Participation.seat == seat)
    )


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
