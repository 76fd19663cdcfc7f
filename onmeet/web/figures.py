"""How much this server holds right now: counts that lead to nobody, looked up rarely however often asked."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from onmeet.accounts.models import SignIn
from onmeet.clock import Clock, monotonic
from onmeet.db import Base, Database
from onmeet.notices.census import Counted, census
from onmeet.notices.models import SweepCount
from onmeet.notices.policy import Policy

__all__ = ["Deleted", "Figures", "Stored", "Watch"]

FRESH_SECONDS = 5.0
"""For how long figures are shown again before they are looked up anew."""

SWEPT_SECONDS = 2 * 3600
"""After so long a sign-in that is over should be gone: the thorough sweep comes every hour."""

PATIENCE = 20
"""Times as long as looking took, they are shown again, so that asking often cannot keep the database busy."""


@dataclass(frozen=True, slots=True)
class Stored:
    """How many values of a category the database holds, and when the next of them goes."""

    category: str
    count: int
    overdue: int
    next_goes: datetime | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """The last time when a sweep found something to delete: how many values of which categories."""

    at: datetime
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the stores hold. at: when that was looked up."""

    at: datetime
    stored: tuple[Stored, ...]
    deleted: Deleted | None

    @property
    def values(self) -> int:
        """Everything together."""
        return sum(each.count for each in self.stored)

    @property
    def overdue(self) -> int:
        """Values whose time is over and that are still there: more than none is a fault."""
        return sum(each.overdue for each in self.stored)

    @property
    def next_goes(self) -> datetime | None:
        """When the next value goes, of whatever category."""
        return min((each.next_goes for each in self.stored if each.next_goes is not None), default=None)


class Watch:
    """Looks the figures up; thread-safe. A look that is under way is waited for, not repeated."""

    def __init__(self, database: Database, policy: Policy, clock: Clock = monotonic) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Figures | None = None
        self._good_until = 0.0

    def figures(self, now: datetime) -> Figures:
        """The figures of this moment, or of one a few seconds ago."""
        with self._lock:
            began = self._clock()
            if self._last is None or began >= self._good_until:
                self._last = self._look(now)
                ended = self._clock()
                self._good_until = ended + max(FRESH_SECONDS, PATIENCE * (ended - began))
            return self._last

    def _look(self, now: datetime) -> Figures:
        with self._database.reading() as session:
            counted = census(session, Base.metadata, self._policy, now)
            sign_ins = _sign_ins(session, now)
            latest = session.scalar(select(func.max(SweepCount.at)))
            rows: Any = ()
            if latest is not None:
                query = select(SweepCount.category, SweepCount.count).where(SweepCount.at == latest)
                rows = session.execute(query.order_by(SweepCount.category)).all()
        deleted = None if latest is None else Deleted(latest, tuple((name, count) for name, count in rows))
        return Figures(now, (*_by_category(counted), sign_ins), deleted)


def _sign_ins(session: Session, now: datetime) -> Stored:
    """Sign-ins are rows without anything of a person but that they are there; each counts as one value."""
    count, first, over = session.execute(
        select(
            func.count(),
            func.min(SignIn.expires),
            func.count().filter(SignIn.expires <= int(now.timestamp()) - SWEPT_SECONDS),
        )
    ).one()
    next_goes = None if first is None else datetime.fromtimestamp(first, UTC)
    return Stored("account.sign_in", int(count), int(over), next_goes)


def _by_category(counted: Iterable[Counted]) -> Iterable[Stored]:
    """The tables of a category together."""
    together: dict[str, list[Counted]] = {}
    for each in counted:
        together.setdefault(each.category, []).append(each)
    for category, some in sorted(together.items()):
        ends = [each.next_goes for each in some if each.next_goes is not None]
        yield Stored(
            category,
            count=sum(each.count for each in some),
            overdue=sum(each.overdue for each in some),
            next_goes=min(ends, default=None),
        )
