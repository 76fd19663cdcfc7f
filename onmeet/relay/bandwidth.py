"""How much one subscriber can take: an estimator behind an interface.

`RembEstimator` trusts the receiver's own estimate (REMB) when that says "less", and report blocks when
they show heavy loss. A browser's REMB never exceeds about 1.5 times what it receives, so "more" cannot be
read from it: while nothing complains, the estimate grows by itself, just far enough above what is sent for
the next layer to be tried. A try that fails makes the next one wait longer. Only a REMB far above what is
sent (measured while more was sent, or by another kind of receiver) vouches for more at once.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Estimator", "RembEstimator"]

_START = 2_500_000  # bit/s: a camera at full size, or a dozen small ones
_LEAST = 60_000
_MOST = 50_000_000
_GROWTH = 1.25  # a second, while nothing complains
_FAST_GROWTH = 2.5  # a second, while a REMB vouches for it
_VOUCHES = 2.0  # a REMB above this times what is sent is no echo of it
_HEADROOM = 2.5  # times what is sent: a layer costs about three times the one below
_ROOM = 600_000  # bit/s on top of that
_CONGESTED = 1.05  # a REMB below this times what is sent means that the receiver sees a queue
_CAUTIOUS = 1.3  # below this times what is sent it says: no more than that
_HEAVY_LOSS = 0.10  # draft-ietf-rmcat-gcc-02 §6: more than this is congestion
_SOME_LOSS = 0.02
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

    __slots__ = ("_fell_at", "_grown_at", "_held_until", "_pause", "_sent", "_then", "_vouched", "bitrate")

    def __init__(self, now: float) -> None:
        self.bitrate: float = _START
        self._sent = 0.0
        self._vouched = 0.0
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
        self._vouched = float(bitrate) if bitrate > _VOUCHES * self._sent + _ROOM else 0.0
        if self._sent <= 0:
            return
        if bitrate < _CONGESTED * self._sent:
            self._fall(float(bitrate), now)
        elif bitrate < _CAUTIOUS * self._sent:
            self.bitrate = max(_LEAST, min(self.bitrate, float(bitrate)))
            self._held_until = max(self._held_until, now + 1.0)

    def on_loss(self, fraction: float, now: float) -> None:
        """See `Estimator`."""
        if fraction > _HEAVY_LOSS:
            self._fall(min(self.bitrate, max(self._sent, _LEAST)) * (1.0 - 0.5 * fraction), now)
        elif fraction > _SOME_LOSS:
            self._held_until = max(self._held_until, now + 1.0)

    def _fall(self, bitrate: float, now: float) -> None:
        self.bitrate = max(_LEAST, min(self.bitrate, bitrate))
        self._fell_at = now
        if now - self._grown_at < _FAILED_WITHIN and now >= self._held_until:
            self._pause = min(_LONGEST_PAUSE, 2.0 * self._pause)
        self._held_until = max(self._held_until, now + self._pause)

    def tick(self, sent: float, now: float) -> None:
        """See `Estimator`."""
        elapsed = min(1.0, max(0.0, now - self._then))
        self._then, self._sent = now, sent
        if now < self._held_until:
            return
        ceiling = min(_MOST, max(_START, _HEADROOM * sent + _ROOM, self._vouched))
        if self.bitrate < ceiling:
            growth = _FAST_GROWTH if self.bitrate < self._vouched else _GROWTH
            self.bitrate = min(ceiling, self.bitrate * growth**elapsed)
            self._grown_at = now
        elif now - self._grown_at > 2 * _FAILED_WITHIN:
            self._pause = max(_FIRST_PAUSE, 0.9 * self._pause)
