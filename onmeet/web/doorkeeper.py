"""How many sockets this process serves, how fast new ones come, and the bell that ends them all."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from onmeet.clock import Clock, monotonic
from onmeet.signalling import closing
from onmeet.signalling.allowance import Allowance
from onmeet.signalling.closing import Closing

__all__ = ["Doorkeeper"]

_KNOCKS = (10.0, 600.0)  # new sockets from one client: a second, burst (a restart brings all back at once)
_CLIENTS = 4096
_SHARE = 0.75  # of all sockets, at most for one client: nobody keeps everybody else out alone


class Doorkeeper:
    """Counts the sockets of this process, limits newcomers, and closes everything at the end.

    most: how many are served at once.
    """

    def __init__(self, most: int, clock: Clock = monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._open = 0
        self._open_by: Counter[str] = Counter()
        self._knocks: dict[str, Allowance] = {}
        # Never read: one byte wakes every selector that watches it.
        self.alarm, self._bell = os.pipe()

    @property
    def open(self) -> int:
        """Sockets that are served now."""
        return self._open

    @contextmanager
    def admitting(self, who: str) -> Iterator[Closing | None]:
        """Count a socket from client `who` while the block runs; gives why not, or None."""
        with self._lock:
            why_not = self._refusal(who)
            if why_not is None:
                self._open += 1
                self._open_by[who] += 1
        try:
            yield why_not
        finally:
            if why_not is None:
                self._leave(who)

    def close_all(self) -> None:
        """Close every socket with 1012; safe in a signal handler."""
        os.write(self._bell, b"!")

    def _leave(self, who: str) -> None:
        with self._lock:
            self._open -= 1
            self._open_by[who] -= 1
            if not self._open_by[who]:
                del self._open_by[who]

    def _refusal(self, who: str) -> Closing | None:
        now = self._clock()
        if len(self._knocks) >= _CLIENTS:
            self._knocks = {k: a for k, a in self._knocks.items() if not a.full(now)}
        if len(self._knocks) >= _CLIENTS and who not in self._knocks:
            return closing.UNAVAILABLE
        if not self._knocks.setdefault(who, Allowance(*_KNOCKS, now)).take(1, now):
            return closing.TOO_MANY
        full = self._open >= self._most or self._open_by[who] >= self._most * _SHARE
        return closing.FULL if full else None
