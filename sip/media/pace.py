"""The beat of a leg: 50 frames a second for hours, whatever the event loop does meanwhile."""

from __future__ import annotations

import asyncio

from onmeet.clock import Clock, monotonic

__all__ = ["FRAME_SECONDS", "Beat", "Clock20ms"]

FRAME_SECONDS = 0.02

_CATCH_UP_SECONDS = 0.01  # between two beats that come late
_GIVE_UP_SECONDS = 0.5  # what a machine that slept is behind is not made up for


class Beat:
    """When the next frame is due, sans I/O.

    Deadlines are multiples of 20 ms after the start, so that rounding never adds up. One who is late gets the
    missed frames 10 ms apart, not all at once: the far side's jitter buffer would throw a burst away.
    """

    def __init__(self, now: float) -> None:
        self._start = now
        self._count = 0
        self._last = now - FRAME_SECONDS
        self.skipped = 0

    def due(self, now: float) -> float:
        """Seconds to wait from `now` until the next frame; 0 when it is due."""
        if now - self._deadline > _GIVE_UP_SECONDS:
            missed = int((now - self._deadline) / FRAME_SECONDS)
            self._count += missed
            self.skipped += missed
        return max(0.0, max(self._deadline, self._last + _CATCH_UP_SECONDS) - now)

    def taken(self, now: float) -> float:
        """The frame was taken at `now`. Returns the moment for which it was meant."""
        meant = self._deadline
        self._count += 1
        self._last = now
        return meant

    @property
    def _deadline(self) -> float:
        return self._start + self._count * FRAME_SECONDS


class Clock20ms:
    """`async for now in Clock20ms():` comes by 50.000 times a second on average; `now` is the ideal moment.

    The body of the loop has to be quicker than 20 ms on average; else frames are skipped after half a second
    (`skipped` counts them).
    """

    def __init__(self, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._beat: Beat | None = None

    @property
    def skipped(self) -> int:
        """Frames that were left out because the loop was late by more than half a second."""
        return self._beat.skipped if self._beat else 0

    def __aiter__(self) -> Clock20ms:
        return self

    async def __anext__(self) -> float:
        return await self.next()

    async def next(self) -> float:
        """Wait for the next frame's moment and return it, in seconds of the clock."""
        if self._beat is None:
            self._beat = Beat(self._clock())
        wait = self._beat.due(self._clock())
        await asyncio.sleep(wait)  # with 0 as well: others have to run between two late frames
        return self._beat.taken(self._clock())
