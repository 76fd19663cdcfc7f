"""How much one subscriber can take: an estimator behind an interface.

A browser's REMB is slow to rise and never exceeds about 1.5 times what it receives, so its value says
little about a path that is not full. What it does say at once is "less": it falls only when its receiver sees
a queue build up. `RembEstimator` therefore follows falls of the REMB, and report blocks with heavy loss;
while nothing complains it grows by itself, just far enough above what is sent for the next layer to be tried.
A try that fails makes the next one wait longer. A REMB far above what is sent vouches for more at once; one
that stays below what is sent, without rising, is meant.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Estimator", "RembEstimator"]

_START = 2_500_000.0  # bit/s: a camera at full size, or a dozen small ones
_LEAST = 100_000.0
_MOST = 50_000_000.0
_GROWTH = 1.25  # a second, while nothing complains
_FAST_GROWTH = 2.5  # a second, while a REMB vouches for it
_VOUCHES = 2.0  # a REMB above this times what is sent is no echo of it
_HEADROOM = 2.5  # times what is sent: a layer costs about three times the one below
_ROOM = 600_000.0  # bit/s on top of that
_FALL = 0.97  # a REMB below this times the one before is a fall, not rounding
_MOST_CUT = 0.5  # of what was sent lately remains after one fall: a receiver that hung for a moment says 0
_FADING = 0.93  # per tick: how fast "lately" is forgotten
_EXCEEDED = 1.1  # sent above this times a REMB that does not rise …
_RISE = 1.01  # … by this factor …
_PATIENCE = 3.0  # s … for so long: then it is meant
_HEAVY_LOSS = 0.10  # draft-ietf-rmcat-gcc-02 §6: more than this is congestion
_SOME_LOSS = 0.02  # and less than this is none
_FAILED_WITHIN = 6.0  # s after growing: congestion then means that the try failed
_MEMORY = 30.0  # s that congestion is remembered
_FIRST_PAUSE, _LONGEST_PAUSE = 4.0, 60.0  # s


class Estimator(Protocol):
    """What the subscriber's path carries, from feedback. Rates in bit/s, times in seconds."""

    @property
    def bitrate(self) -> float:
        """The present estimate."""

    def congested(self, now: float) -> bool:
        """Whether the path was found too narrow lately: then even small pictures may be left out."""

    def on_remb(self, bitrate: int, now: float) -> None:
        """The receiver's own estimate."""

    def on_loss(self, fraction: float, now: float) -> None:
        """Share of packets lost since the last report."""

    def tick(self, sent: float, now: float) -> None:
        """Called about four times a second with the rate being sent."""


class RembEstimator:
    """See the module."""

    __slots__ = (
        "_fell_at",
        "_grown_at",
        "_held_until",
        "_pause",
        "_recent",
        "_remb",
        "_sent",
        "_stuck",
        "_then",
        "bitrate",
    )

    def __init__(self, now: float) -> None:
        self.bitrate = _START
        self._sent = self._recent = 0.0
        self._remb = 0.0
        self._stuck = (0.0, now)  # a REMB that does not rise, and since when
        self._then = now
        self._held_until = now
        self._grown_at = now
        self._fell_at = now - _MEMORY
        self._pause = _FIRST_PAUSE

    def congested(self, now: float) -> bool:
        """See `Estimator`."""
        return now - self._fell_at < _MEMORY

    def on_remb(self, bitrate: int, now: float) -> None:
        """See `Estimator`."""
        before, self._remb = self._remb, float(bitrate)
        risen = bitrate > _RISE * self._stuck[0] or self._sent < _EXCEEDED * bitrate
        if risen or bitrate < _FALL * before:
            self._stuck = (float(bitrate), now)
        if bitrate >= self.bitrate:
            return
        if now - self._stuck[1] >= _PATIENCE:
            self._fall(float(bitrate), now)
        elif bitrate < _FALL * before:
            self._fall(max(float(bitrate), _MOST_CUT * self._recent), now)

    def on_loss(self, fraction: float, now: float) -> None:
        """See `Estimator`."""
        if fraction > _HEAVY_LOSS:
            self._fall(min(self.bitrate, max(self._sent, _LEAST)) * (1.0 - 0.5 * fraction), now)
        elif fraction > _SOME_LOSS:
            self._held_until = max(self._held_until, now + 1.0)

    def _fall(self, bitrate: float, now: float) -> None:
        if now - self._grown_at < _FAILED_WITHIN and now >= self._held_until:
            self._pause = min(_LONGEST_PAUSE, 2.0 * self._pause)
        self.bitrate = max(_LEAST, min(self.bitrate, bitrate))
        self._fell_at = now
        self._held_until = max(self._held_until, now + self._pause)

    def tick(self, sent: float, now: float) -> None:
        """See `Estimator`."""
        elapsed = min(1.0, max(0.0, now - self._then))
        self._then, self._sent = now, sent
        self._recent = max(sent, _FADING * self._recent)
        if now < self._held_until:
            return
        vouched = self._remb if self._remb > _VOUCHES * sent + _ROOM else 0.0
        ceiling = min(_MOST, max(_START, _HEADROOM * sent + _ROOM, vouched))
        if self.bitrate < ceiling:
            growth = _FAST_GROWTH if self.bitrate < vouched else _GROWTH
            self.bitrate = min(ceiling, self.bitrate * growth**elapsed)
            self._grown_at = now
        elif now - self._grown_at > 2 * _FAILED_WITHIN:
            self._pause = max(_FIRST_PAUSE, 0.9 * self._pause)
