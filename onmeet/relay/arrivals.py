"""The arrival log of one publisher, and the congestion feedback made of it.

transport-wide-cc: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.
"""

from __future__ import annotations

from onmeet.rtp import transport_cc
from onmeet.rtp.sequence import extend

__all__ = ["Arrivals"]

_MAX_STALE = 16  # messages per flush about packets that came after their report
_MAX_LOG = 8192  # entries (two a packet): a flood cannot grow the log


class Arrivals:
    """Collects (sequence, time) pairs; `flush` turns them into feedback messages."""

    __slots__ = ("_highest", "_next", "_number", "log")

    def __init__(self) -> None:
        self.log: list[float] = []  # sequence, arrival, sequence, arrival …: appended by the hot path
        self._highest = -1
        self._next = -1  # the first index not yet reported on
        self._number = 0

    def flush(self, sender: int, media: int) -> list[bytes]:
        """The messages for what arrived since the last call; empties the log."""
        log = self.log
        if not log:
            return []
        del log[_MAX_LOG:]
        seen: dict[int, float] = {}
        near = self._highest if self._highest >= 0 else int(log[0]) + 0x10000
        for sequence, arrival in zip(log[::2], log[1::2], strict=True):
            index = extend(int(sequence), near)
            near = max(near, index)
            seen.setdefault(index, arrival)
        log.clear()
        self._highest = near
        return self._messages(sender, media, sorted(seen.items()))

    def _messages(self, sender: int, media: int, arrivals: list[tuple[int, float]]) -> list[bytes]:
        stale = [one for one in arrivals if one[0] < self._next]
        fresh = arrivals[len(stale) :]
        out = [self._build(sender, media, one[0], [one])[0] for one in stale[:_MAX_STALE]]
        while fresh:
            base = self._next
            if base < 0 or fresh[0][0] - base >= transport_cc.MAX_SPAN:
                base = fresh[0][0]
            message, used = self._build(sender, media, base, fresh)
            out.append(message)
            self._next = fresh[used - 1][0] + 1
            fresh = fresh[used:]
        return out

    def _build(
        self, sender: int, media: int, base: int, arrivals: list[tuple[int, float]]
    ) -> tuple[bytes, int]:
        message, used = transport_cc.build(sender, media, self._number, base, arrivals)
        self._number = (self._number + 1) & 0xFF
        return message, used
