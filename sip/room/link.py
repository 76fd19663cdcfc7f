"""The relay's link of one room: `G` on its Unix socket, then messages and sound (PROTOCOL.md)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from onmeet.errors import ProtocolError
from onmeet.signalling import wire

__all__ = ["Link", "Listener"]

log = structlog.get_logger()

GOOD_FOR_SECONDS: Final = 10
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0
REPLACED: Final = 4409
_UNSENT_LIMIT: Final = 256 * 1024
"""Bytes that wait for the relay to read; above it sound is dropped, as the relay does."""


class Listener(Protocol):
    """What the room hears of its link. Must not raise."""

    def attached(self) -> None:
        """The link is up; say which calls there are. `attached` follows as a message."""

    def message(self, body: dict[str, Any]) -> None:
        """A JSON message."""

    def sound(self, frame: bytes) -> None:
        """`u16 index ‖ RTP packet`."""

    def detached(self) -> None:
        """The link broke; it is tried again."""

    def replaced(self) -> None:
        """Another process has taken the room over: this one is not wanted any more."""


class Link:
    """Keeps one link up; what is sent while it is down is dropped, as `attached` begins anew."""

    def __init__(self, path: Path, room: str, listener: Listener, wall: Any) -> None:
        self._path = path
        self._room = room
        self._listener = listener
        self._wall = wall
        self._connection: _Connection | None = None

    @property
    def up(self) -> bool:
        """Whether the relay can be reached at the moment."""
        return self._connection is not None

    async def run(self) -> None:
        """Connect, and again whenever the link ends, until cancelled; never again once it was replaced.

        Two that replace each other by turns would each let go of their callers.
        """
        wait = FIRST_WAIT
        while (code := await self._once()) != REPLACED:
            if code is not None:
                wait = FIRST_WAIT
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT, 2 * wait)
        await asyncio.get_running_loop().create_future()  # callers still have to be told

    async def _once(self) -> int | None:
        """One connection from beginning to end; with which code it ended, None when there was none."""
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_unix_connection(lambda: _Connection(self), str(self._path))
        except OSError:
            return None
        opening = {"room": self._room, "expires": self._wall() + GOOD_FOR_SECONDS}
        connection.write(wire.encode(wire.Kind.GATEWAY, json.dumps(opening).encode()))
        self._connection = connection
        self._listener.attached()
        try:
            code = await connection.ended
        finally:
            self._connection = None
            connection.close()
        if code == REPLACED:
            self._listener.replaced()
        self._listener.detached()
        return code

    def send(self, body: dict[str, Any]) -> None:
        """A message to the relay."""
        if self._connection is not None:
            self._connection.write(wire.encode(wire.Kind.MESSAGE, json.dumps(body).encode()))

    def send_sound(self, frames: list[bytes]) -> None:
        """The frames of one tick."""
        if self._connection is not None and frames and self._connection.unsent < _UNSENT_LIMIT:
            self._connection.write(b"".join(wire.encode(wire.Kind.AUDIO, frame) for frame in frames))

    def receive(self, frame: wire.Frame) -> int | None:
        """A frame from the relay; a close code ends the connection."""
        match frame.kind:
            case wire.Kind.AUDIO:
                self._listener.sound(frame.payload)
            case wire.Kind.MESSAGE:
                body = _object(frame.payload)
                if body is not None:
                    self._listener.message(body)
            case wire.Kind.CLOSE:
                return wire.unpack_close(frame.payload)[0]
        return None


class _Connection(asyncio.Protocol):
    def __init__(self, link: Link) -> None:
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._link = link
        self._decoder = wire.Decoder(wire.DOWN_LIMIT)
        self._transport: asyncio.Transport | None = None

    @property
    def unsent(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._decoder.feed(data):
                code = self._link.receive(frame)
                if code is not None:
                    return self._end(code)
        except ProtocolError:
            log.error("the relay speaks another version")
            self._end(0)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(0)

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _end(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(code)
        self.close()


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and isinstance(body.get("type"), str) else None
