"""How often PINs may be tried. Pure: times in, verdicts out.

A PIN of nine digits is not guessed in one call; a machine that calls all day might. So wrong PINs cost: a
caller who spends too many is not answered for a while, and all callers of a trunk share a bucket that lets
honest ones through at once and makes guessing slow. Nobody is locked out because somebody else guesses: when
the bucket is empty, checks wait.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections import OrderedDict

from onmeet.signalling.allowance import Allowance

__all__ = ["TRIES_PER_HOUR", "Guard"]

TRIES_PER_HOUR = 9
"""Wrong PINs of one caller: three calls with three tries each."""

TRUNK_TRIES_PER_HOUR = 120
"""Wrong PINs through one trunk before its further checks begin to wait."""

WAIT_SECONDS = 6.0
"""Between two checks once wrong PINs have used up what is free."""

REMEMBERED = 10_000
"""Callers with wrong PINs that are remembered; the oldest goes first."""

_HOUR = 3600.0


class Guard:
    """Counts wrong PINs by caller, under a keyed hash that dies with this process, and by trunk."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._callers: OrderedDict[bytes, Allowance] = OrderedDict()
        self._trunks: dict[str, Allowance] = {}
        self._next_check: dict[str, float] = {}

    def name(self, trunk: str, source: str, number: str) -> bytes:
        """An opaque name for a caller: the number, or where the call comes from if that is withheld."""
        known = f"{trunk} {number}" if number else f"{trunk} {source} withheld"
        return hashlib.blake2b(known.encode(), key=self._key, digest_size=16).digest()

    def welcome(self, caller: bytes, now: float) -> bool:
        """Whether a call from there is answered at all."""
        allowance = self._callers.get(caller)
        if allowance is None:
            return True
        if allowance.full(now):
            del self._callers[caller]
            return True
        return self._has(allowance, now)

    def wait(self, trunk: str, now: float, longest: float = math.inf) -> float:
        """Seconds until the next PIN of this trunk may be looked up; 0.0 nearly always.

        One who would have to wait for more than `longest` takes nobody's turn: else those who try and try
        again would push all others back without end.
        """
        allowance = self._trunks.get(trunk)
        if allowance is None or self._has(allowance, now):
            return 0.0
        due = max(now, self._next_check.get(trunk, now))
        if due - now <= longest:
            self._next_check[trunk] = due + WAIT_SECONDS
        return due - now

    def wrong(self, trunk: str, caller: bytes, now: float) -> None:
        """A PIN that opens nothing."""
        mine = self._callers.setdefault(caller, Allowance(TRIES_PER_HOUR / _HOUR, TRIES_PER_HOUR, now))
        self._callers.move_to_end(caller)
        while len(self._callers) > REMEMBERED:
            self._callers.popitem(last=False)
        mine.take(1.0, now)
        rate = TRUNK_TRIES_PER_HOUR / _HOUR
        self._trunks.setdefault(trunk, Allowance(rate, TRUNK_TRIES_PER_HOUR, now)).take(1.0, now)

    @staticmethod
    def _has(allowance: Allowance, now: float) -> bool:
        """Whether one more would be allowed; nothing is spent."""
        if not allowance.take(1.0, now):
            return False
        allowance.take(-1.0, now)
        return True
