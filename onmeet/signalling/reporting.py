"""What one live room tells the queue of reports, as far as its participants' tickets permit.

Calls never raise: a meeting does not break because a record of it does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import structlog

from onmeet.clock import Clock
from onmeet.meetings.reports import (
    CallEnded,
    CallStarted,
    Ended,
    Joined,
    Left,
    Metered,
    PinSpent,
    Quality,
    Report,
    Started,
    hashed,
)
from onmeet.signalling.counters import Counters
from onmeet.signalling.gateway_messages import WaitingCall
from onmeet.signalling.ticket import Ticket

__all__ = ["Reporter", "joined", "phoned", "started"]

METER_SECONDS = 300.0
"""How much of a plan's minutes is lost at most for each meeting, when a relay dies."""

log = structlog.get_logger()


class _Stay:
    """One reported participant: since when, and how long its connection had each level."""

    def __init__(self, permitted: frozenset[str], now: float) -> None:
        self.permitted = permitted
        self.since = now
        self._level: int | None = None
        self._level_since = now
        self._held: defaultdict[int, float] = defaultdict(float)

    def level(self, level: int, now: float) -> None:
        """The connection's level from now on."""
        self._count(now)
        self._level, self._level_since = level, now

    def summary(self, now: float) -> tuple[int, int] | None:
        """Worst and typical level, or None when none was ever heard of."""
        self._count(now)
        if not self._held:
            return None
        return min(self._held), max(self._held, key=lambda level: (self._held[level], level))

    def _count(self, now: float) -> None:
        if self._level is not None:
            self._held[self._level] += max(0.0, now - self._level_since)
            self._level_since = now


class _Meter:
    """How long at least two were in the room together, for the account whose plan counts that."""

    def __init__(self) -> None:
        self.account: int | None = None
        self._present: set[int] = set()
        self._since = 0.0
        self._seconds = 0.0

    def came(self, seat: int, account: int | None, now: float) -> None:
        """Somebody is in. The first ticket that names an account decides."""
        self.account = account if self.account is None else self.account
        self._count(now)
        self._present.add(seat)

    def went(self, seat: int, now: float) -> None:
        """Somebody is gone; again is no harm."""
        self._count(now)
        self._present.discard(seat)

    def take(self, now: float) -> float:
        """The seconds since it was asked last."""
        self._count(now)
        seconds, self._seconds = self._seconds, 0.0
        return seconds

    def _count(self, now: float) -> None:
        if len(self._present) > 1:
            self._seconds += max(0.0, now - self._since)
        self._since = now


