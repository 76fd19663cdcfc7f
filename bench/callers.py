"""`python -m bench callers`: what one meeting with many telephone callers costs its room process.

Real are the room process with its 20 ms beat, RTP over the loopback interface, Opus and SFrame. The relay's
end of the link is a double that lets every call in with a host's true grants and sends the sound of four
browsers; telephones are sockets that send ready-made packets. Both run in this process, so that their cost is
not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.processes import cpu_seconds, resident_kb
from onmeet.e2ee.effects import Effect, EpochBegun, Send
from onmeet.e2ee.encoding import from_base64url
from onmeet.e2ee.frame_keys import FrameKeys
from onmeet.e2ee.labels import FrameClass
from onmeet.e2ee.link import create_link
from onmeet.e2ee.meeting_keys import MeetingKeys
from onmeet.phone.gateway_key import GatewayKey
from onmeet.rtp import packets
from onmeet.signalling import wire
from sip.interface import RATE, Agreement, LegState
from sip.media import codecs
from sip.room.nursery import Nursery, RoomProcess, new_call
from sip.room.opus import Encoder
from sip.room.settings import RoomSettings
from sip.room.wire import CallFacts

ROOM: Final = "bench-callers"
INSTANCE: Final = "bench"
BROWSERS: Final = (1, 2, 3, 4)
_SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h: the kernel's time of arrival
_SETTLE_SECONDS: Final = 8.0
"""Until all have heard that they are in, and speak."""


@dataclass(frozen=True)
class Row:
    """One line of the table; the JSON report holds exactly these fields."""

    callers: int
    cpu_pct: float
    cpu_ms_per_caller: float
    packets_per_second: float
    gap_p50_ms: float
    gap_p99_ms: float
    gap_max_ms: float
    sealed_per_second: float
    resident_mb: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 10, 25])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Measure each number of callers in turn."""
    rows = [asyncio.run(_measure(callers, options.seconds)) for callers in options.callers]
    names = ("callers", "CPU %", "ms/s each", "packets/s", "sealed/s", "gap p50", "p99", "max ms", "MB")
    print("".join(f"{name:>11}" for name in names))
    for row in rows:
        print(
            f"{row.callers:>11}{row.cpu_pct:>11.1f}{row.cpu_ms_per_caller:>11.1f}{row.packets_per_second:>11.2f}"
            f"{row.sealed_per_second:>11.0f}{row.gap_p50_ms:>11.2f}{row.gap_p99_ms:>11.2f}"
            f"{row.gap_max_ms:>11.2f}{row.resident_mb:>11.0f}"
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0


async def _measure(callers: int, seconds: float) -> Row:
    async with busy_meeting(callers) as (process, phones, relay):
        await asyncio.sleep(_SETTLE_SECONDS)
        for phone in phones:
            phone.arrivals.clear()
        before, sealed, start = cpu_seconds(process.pid), relay.sealed, time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - start
        used = cpu_seconds(process.pid) - before
        sealed = relay.sealed - sealed
        resident = resident_kb(process.pid) / 1024
    gaps = np.concatenate([np.diff(phone.arrivals) for phone in phones]) / 1e6
    return Row(
        callers=callers,
        cpu_pct=100 * used / took,
        cpu_ms_per_caller=1000 * used / took / callers,
        packets_per_second=float(np.mean([len(phone.arrivals) for phone in phones]) / took),
        gap_p50_ms=float(np.percentile(gaps, 50)),
        gap_p99_ms=float(np.percentile(gaps, 99)),
        gap_max_ms=float(gaps.max()),
        sealed_per_second=sealed / took,
        resident_mb=resident,
    )


@asynccontextmanager
async def busy_meeting(callers: int) -> AsyncIterator[tuple[RoomProcess, list[Phone], RelayDouble]]:
    """A meeting's process with so many telephones and four browsers, all of them speaking."""
    with tempfile.TemporaryDirectory(prefix="onmeet-bench-") as folder:
        relay = RelayDouble()
        server = await asyncio.start_unix_server(relay.serve, str(Path(folder) / "relay.sock"))
        key = GatewayKey(Ed25519PrivateKey.generate())
        nursery = Nursery(RoomSettings(Path(folder) / "relay.sock", None, "warning"), key)
        nursery.start()
        phones = [Phone(number) for number in range(callers)]
        process = await nursery.room(ROOM)
        for phone in phones:
            process.take(new_call(), phone.state, phone.gateway, CallFacts())
            phone.begin()
        tasks = [asyncio.create_task(_send(phones)), asyncio.create_task(relay.live())]
        try:
            yield process, phones, relay
        finally:
            for task in tasks:
                task.cancel()
            nursery.close()
            await relay.over.wait()
            server.close()


async def _send(phones: list[Phone]) -> None:
    """Every telephone speaks 50 times a second, spread over the 20 ms."""
    due = time.monotonic()
    while True:
        for part in range(4):
            for phone in phones[part::4]:
                phone.speak()
            due += 0.005
            await asyncio.sleep(max(0.0, due - time.monotonic()))


class Phone:
    """A telephone: speech-like noise in PCMA, and a note of when each packet came."""

    def __init__(self, number: int) -> None:
        self.arrivals: list[int] = []
        self.gateway = _sockets()
        self._own = _sockets()
        self._own[0].setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        remote = self._own[0].getsockname()
        agreement = Agreement(remote, self._own[1].getsockname(), "PCMA", 8, event_type=101)
        self.state = LegState(agreement, number + 1, 0, 0, 0, "bench")
        self._target = self.gateway[0].getsockname()
        self._number, self._ssrc = 0, 5000 + number
        self._speech = _speech(number)

    def begin(self) -> None:
        """The gateway has handed its sockets over."""
        for each in self.gateway:
            each.close()
        self._own[0].setblocking(False)
        asyncio.get_running_loop().add_reader(self._own[0], self._read)

    def speak(self) -> None:
        """The next packet."""
        n = self._number
        packet = packets.build(8, n, n * 160, self._ssrc, self._speech[n % len(self._speech)])
        with contextlib.suppress(OSError):
            self._own[0].sendto(packet, self._target)
        self._number += 1

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                _, ancillary, _, _ = self._own[0].recvmsg(2048, 64)
                seconds, nanos = struct.unpack("@qq", ancillary[0][2][:16])
                self.arrivals.append(seconds * 1_000_000_000 + nanos)


def _sockets() -> tuple[socket.socket, socket.socket]:
    made = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for each in made:
        each.bind(("127.0.0.1", 0))
    return made[0], made[1]


def _speech(seed: int, seconds: float = 4.0) -> list[bytes]:
    """Harmonics that wander, with pauses: about as hard to encode as speech."""
    return list(_frames(_wave(seed, seconds)))


def _wave(seed: int, seconds: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    random = np.random.default_rng(seed)
    at = np.arange(int(seconds * RATE)) / RATE
    pitch = 130 + 60 * np.sin(2 * np.pi * (0.5 + seed % 5 / 10) * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = sum(np.sin(n * phase) / n for n in range(1, 20)) + 0.1 * random.standard_normal(len(at))
    return np.asarray(np.rint(3000 * np.clip(np.sin(2 * np.pi * 2 * at), 0, 1) * sound), np.int16)


def _frames(sound: np.ndarray[Any, np.dtype[np.int16]]) -> Iterator[bytes]:
    encoder = codecs.make("PCMA")
    for at in range(0, len(sound), 320):
        yield encoder.encode(sound[at : at + 320])


@dataclass
class RelayDouble:
    """The relay's end of one link, and the one host of the meeting, who lets everybody in."""

    sealed: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _voices: dict[int, FrameKeys] = field(default_factory=dict)
    _calls: list[str] = field(default_factory=list)
    _writer: asyncio.StreamWriter | None = None
    _keys: MeetingKeys | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One gateway."""
        self._writer = writer
        link, host_key = create_link()
        present = {"browsers": 4, "phones": 0, "hosts": 1}
        decoder = wire.Decoder(wire.UP_LIMIT)
        while data := await reader.read(1 << 16):
            for frame in decoder.feed(data):
                if frame.kind is wire.Kind.GATEWAY:
                    about = {"live": True, "instance": INSTANCE, "log": [], "present": present}
                    self._say({"type": "attached", **about})
                    self._keys = MeetingKeys(
                        room=ROOM, instance=INSTANCE, index=1, link=link, host_key=host_key, now=_now()
                    )
                    self._perform(self._keys.start(_now()))
                elif frame.kind is wire.Kind.AUDIO:
                    self.sealed += 1
                else:
                    self._hear(json.loads(frame.payload))
        self.over.set()

    def _hear(self, body: dict[str, Any]) -> None:
        """Every call is let in at once."""
        if body["type"] == "call" and self._keys is not None and body["call"] not in self._calls:
            self._calls.append(body["call"])
            self._say({"type": "admitted", "call": body["call"], "index": 100 + len(self._calls)})
            gw = from_base64url(body["gw"], 32)
            self._perform(self._keys.admit(from_base64url(body["call"], 16), gw, _now()))

    async def live(self) -> None:
        """Four browsers speak; the host's heartbeat goes on."""
        encoder, speech = Encoder(), _wave(99, 4.0)
        opus = [encoder.encode(speech[at : at + 320]) for at in range(0, len(speech), 320)]
        number, due = 0, time.monotonic()
        while True:
            if self._keys is not None and number % 25 == 0:
                self._perform(self._keys.tick(_now()))
            for index in BROWSERS:
                if index in self._voices and self._writer is not None:
                    sealed = self._voices[index].seal(FrameClass.AUDIO, opus[number % len(opus)])
                    packet = packets.build(111, number, number * 960, index, sealed)
                    self._writer.write(wire.pack_sound(index, packet))
            number += 1
            due += 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _say(self, body: dict[str, Any]) -> None:
        if self._writer is not None:
            self._writer.write(wire.encode(wire.Kind.MESSAGE, json.dumps(body).encode()))

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, EpochBegun):
                for index in BROWSERS:
                    voice = self._voices.setdefault(index, FrameKeys())
                    voice.set_epoch(effect.n, index, effect.bases, _now())
            elif isinstance(effect, Send) and self._keys is not None:
                self._say({"type": "key", "from": 1, "body": effect.body})
                self._perform(self._keys.feed(1, effect.body, _now()))


def _now() -> float:
    return time.monotonic() * 1000
