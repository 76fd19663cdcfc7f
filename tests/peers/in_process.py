"""The relay inside the test's own event loop: for a capture of what it sees, and for a clock to move."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from onmeet.clock import monotonic
from onmeet.relay.plane import MediaPlane
from onmeet.relay.settings import MediaSettings
from onmeet.signalling.counters import Counters
from onmeet.signalling.registry import Registry
from onmeet.signalling.room import Surroundings
from onmeet.signalling.server import SignallingServer, bind


class MovableClock:
    """The monotonic clock, and whatever a test adds to it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead


@dataclass
class InProcessRelay:
    """A running relay whose insides can be looked at."""

    path: Path
    media: tuple[str, int]
    plane: MediaPlane
    registry: Registry
    clock: MovableClock


@contextlib.asynccontextmanager
async def relay_in_process(folder: Path, settings: MediaSettings) -> AsyncIterator[InProcessRelay]:
    """Media plane, rooms and socket as `onmeet.relay.__main__` joins them, with settings of the test."""
    clock = MovableClock()
    path = folder / "relay.sock"
    plane = await MediaPlane.open(settings, clock)
    registry = Registry(Surroundings(plane, time.time, Counters()), clock)
    server = SignallingServer(registry, {}, wall=time.time)
    await server.listen(bind(path))
    try:
        yield InProcessRelay(path, ("127.0.0.1", plane.port), plane, registry, clock)
    finally:
        await server.close()
        await plane.close()
