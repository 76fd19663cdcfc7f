"""Rate limits as token buckets: values in, a verdict out."""

from __future__ import annotations

__all__ = ["Allowance"]


class Allowance:
    """So much a second, with a burst that fills up again while nothing is taken."""

    __slots__ = ("_burst", "_left", "_rate", "_seen")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._seen = now

    def take(self, amount: float, now: float) -> bool:
        """Whether `amount` may pass at `now` (seconds); if so, it is spent."""
        self._left = min(self._burst, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if amount > self._left:
            return False
        self._left -= amount
        return True

    def full(self, now: float) -> bool:
        """Whether nothing is owed any more, so that forgetting this changes nothing."""
        return self._left + (now - self._seen) * self._rate >= self._burst
