"""Slows down guessing at an account without locking its owner out.

Attempts are counted per account and client, and per account over all clients, in memory only and under
a keyed hash. Past the free ones each attempt must wait, up to a bound that is short enough to live
with. A browser that has signed in to the account before is not held up by what others do.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

from onmeet.clock import Clock, monotonic

__all__ = ["Attempts", "TooManyAttempts"]


class TooManyAttempts(Exception):
    """The next attempt is possible in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class _Rule:
    free: int
    longest: float  # seconds


_FROM_ONE_CLIENT = _Rule(free=5, longest=300.0)
_FROM_ALL = _Rule(free=25, longest=20.0)
_NO_RULE = _Rule(free=2**31, longest=0.0)

_WRONG = "wrong"
"""In the place of a client: the counter of wrong passwords, which holds nobody up."""

FORGET_SECONDS = 900.0
"""An account that nobody has tried for so long starts afresh."""

MOST_COUNTED = 20_000
"""Counters kept at most; the longest unused goes first."""


@dataclass(slots=True)
class _Count:
    tries: int = 0
    last: float = 0.0
    open_at: float = 0.0


class Attempts:
    """The counters. Thread-safe; forgets by itself and when the process ends."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, account: str, client: str, *, known_here: bool) -> None:
        """Count one attempt before it is checked, so that parallel ones cannot slip through.

        `account` and `client` are opaque keys. Raises `TooManyAttempts`, and then counts nothing.
        """
        now = self._clock()
        with self._lock:
            rules = [((account, client), _FROM_ONE_CLIENT)]
            if not known_here:
                rules.append(((account, ""), _FROM_ALL))
            wait = max(self._current(key, now).open_at - now for key, _ in rules)
            if wait > 0:
                raise TooManyAttempts(math.ceil(wait))
            for key, rule in rules:
                self._count(key, rule, now)
            self._forget(now)

    def failed(self, account: str) -> None:
        """The password was wrong: counted over all clients until it is right."""
        now = self._clock()
        with self._lock:
            self._count((account, _WRONG), _NO_RULE, now)
            self._forget(now)

    def succeeded(self, account: str, client: str) -> int:
        """The password was right: this client's counter for the account starts afresh.

        Returns how many wrong ones came before, from any client.
        """
        now = self._clock()
        with self._lock:
            self._counts.pop((account, client), None)
            wrong = self._current((account, _WRONG), now).tries
            self._counts.pop((account, _WRONG), None)
        return wrong

    def __len__(self) -> int:
        """Counters in memory."""
        return len(self._counts)

    def _forget(self, now: float) -> None:
        """Drop what is too old or too much: the counters stand in the order of their last use."""
        while self._counts:
            oldest = next(iter(self._counts.values()))
            if len(self._counts) <= MOST_COUNTED and now - oldest.last <= FORGET_SECONDS:
                return
            self._counts.popitem(last=False)

    def _current(self, key: tuple[str, str], now: float) -> _Count:
        count = self._counts.get(key)
        if count is None or now - count.last > FORGET_SECONDS:
            return _Count()
        return count

    def _count(self, key: tuple[str, str], rule: _Rule, now: float) -> None:
        count = self._current(key, now)
        count.tries += 1
        count.last = now
        if count.tries >= rule.free:
            count.open_at = now + min(2.0 ** min(count.tries - rule.free, 16), rule.longest)
        self._counts[key] = count
        self._counts.move_to_end(key)
