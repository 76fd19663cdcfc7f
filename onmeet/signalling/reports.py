"""The queue of reports in the relay's memory: bounded, numbered, until the keeper acknowledges.

A room is never slowed or broken by it: `put` takes a value and returns. The reports themselves are
`onmeet.meetings.reports`.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Protocol

from onmeet.errors import ProtocolError
from onmeet.meetings.reports import (
    CallEnded,
    CallStarted,
    Delivery,
    Ended,
    Joined,
    Left,
    Metered,
    PinSpent,
    Quality,
    Report,
    Started,
    encode,
    hashed,
)

__all__ = [
    "LIMIT", "CallEnded", "CallStarted", "Consumer", "Delivery", "Ended", "Joined", "Left", "Metered",
    "Outlet", "PinSpent", "Quality", "Report", "Reports", "Started", "hashed",
]  # fmt: skip

LIMIT = 20_000
"""Most reports that wait for a keeper that is away; a few megabytes."""

WINDOW = 256
"""Most reports that are under way to the keeper at a time: the rest waits here, not in a socket."""

_SPARED: dict[type[Report], int] = {Quality: 0, Joined: 1, Left: 1, CallStarted: 1, Started: 2}
"""What goes first when the queue is full, class by class; endings (3) go last."""


class Reports:
    """Reports in order, each with a number, until they are acknowledged.

    run: names this process, so that the consumer sees that another relay has taken over. When the queue is
    full the oldest that can be spared goes; only when nothing but endings waits, the oldest ending.
    """

    def __init__(self, limit: int = LIMIT, secret: Callable[[], str] = lambda: secrets.token_hex(16)) -> None:
        self.run = secret()
        self.lost = 0
        self._limit = limit
        self._last = 0
        self._waiting: dict[int, Delivery] = {}  # by number, in order
        self._classes: tuple[deque[int], ...] = (deque(), deque(), deque(), deque())
        self._live: dict[str, None] = {}
        self._outlet: Outlet | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def taken(self) -> bool:
        """Whether somebody takes them: the keeper is up."""
        return self._outlet is not None

    @property
    def live(self) -> tuple[str, ...]:
        """The rooms that live now, by hash."""
        return tuple(self._live)

    def put(self, report: Report) -> None:
        """Take a report."""
        match report:
            case Started():
                self._live[report.instance] = None
            case Ended():
                self._live.pop(report.instance, None)
        self._last += 1
        self._waiting[self._last] = Delivery(self.run, self._last, report)
        self._classes[_SPARED.get(type(report), 3)].append(self._last)
        if len(self._waiting) > self._limit:
            self._spare_one()
        if self._outlet is not None:
            self._outlet.flow()

    def after(self, seq: int, most: int) -> list[Delivery]:
        """The next `most` that wait with a number above `seq`."""
        return list(islice((d for d in self._waiting.values() if d.seq > seq), most))

    def acknowledge(self, seq: int) -> None:
        """Forget everything up to and including `seq`."""
        for numbers in self._classes:
            while numbers and numbers[0] <= seq:
                del self._waiting[numbers.popleft()]

    def open(self, consumer: Consumer) -> Outlet:
        """A consumer comes; one that was there is told to go."""
        if self._outlet is not None:
            self._outlet.consumer.dismiss()
        self._outlet = Outlet(self, consumer)
        return self._outlet

    def shut(self, outlet: Outlet) -> None:
        """A consumer has gone."""
        if self._outlet is outlet:
            self._outlet = None

    def about(self, instance: str) -> int:
        """How many reports about a room still wait."""
        return sum(delivery.report.instance == instance for delivery in self._waiting.values())

    def known(self) -> list[str]:
        """The rooms that live or about which reports wait, by hash."""
        waiting = (delivery.report.instance for delivery in self._waiting.values())
        return list(dict.fromkeys([*self._live, *waiting]))

    def _spare_one(self) -> None:
        self.lost += 1
        oldest = next(numbers for numbers in self._classes if numbers).popleft()
        del self._waiting[oldest]


class Consumer(Protocol):
    """Whoever takes the reports: a connection."""

    def opened(self, head: Mapping[str, Any]) -> None:
        """The stream begins."""

    def report(self, body: Mapping[str, Any]) -> None:
        """A report."""

    def dismiss(self) -> None:
        """Another consumer has come instead."""


class Outlet:
    """The stream to one consumer: what it says (`hear`), and as much as it may get (`flow`)."""

    def __init__(self, reports: Reports, consumer: Consumer) -> None:
        self.consumer = consumer
        self._reports = reports
        self._sent = self._acknowledged = 0
        self._begun = False

    def hear(self, body: object) -> None:
        """`{"run", "ack"}` at the beginning, `{"ack"}` later. Raises ProtocolError `bad-frame`."""
        ack = body.get("ack") if isinstance(body, dict) else None
        if not isinstance(body, dict) or type(ack) is not int or ack < 0:
            raise ProtocolError("bad-frame", "no acknowledgement")
        if self._begun or body.get("run") == self._reports.run:
            self._reports.acknowledge(ack)
            self._acknowledged = max(self._acknowledged, ack)
        if not self._begun:
            self._begun = True
            self._sent = self._acknowledged
            head = {"run": self._reports.run, "live": self._reports.known(), "lost": self._reports.lost}
            self.consumer.opened(head)
        self.flow()

    def flow(self) -> None:
        """Send what may be sent."""
        room = WINDOW - (self._sent - self._acknowledged)
        if not self._begun or room <= 0:
            return
        for delivery in self._reports.after(self._sent, room):
            self._sent = delivery.seq
            self.consumer.report({"seq": delivery.seq, "report": encode(delivery.report)})
