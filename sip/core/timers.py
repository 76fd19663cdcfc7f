"""SIP's times, and one heap of everything that waits for the clock."""

from __future__ import annotations

import heapq
from itertools import count
from typing import Generic, Protocol, TypeVar

__all__ = ["LIFE", "T1", "T2", "T4", "Timed", "Timers", "earliest"]

T1 = 0.5  # RFC 3261 §17.1.1.1: estimated round trip, seconds
T2 = 4.0  # the longest pause between retransmissions of a non-INVITE request or an INVITE response
T4 = 5.0  # how long a message stays in the network
LIFE = 64 * T1  # timers B, D, F, H, J, L and M: 32 s


class Timed(Protocol):
    """Something that wants to be looked at again at its deadline."""

    @property
    def deadline(self) -> float | None:
        """When (seconds on the caller's clock), or None."""


def earliest(*times: float | None) -> float | None:
    """The first of several deadlines, of which each may be absent."""
    return min((time for time in times if time is not None), default=None)


K = TypeVar("K", bound=Timed)


class Timers(Generic[K]):
    """A heap of deadlines, at most one for each key (by identity).

    Keys that are forgotten are let go at once: nothing of an ended call stays in the heap.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._keys: dict[int, tuple[float, K]] = {}
        self._serials: dict[int, int] = {}
        self._serial = count()

    def __len__(self) -> int:
        return len(self._keys)

    def watch(self, key: K) -> None:
        """Note the present `deadline` of `key`, in place of the one before; None forgets it."""
        at, serial = key.deadline, self._serials.get(id(key))
        if serial is not None and self._keys[serial][0] == at:
            return
        self.forget(key)
        if at is not None:
            serial = next(self._serial)
            self._serials[id(key)] = serial
            self._keys[serial] = (at, key)
            heapq.heappush(self._heap, (at, serial))
            self._tidy()

    def forget(self, key: K) -> None:
        """Wait no longer for `key`."""
        serial = self._serials.pop(id(key), None)
        if serial is not None:
            del self._keys[serial]

    @property
    def next(self) -> float | None:
        """The first deadline of all."""
        while self._heap and self._heap[0][1] not in self._keys:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[K]:
        """Whose time has come, earliest first; they are forgotten until watched again."""
        keys: list[K] = []
        while (first := self.next) is not None and first <= now:
            key = self._keys[heapq.heappop(self._heap)[1]][1]
            self.forget(key)
            keys.append(key)
        return keys

    def _tidy(self) -> None:
        if len(self._heap) > 2 * len(self._keys) + 64:
            self._heap = [entry for entry in self._heap if entry[1] in self._keys]
            heapq.heapify(self._heap)
