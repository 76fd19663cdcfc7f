"""A room in virtual time: a `Router`, its ticks, its news, and networks with scripted faults."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

from onmeet.relay.interface import Source
from onmeet.relay.router import Router

TICK = 0.02


@dataclass
class Faults:
    """What a network does to packets."""

    loss: float = 0.0
    delay: float = 0.01
    jitter: float = 0.0
    duplicate: float = 0.0


class World:
    """The clock, the events, the router."""

    def __init__(self, *, loudest: int = 4, require_sframe: bool = True, seed: int = 1) -> None:
        self.now = 1000.0
        self.random = random.Random(seed)
        self.news = News()
        self.router = Router(lambda: self.now, self.news, loudest=loudest, require_sframe=require_sframe)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self.ssrcs = itertools.count(0x5000_0000, 0x1001)
        self.at(self.now, self._tick)

    def at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), action))

    def later(self, delay: float, action: Callable[[], None]) -> None:
        self.at(self.now + delay, action)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            when, _, action = heapq.heappop(self._events)
            self.now = max(self.now, when)
            action()
        self.now = end

    def carry(self, faults: Faults, action: Callable[[], None]) -> None:
        """Send something over a network: perhaps lost, late, or twice."""
        for _ in range(2 if self.random.random() < faults.duplicate else 1):
            if self.random.random() >= faults.loss:
                self.later(faults.delay + self.random.random() * faults.jitter, action)

    def _tick(self) -> None:
        self.router.tick(self.now)
        self.later(TICK, self._tick)


class News:
    """Everything that the router told its listener."""

    def __init__(self) -> None:
        self.spoken: list[tuple[int, ...]] = []
        self.levels: dict[int, int] = {}
        self.refusals: dict[tuple[int, Source], int] = {}
        self.demands: dict[tuple[int, Source], tuple[str, ...]] = {}

    def speakers(self, indexes: tuple[int, ...]) -> None:
        self.spoken.append(indexes)

    def quality(self, levels: dict[int, int]) -> None:
        self.levels.update(levels)

    def refused(self, index: int, source: Source, count: int) -> None:
        self.refusals[index, source] = self.refusals.get((index, source), 0) + count

    def demand(self, index: int, source: Source, rids: tuple[str, ...]) -> None:
        self.demands[index, source] = rids
