"""Which counters of one key were seen."""

from __future__ import annotations

from typing import Final

__all__ = ["WINDOW", "ReplayWindow"]

WINDOW: Final = 1024
"""How far behind the newest frame of a key a frame may come."""


class ReplayWindow:
    """A bit for each of the last `WINDOW` counters."""

    __slots__ = ("_newest", "_seen")

    def __init__(self) -> None:
        self._newest = -1
        self._seen = 0

    def is_fresh(self, counter: int) -> bool:
        """Whether a frame with this counter may still come."""
        behind = self._newest - counter
        return behind < 0 or (behind < WINDOW and not self._seen >> behind & 1)

    def accept(self, counter: int) -> bool:
        """Mark an authenticated frame; False for a replay."""
        if not self.is_fresh(counter):
            return False
        if counter > self._newest:
            step = min(counter - self._newest, WINDOW)
            self._seen = (self._seen << step) & (1 << WINDOW) - 1
            self._newest = counter
        self._seen |= 1 << self._newest - counter
        return True
