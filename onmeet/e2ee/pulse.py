"""How fresh an author's messages are, although its clock is not ours."""

from __future__ import annotations

import math

__all__ = ["Pulse"]


class Pulse:
    """The signs of life of one author.

    Each carries the author's own clock; the smallest difference to ours ever seen is what an unhindered
    message takes, and whatever comes later than that was held back for so long. Thus a server that hoards
    heartbeats and hands them out slowly gains nothing. All times are milliseconds.
    """

    __slots__ = ("_difference", "_last", "heard")

    def __init__(self, now: float) -> None:
        self.heard = now
        """When the author was last at work, in our time."""
        self._last = -1
        self._difference = math.inf

    def restart(self) -> None:
        """Somebody else has authored meanwhile: measure anew."""
        self._difference = math.inf

    def beat(self, t: int, now: float) -> float | None:
        """The moment at which the message with the author's time `t` was sent, in our time.

        None for a replay: `t` doubles as a counter.
        """
        if t <= self._last:
            return None
        self._last = t
        self._difference = min(self._difference, now - t)
        sent = t + self._difference
        self.heard = max(self.heard, sent)
        return sent
