"""The packets of one incoming stream that can still be sent again, shared by all its subscribers.

Holds references to the decrypted packets, no copies; bounded in number, octets and time.
"""

from __future__ import annotations

from collections import deque

__all__ = ["SEEN", "History"]

SEEN = b""
"""Stands in a slot whose packet arrived and is not to be forwarded (refused, parked, muted)."""


class History:
    """A ring of packets by index (ROC ‖ sequence).

    The forwarding path stores with `slots[index & mask] = data` itself; every index that it passes over
    must be cleared with `skip`, so that a slot never shows an older packet under a newer index.
    """

    __slots__ = ("_keep", "_limit", "_marks", "mask", "slots", "tail")

    def __init__(self, size: int, keep: float, limit: int, start: int) -> None:
        """size: a power of two. keep: seconds. limit: octets. start: the first index expected."""
        self.slots: list[bytes | None] = [None] * size
        self.mask = size - 1
        self.tail = start  # the oldest index that may be held
        self._keep = keep
        self._limit = limit
        self._marks: deque[tuple[float, int, int]] = deque()

    def get(self, index: int, highest: int) -> bytes | None:
        """The packet under `index`, None when it is not held (any more)."""
        if index < self.tail or index > highest or highest - index > self.mask:
            return None
        return self.slots[index & self.mask] or None

    def covers(self, index: int, highest: int) -> bool:
        """Whether an index lies in the span that is still remembered."""
        return index >= self.tail and highest - index <= self.mask

    def skip(self, first: int, end: int) -> None:
        """Forget what the slots of indexes `first` … `end - 1` held before."""
        if end - first > self.mask:
            self.slots = [None] * (self.mask + 1)
            return
        for index in range(first, end):
            self.slots[index & self.mask] = None

    def prune(self, now: float, highest: int, octets: int) -> None:
        """Let go of what is too old or too much. Call a few times a second.

        octets: how many the stream has received in all.
        """
        marks = self._marks
        while marks and (now - marks[0][0] >= self._keep or octets - marks[0][2] > self._limit):
            self._forget(marks.popleft()[1] + 1, highest)
        if not marks or marks[-1][1] != highest:
            marks.append((now, highest, octets))
        self._forget(highest - self.mask, highest)

    def _forget(self, end: int, highest: int) -> None:
        if end > self.tail:
            # slots of anything older than the ring is long belong to newer packets already
            self.skip(max(self.tail, highest - self.mask), end)
            self.tail = end

    def clear(self, start: int) -> None:
        """Forget everything; the next index expected is `start`."""
        self.slots = [None] * (self.mask + 1)
        self._marks.clear()
        self.tail = start

    def octets(self) -> int:
        """How many octets are held now (slow: for tests and metrics)."""
        return sum(len(data) for data in self.slots if data)
