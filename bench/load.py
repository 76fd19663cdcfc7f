"""The load: shapes of meetings, filled with clients, and the loop that drives them all.

The loop sleeps on timers and never in epoll: a generator that sleeps in epoll has its wake-up billed to the
server whose packet wakes it. Sending is paced packet by packet, all publishers out of phase.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import heapq
import time
from dataclasses import dataclass, field

from bench.client.connection import Downlink, Uplink
from bench.client.sources import PatternCamera, PatternMicrophone

Source = PatternCamera | PatternMicrophone

NS = 1_000_000_000
_LONGEST_SLEEP_NS = 2_000_000
_LONGEST_LAG_NS = 40_000_000
_SIGNALLING_INTERVAL_NS = 50_000_000
_ROUND_NS = 8_000_000  # in which every socket is polled once
_CONNECT_TIMEOUT = 15.0
_PR_SET_TIMERSLACK = 29
SPEAKERS_A_ROOM = 2


class ShapeError(ValueError):
    """A shape that is not `fan:N`, `mesh:N` or `rooms:R:N`."""


@dataclass(frozen=True)
class Shape:
    """Who publishes to whom: so many rooms, publishers and receivers in each."""

    name: str
    rooms: int
    publishers: int
    listeners: int  # receive only

    @classmethod
    def parse(cls, text: str) -> Shape:
        """`fan:5` (one to five), `mesh:5` (all to all), `rooms:8:5` (eight meshes). Raises ShapeError."""
        kind, *numbers = text.split(":")
        if not numbers or not all(n.isdecimal() and int(n) > 0 for n in numbers):
            raise ShapeError(f"not a shape: {text!r} (fan:N, mesh:N or rooms:R:N)")
        values = [int(n) for n in numbers]
        if kind == "fan" and len(values) == 1:
            return cls(text, 1, 1, values[0])
        if kind == "mesh" and len(values) == 1 and values[0] > 1:
            return cls(text, 1, values[0], 0)
        if kind == "rooms" and len(values) == 2 and values[1] > 1:
            return cls(text, values[0], values[1], 0)
        raise ShapeError(f"not a shape: {text!r} (fan:N, mesh:N or rooms:R:N)")

    @property
    def participants(self) -> int:
        """Participants in all rooms."""
        return self.rooms * (self.publishers + self.listeners)

    @property
    def receivers(self) -> int:
        """Receivers of each publisher's packets."""
        return self.publishers - 1 + self.listeners


@dataclass
class Fill:
    """The connections and sources of a filled shape."""

    shape: Shape
    uplinks: list[Uplink] = field(default_factory=list)
    downlinks: list[Downlink] = field(default_factory=list)
    cameras: list[PatternCamera] = field(default_factory=list)
    microphones: list[PatternMicrophone] = field(default_factory=list)

    def add_publisher(self, uplink: Uplink, index: int) -> None:
        """Give a connected publisher its camera, and in each room the first ones a voice."""
        self.uplinks.append(uplink)
        self.cameras.append(PatternCamera(uplink.sender, uplink.camera, index))
        place = (len(self.cameras) - 1) % self.shape.publishers
        if uplink.microphone is not None and place < SPEAKERS_A_ROOM:
            self.microphones.append(PatternMicrophone(uplink.sender, uplink.microphone, index))

    @property
    def sources(self) -> list[Source]:
        """Everything that sends."""
        return [*self.cameras, *self.microphones]

    @property
    def sent(self) -> int:
        """Packets that publishers have sent, counted once for each receiver that should get them."""
        return sum(source.packets for source in self.sources) * self.shape.receivers

    @property
    def received(self) -> int:
        """Distinct packets that receivers have got."""
        return sum(downlink.receiver.received for downlink in self.downlinks)

    @property
    def nominal(self) -> float:
        """Packets a second that should arrive."""
        return sum(NS / source.interval_ns for source in self.sources) * self.shape.receivers

    @property
    def links(self) -> list[Uplink | Downlink]:
        """Every connection."""
        return [*self.uplinks, *self.downlinks]

    def close(self) -> None:
        """Close every connection."""
        for link in self.links:
            link.transport.close()


async def settle(fill: Fill) -> None:
    """Poll all connections until every one is connected. Raises TimeoutError."""
    async with asyncio.timeout(_CONNECT_TIMEOUT):
        while any(link.transport.state != "connected" for link in fill.links):
            now = time.monotonic()
            for link in fill.links:
                link.poll(now)
            await asyncio.sleep(0.002)


class Pump:
    """Drives a filled shape for given times."""

    def __init__(self, fill: Fill) -> None:
        self._links = fill.links
        self._turn = 0
        self._polled = time.monotonic_ns()
        start = time.monotonic_ns()
        self._agenda: list[tuple[int, int, Source]] = []
        for group in _groups(fill):
            for place, source in enumerate(group):
                phase = source.interval_ns * place // len(group)
                self._agenda.append((start + phase, len(self._agenda), source))
        heapq.heapify(self._agenda)
        # sleep as long as was asked for, not 50 µs longer
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1)

    async def run(self, seconds: float) -> None:
        """Send and receive for a time. Signalling gets its turn every 50 ms, without waiting."""
        end = time.monotonic_ns() + int(seconds * NS)
        while (now := time.monotonic_ns()) < end:
            self._slice(min(end, now + _SIGNALLING_INTERVAL_NS))
            await asyncio.sleep(0)

    def _slice(self, end: int) -> None:
        agenda, links = self._agenda, self._links
        while (now := time.monotonic_ns()) < end:
            while agenda and agenda[0][0] <= now:
                due, order, source = agenda[0]
                if now - due > _LONGEST_LAG_NS:  # what a stalled machine owes is not sent as a burst
                    due = now
                heapq.heapreplace(agenda, (due + source.interval_ns, order, source))
                source.step(time.time_ns())
            seconds = now / NS
            # every socket gets its turn in time even when this loop itself is held up
            due_turns = len(links) * (now - self._polled) // _ROUND_NS + 1
            self._polled = now
            for _ in range(min(due_turns, len(links))):
                self._turn = (self._turn + 1) % len(links)
                links[self._turn].poll(seconds)
            wait = min((agenda[0][0] if agenda else end) - time.monotonic_ns(), _LONGEST_SLEEP_NS)
            if wait > 0:
                time.sleep(wait / NS)


def _groups(fill: Fill) -> tuple[list[Source], list[Source]]:
    """Cameras and microphones: each kind is spread evenly over its own interval."""
    return [*fill.cameras], [*fill.microphones]


class QuietCollector:
    """No garbage collection while measuring: its pauses would look like the server's."""

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()
        gc.disable()

    def __exit__(self, *_error: object) -> None:
        gc.enable()
        gc.unfreeze()
