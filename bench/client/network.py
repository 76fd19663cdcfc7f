"""A scripted network: loss, reordering, duplication and delay from one seed, the same in every run."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """What happens to datagrams: shares between 0 and 1, times in seconds."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_delay: float = 0.03
    delay: float = 0.0


class Network:
    """One direction of an impaired path. `send` takes datagrams, `due` gives back those that have arrived."""

    def __init__(self, script: Script, seed: int) -> None:
        self.script = script
        self.lost = 0
        self.passed = 0
        self._random = random.Random(seed)
        self._queue: list[tuple[float, int, bytes]] = []
        self._order = itertools.count()

    def send(self, datagram: bytes, now: float) -> None:
        """Take one datagram; it may never arrive, arrive later or arrive twice."""
        script, draw = self.script, self._random.random
        if draw() < script.loss:
            self.lost += 1
            return
        self.passed += 1
        late = script.reorder_delay if draw() < script.reorder else 0.0
        self._push(now + script.delay + late, datagram)
        if draw() < script.duplicate:
            self._push(now + script.delay, datagram)

    def due(self, now: float) -> list[bytes]:
        """The datagrams whose time has come, in order of arrival."""
        arrived: list[bytes] = []
        while self._queue and self._queue[0][0] <= now:
            arrived.append(heapq.heappop(self._queue)[2])
        return arrived

    def _push(self, when: float, datagram: bytes) -> None:
        heapq.heappush(self._queue, (when, next(self._order), datagram))
