"""The recurring work: sweeps, accounts that nobody uses, mails, back-ups, another notice taking effect."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from onmeet.accounts.models import SignIn
from onmeet.clock import Clock, monotonic
from onmeet.keeper.schedule import Job, Schedule
from onmeet.mail.queue import enqueue

__all__ = ["JOBS", "Chores", "Ending", "closed", "jobs", "warn"]

JOBS: Mapping[str, float] = {
    "notice": 5.0,
    "traces": 60.0,
    "meetings": 60.0,
    "everything": 3600.0,
    "erasures": 60.0,
    "mail": 2.0,
    "requests": 86_400.0,
    "backups": 3600.0,
    "parting": 60.0,
    "payment": 3600.0,
    "domains": 3600.0,
}
"""Seconds between runs; each runs at the start, too."""

LOOK_SECONDS = 1.0

log = structlog.get_logger()

Work = Callable[[datetime], object]


def jobs(work: Mapping[str, Work]) -> Schedule:
    """A schedule for what there is to do."""
    return Schedule(*(Job(name, JOBS[name]) for name in JOBS if name in work))


class Ending(BaseException):
    """The process ends: a job that could take long breaks off."""


class Chores:
    """Runs jobs one after the other until `stop` is set. One that fails is noted and tried again."""

    def __init__(
        self,
        work: Mapping[str, Work],
        stop: threading.Event,
        *,
        wall: Clock,
        clock: Clock = monotonic,
    ) -> None:
        self._work = work
        self._stop = stop
        self._wall = wall
        self._clock = clock
        self._schedule = jobs(work)
        self._asked: set[str] = set()

    def ask(self, name: str) -> None:
        """Do a job soon; safe from another thread."""
        self._asked.add(name)

    def run(self) -> None:
        """Until stopped."""
        with contextlib.suppress(Ending):
            while not self._stop.is_set():
                self.step()
                self._stop.wait(self._schedule.wait(self._clock(), LOOK_SECONDS))

    def step(self) -> None:
        """Do what is due now."""
        for name in list(self._asked):
            self._asked.discard(name)
            self._schedule.soon(name, self._clock())
        for name in self._schedule.due(self._clock()):
            if self._stop.is_set():
                return
            try:
                self._work[name](datetime.fromtimestamp(self._wall(), UTC))
            except Exception:
                log.warning("a job failed and is tried again", reason=name, exc_info=True)
                self._schedule.failed(name, self._clock())
            else:
                self._schedule.done(name, self._clock())


def warn(now: datetime) -> Callable[[Session, Mapping[int, date]], None]:
    """Mails a warning to each account in the transaction that notes it."""

    def put(session: Session, ends: Mapping[int, date]) -> None:
        for account, day in ends.items():
            enqueue(session, "inactivity-warning", now, account=account, about=day.isoformat())

    return put


def closed(now: datetime) -> Callable[[Session, Sequence[int]], None]:
    """Ends the sign-ins of accounts that are closed, and tells their owners."""

    def put(session: Session, accounts: Sequence[int]) -> None:
        session.execute(delete(SignIn).where(SignIn.account_id.in_(accounts)))
        for account in accounts:
            enqueue(session, "account-closed", now, account=account)

    return put
