"""The security log (N2.7): who tried to break in, when; used to find and stop attacks, for nothing else.

Only where the notice permits `security.ip`. Events are collected in memory and written together a few seconds
later, so that no request waits for the disk; a flood is counted and not written down one by one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select

from onmeet.db import Database
from onmeet.notices.models import SecurityEvent
from onmeet.notices.policy import Policy

__all__ = ["PER_MINUTE", "Entry", "Kind", "SecurityLog"]

Kind = Literal["sign-in-failed", "too-many-requests", "foreign-origin", "socket-refused"]

PER_MINUTE = 60
"""Most events written of one minute; of the rest there is a count."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; the address is in the form that the notice permits."""

    at: datetime | None
    kind: str
    ip: str | None


class SecurityLog:
    """The service. `active`: whether anything is written; thread-safe."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.active = policy.stores("security.ip")
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []
        self._minute = datetime.min.replace(tzinfo=UTC)
        self._taken = 0
        self._left_out = 0

    def note(self, kind: Kind, ip: str | None, now: datetime) -> None:
        """Something happened. Never waits, never raises."""
        if not self.active:
            return
        with self._lock:
            self._turn(now)
            if self._taken < PER_MINUTE:
                self._taken += 1
                self._waiting.append(Entry(now, kind, ip))
            else:
                self._left_out += 1

    def flush(self, now: datetime) -> None:
        """Write down what was noted."""
        with self._lock:
            self._turn(now)
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        with self._database.writing() as session:
            session.add_all(
                SecurityEvent(
                    on_day=(entry.at or now).date(),
                    kind=entry.kind,
                    ip=entry.ip,
                    at=entry.at,
                )
                for entry in waiting
            )

    def entries(self, most: int) -> list[Entry]:
        """The latest entries, the newest first."""
        query = select(SecurityEvent).order_by(SecurityEvent.id.desc()).limit(most)
        with self._database.reading() as session:
            return [Entry(row.at, row.kind, row.ip) for row in session.scalars(query)]

    def _turn(self, now: datetime) -> None:
        """Another minute: a line says how many events of the last one were left out."""
        minute = now.replace(second=0, microsecond=0)
        if minute == self._minute:
            return
        if self._left_out:
            self._waiting.append(Entry(self._minute, f"{self._left_out} more", None))
        self._minute, self._taken, self._left_out = minute, 0, 0
