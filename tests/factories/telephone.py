"""The telephone gateway's side of a room's link: in the test's own hands, or over the relay's real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from onmeet.e2ee.encoding import to_base64url
from onmeet.signalling import wire
from onmeet.signalling.closing import Closing
from onmeet.signalling.gateway import Gateway
from onmeet.signalling.ticket import TICKET_SECONDS
from tests.factories.people import CODE, House

__all__ = ["FakeLine", "GatewayClient", "Switch", "call_name", "ringing", "rtp", "sealed"]

LEVEL = 0x10  # one-byte extension 1, one octet


def call_name(number: int) -> str:
    """The name of a call, as `call` fields have it."""
    return to_base64url(number.to_bytes(16, "big"))


def ringing(number: int, *, now: float, **changes: Any) -> dict[str, Any]:
    """A `call` message. Keys and signature are of the right size; nobody here looks into them."""
    fields = {
        "type": "call", "call": call_name(number), "gw": to_base64url(bytes([number]) * 32),
        "expires": int(now) + 3600, "gateway": to_base64url(b"g" * 32),
        "s": to_base64url(b"s" * 64), "label": f"…{number:04}", "withheld": False,
        "dialled_out": False, "language": "de", "reports": [],
    }  # fmt: skip
    return {**fields, **changes}


def sealed(index: int, size: int = 60, *, kind: int = 1) -> bytes:
    """What looks like an SFrame frame of a class (1: microphone) by a participant; nobody can open it."""
    kid = kind << 14 | index << 4
    return bytes([0x98]) + kid.to_bytes(2, "big") + bytes([7]) + bytes(size)


def rtp(
    index: int,
    sequence: int,
    payload: bytes | None = None,
    *,
    level: int | None = 20,
    payload_type: int = 111,
    ssrc: int | None = None,
) -> bytes:
    """One RTP packet of an admitted call, as the gateway makes them."""
    head = struct.pack(
        "!BBHII", 0x80 if level is None else 0x90, payload_type, sequence & 0xFFFF,
        sequence * 960 & 0xFFFFFFFF, index + 1000 if ssrc is None else ssrc,
    )  # fmt: skip
    if level is not None:
        head += struct.pack("!HHBBxx", 0xBEDE, 1, LEVEL, level)
    return head + (sealed(index) if payload is None else payload)


class FakeLine:
    """A connection that keeps what was written to it."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.packets: list[tuple[int, bytes]] = []
        self.closed: Closing | None = None

    def write(self, text: bytes) -> None:
        assert self.closed is None, "written to after the close"
        self.texts.append(text)

    def sound(self, index: int, packet: bytes | bytearray | memoryview) -> bool:
        self.packets.append((index, bytes(packet)))
        return True

    def close(self, how: Closing) -> None:
        assert self.closed is None, "closed twice"
        self.closed = how


class Switch:
    """A gateway's link to the room of a `House`."""

    def __init__(self, house: House, code: str = CODE) -> None:
        self.house = house
        self.line = FakeLine()
        self._read = 0
        gateway = house.registry.connect(code, self.line)
        assert gateway is not None
        self.gateway: Gateway = gateway

    def say(self, kind: str, **fields: Any) -> None:
        self.say_raw(json.dumps({"type": kind, **fields}).encode())

    def say_raw(self, text: bytes) -> None:
        self.gateway.receive(text)

    def ring(self, number: int = 1, **changes: Any) -> str:
        """A call comes to the lobby; its name."""
        message = ringing(number, now=1_700_000_000 + self.house.now, **changes)
        self.say_raw(json.dumps(message).encode())
        return call_name(number)

    def read(self) -> list[dict[str, Any]]:
        """Everything new."""
        messages = [json.loads(text) for text in self.line.texts[self._read :]]
        self._read = len(self.line.texts)
        return messages

    def take(self, kind: str) -> dict[str, Any]:
        """The one message of this type among everything new."""
        found = [message for message in self.read() if message["type"] == kind]
        assert len(found) == 1, f"{len(found)} {kind} messages"
        return found[0]

    def types(self) -> list[str]:
        return [message["type"] for message in self.read()]

    def error(self) -> str:
        return str(self.take("error")["code"])


class GatewayClient:
    """A gateway's link over the relay's Unix socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.inbox: deque[dict[str, Any]] = deque()
        self.sounds: deque[tuple[int, bytes]] = deque()
        self.closed: int | None = None
        self.ended = asyncio.Event()
        self._reader, self._writer = reader, writer
        self._decoder = wire.Decoder(wire.DOWN_LIMIT)
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, path: Path, code: str, *, seconds: float = TICKET_SECONDS) -> GatewayClient:
        reader, writer = await asyncio.open_unix_connection(str(path))
        opening = {"room": code, "expires": time.time() + seconds}
        writer.write(wire.encode(wire.Kind.GATEWAY, json.dumps(opening).encode()))
        return cls(reader, writer)

    def say(self, kind: str, **fields: Any) -> None:
        self.say_raw(json.dumps({"type": kind, **fields}).encode())

    def say_raw(self, text: bytes) -> None:
        self.write(wire.encode(wire.Kind.MESSAGE, text))

    def write(self, data: bytes) -> None:
        """Anything at all."""
        self._writer.write(data)

    def ring(self, number: int = 1, **changes: Any) -> str:
        self.say_raw(json.dumps(ringing(number, now=time.time(), **changes)).encode())
        return call_name(number)

    def sound(self, index: int, packet: bytes) -> None:
        self.write(wire.pack_sound(index, packet))

    async def wait_for(
        self, kind: str, where: Callable[[dict[str, Any]], bool] = lambda _: True, within: float = 10
    ) -> dict[str, Any]:
        """Take the first message of this type that fits; earlier ones stay."""

        def found() -> dict[str, Any] | None:
            return next((m for m in self.inbox if m["type"] == kind and where(m)), None)

        async with self._news, asyncio.timeout(within):
            while (message := found()) is None:
                assert not self.ended.is_set(), f"the link ended before {kind}"
                await self._news.wait()
            self.inbox.remove(message)
            return message

    async def wait_for_sounds(self, count: int, within: float = 10) -> list[tuple[int, bytes]]:
        """The next so many packets."""
        async with self._news, asyncio.timeout(within):
            while len(self.sounds) < count:
                assert not self.ended.is_set(), "the link ended"
                await self._news.wait()
            return [self.sounds.popleft() for _ in range(count)]

    def pause(self) -> None:
        """Read nothing until `resume`."""
        self._task.cancel()
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def resume(self) -> None:
        self._writer.transport.resume_reading()  # type: ignore[attr-defined]
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Hang up without a word."""
        self._task.cancel()
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _listen(self) -> None:
        data = b"-"
        while data:
            try:
                data = await self._reader.read(65536)
            except ConnectionError:
                data = b""
            async with self._news:
                for frame in self._decoder.feed(data):
                    self._take(frame)
                if not data:
                    self.ended.set()
                self._news.notify_all()

    def _take(self, frame: wire.Frame) -> None:
        match frame.kind:
            case wire.Kind.MESSAGE:
                self.inbox.append(json.loads(frame.payload))
            case wire.Kind.AUDIO:
                self.sounds.append((int.from_bytes(frame.payload[:2], "big"), frame.payload[2:]))
            case wire.Kind.CLOSE:
                self.closed = wire.unpack_close(frame.payload)[0]