class Reporter:
    """The reports of one room. `wall`: unix seconds. Of tickets only permissions and `meter` are kept."""

    def __init__(self, instance: str, wall: Clock, put: Callable[[Report], None], counters: Counters) -> None:
        self._name = instance
        self._instance = hashed(instance)
        self._wall = wall
        self._put = put
        self._counters = counters
        self._begun = False
        self._stays: dict[int, _Stay] = {}
        self._meter = _Meter()
        self._metered_at = wall()
        self._calls: set[str] = set()  # begun and not over, by hash

    @property
    def instance(self) -> str:
        """The room's name in reports."""
        return self._instance

    def joined(self, seat: int, name: str, ticket: Ticket) -> None:
        """Somebody sits down; the room begins with the first."""
        with self._unbreakable():
            now = self._wall()
            self._meter.came(seat, ticket.meter, now)
            permitted = frozenset(ticket.reports)
            if not self._begun:
                self._begun = True
                self._put(started(self._instance, ticket, at=now))
            if permitted:
                self._stays[seat] = _Stay(permitted, now)
                self._put(joined(self._instance, seat, name, ticket, at=now, at_once=self._at_once))

    def phone_joined(self, seat: int, name: str, call: WaitingCall) -> None:
        """A host let a call in: the participant, and once for each call the call."""
        with self._unbreakable():
            now = self._wall()
            self._meter.came(seat, None, now)
            permitted = frozenset(call.reports)
            if permitted:
                self._stays[seat] = _Stay(permitted, now)
                self._put(phoned(self._instance, seat, name, call, at=now, at_once=self._at_once))
            hashed_call = self._hashed(call)
            if hashed_call not in self._calls and any(c.startswith("call.") for c in permitted):
                self._calls.add(hashed_call)
                self._put(CallStarted(self._instance, hashed_call, now, seat, **(call.record or {})))

    def call_ended(self, call: WaitingCall) -> None:
        """A call is over. Idempotent; one that nobody let in has never begun."""
        with self._unbreakable():
            self._end_call(self._hashed(call))

    def quality(self, levels: Mapping[int, int]) -> None:
        """Connections have become better or worse."""
        with self._unbreakable():
            now = self._wall()
            for seat, level in levels.items():
                stay = self._stays.get(seat)
                if stay is not None and "meeting.quality" in stay.permitted:
                    stay.level(level, now)

    def tick(self) -> None:
        """Somebody takes reports, and about a second has passed: minutes are reported in pieces."""
        if self._wall() - self._metered_at >= METER_SECONDS:
            with self._unbreakable():
                self._put_minutes()

    def left(self, seat: int) -> None:
        """Somebody is gone. Idempotent."""
        with self._unbreakable():
            self._meter.went(seat, self._wall())
            stay = self._stays.pop(seat, None)
            if stay is None:
                return
            now = self._wall()
            if (summary := stay.summary(now)) is not None:
                self._put(Quality(self._instance, seat, *summary))
            counted = "usage.aggregate" in stay.permitted
            seconds = max(0.0, now - stay.since)
            self._put(Left(self._instance, seat, now, seconds if counted else None))

    def ended(self, spent: str | None = None) -> None:
        """The room is gone. Idempotent; a room into which nobody came has never begun.

        spent: the PIN of a stored meeting that gets another one now.
        """
        with self._unbreakable():
            for seat in tuple(self._stays):
                self.left(seat)
            for call in sorted(self._calls):
                self._end_call(call)
            if self._begun:
                self._begun = False
                self._put_minutes()
                if spent is not None:
                    self._put(PinSpent(self._instance, self._wall(), spent))
                self._put(Ended(self._instance, self._wall()))

    @property
    def _at_once(self) -> int:
        return self._counters.joined - sum(self._counters.left.values())

    def _hashed(self, call: WaitingCall) -> str:
        # With the room's name: the same caller in two meetings is two calls to the records
        return hashed(f"{self._name} {call.call}")

    def _end_call(self, call: str) -> None:
        if call in self._calls:
            self._calls.remove(call)
            self._put(CallEnded(self._instance, call, self._wall()))

    def _put_minutes(self) -> None:
        now, account = self._wall(), self._meter.account
        self._metered_at = now
        if account is not None and (seconds := self._meter.take(now)) > 0:
            self._put(Metered(self._instance, now, account, seconds))

    @contextmanager
    def _unbreakable(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self._counters.faults += 1
            log.error("a report could not be made", exc_info=True)


def _code(ticket: Ticket) -> str | None:
    # The record's topic is found by the code, on whose storing the keeper's gate decides
    return ticket.room if {"meeting.link", "meeting.topic"} & set(ticket.reports) else None


def _recorded(reports: Iterable[str]) -> bool:
    return any(category.startswith(("meeting.", "call.")) for category in reports)


def started(instance: str, ticket: Ticket, *, at: float) -> Started:
    """What may be reported about a room whose first participant has this ticket."""
    counted = "usage.aggregate" in ticket.reports
    return Started(instance, at, _recorded(ticket.reports), counted, _code(ticket))


def joined(instance: str, seat: int, name: str, ticket: Ticket, *, at: float, at_once: int) -> Joined:
    """What may be reported about somebody who comes in."""
    permitted = set(ticket.reports)
    recorded = _recorded(permitted)
    return Joined(
        instance=instance,
        seat=seat,
        at=at,
        recorded=recorded,
        at_once=at_once if "usage.aggregate" in permitted else None,
        host=recorded and ticket.role == "host",
        code=_code(ticket),
        account=ticket.account if recorded else None,
        browser=ticket.browser if recorded else None,
        name=name if "meeting.participants" in permitted else None,
        access="browser" if "meeting.access_kind" in permitted else None,
        ip=ticket.ip if "meeting.ip" in permitted else None,
        device=ticket.device if "meeting.device" in permitted else None,
    )


def phoned(instance: str, seat: int, name: str, call: WaitingCall, *, at: float, at_once: int) -> Joined:
    """What may be reported about a caller whom a host lets in: never an account, a browser or a device."""
    permitted = set(call.reports)
    return Joined(
        instance=instance,
        seat=seat,
        at=at,
        recorded=_recorded(permitted),
        at_once=at_once if "usage.aggregate" in permitted else None,
        name=name if "meeting.participants" in permitted else None,
        access="telephone" if "meeting.access_kind" in permitted else None,
    )
