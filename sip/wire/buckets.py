"""Token buckets: how often something may happen, with room for a burst. Pure: the time is an argument."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

__all__ = ["Bucket", "Buckets", "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """per_second: in the long run. burst: at once, after a pause."""

    per_second: float
    burst: float


class Bucket:
    """One bucket, full at the start."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether it may happen now; if so, it is counted."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def full(self, now: float) -> bool:
        """Whether nothing happened for so long that it could as well be a fresh one."""
        self._fill(now)
        return self._tokens >= self._rate.burst

    def _fill(self, now: float) -> None:
        # A clock that steps back must not take tokens away.
        passed = max(0.0, now - self._at)
        self._tokens = min(self._rate.burst, self._tokens + passed * self._rate.per_second)
        self._at = max(self._at, now)


class Buckets:
    """A bucket for each key, for at most `most` keys.

    When there are more, full buckets go first and then the one that was used longest ago: a flood from ever
    new keys costs no memory. What such a flood gets through in all is for a `Bucket` beside this one.
    """

    def __init__(self, rate: Rate, most: int = 1024) -> None:
        self._rate = rate
        self._most = most
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, now: float) -> bool:
        """Whether it may happen now for this key; if so, it is counted."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._most:
                self._make_room(now)
            bucket = self._buckets[key] = Bucket(self._rate, now)
        self._buckets.move_to_end(key)
        return bucket.take(now)

    def _make_room(self, now: float) -> None:
        for key in [key for key, bucket in self._buckets.items() if bucket.full(now)]:
            del self._buckets[key]
        if len(self._buckets) >= self._most:
            self._buckets.popitem(last=False)
