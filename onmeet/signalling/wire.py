"""Framing on the Unix socket between the web process and the relay. Pure: bytes in, frames out.

A frame is `kind (u8) ‖ length (u32, big-endian) ‖ payload`. One connection carries either one browser's
session (a ticket, then messages both ways, at the end a close), one query and its reply, the stream of
reports to the keeper, or the telephone gateway's link to a room.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from onmeet.errors import ProtocolError

__all__ = [
    "DOWN_LIMIT",
    "UP_LIMIT",
    "Decoder",
    "Frame",
    "Kind",
    "encode",
    "pack_close",
    "pack_sound",
    "unpack_close",
]

UP_LIMIT = 512 * 1024
"""Longest payload towards the relay, bytes; also the longest WebSocket message taken (PROTOCOL.md)."""

DOWN_LIMIT = 16 * 1024 * 1024
"""Longest payload from the relay, bytes: a `welcome` into a meeting of a thousand."""

_HEADER = struct.Struct("!BI")
_CODE = struct.Struct("!H")
_SOUND = struct.Struct("!BIH")
_REASON_BYTES = 123  # a close frame's reason, RFC 6455 §5.5


class Kind(IntEnum):
    """What a frame carries."""

    TICKET = ord("T")
    MESSAGE = ord("M")  # UTF-8 JSON
    CLOSE = ord("C")  # u16 close code ‖ UTF-8 reason
    QUERY = ord("Q")  # JSON
    REPLY = ord("R")  # JSON
    FEED = ord("F")  # JSON; opens the stream of reports and acknowledges them
    REPORT = ord("E")  # JSON
    GATEWAY = ord("G")  # JSON; opens the telephone gateway's link to a room
    AUDIO = ord("A")  # u16 index ‖ RTP packet, on a gateway's link


class Frame(NamedTuple):
    """One whole frame."""

    kind: Kind
    payload: bytes


_KINDS = {int(kind): kind for kind in Kind}


def encode(kind: Kind, payload: bytes) -> bytes:
    """One frame as bytes."""
    return _HEADER.pack(kind, len(payload)) + payload


def pack_close(code: int, reason: str) -> bytes:
    """Payload of a CLOSE frame; a long reason is cut to what a WebSocket close frame holds."""
    return _CODE.pack(code) + reason.encode("utf-8", "replace")[:_REASON_BYTES]


def pack_sound(index: int, packet: bytes | bytearray | memoryview) -> bytes:
    """One whole AUDIO frame as bytes."""
    return b"".join((_SOUND.pack(Kind.AUDIO, _CODE.size + len(packet), index), packet))


def unpack_close(payload: bytes) -> tuple[int, str]:
    """Close code and reason. Raises ProtocolError `bad-frame`."""
    if len(payload) < _CODE.size:
        raise ProtocolError("bad-frame", "close without code")
    reason = payload[_CODE.size :][:_REASON_BYTES].decode("utf-8", "ignore")
    return _CODE.unpack_from(payload)[0], reason


class Decoder:
    """Cuts a byte stream into frames. Holds at most one frame of `limit` bytes and the last read."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes, give the frames that they complete.

        Raises ProtocolError `bad-frame` at an unknown kind or a length over the limit; the stream is
        then lost.
        """
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            number, length = _HEADER.unpack_from(self._buffer)
            kind = _KINDS.get(number)
            if kind is None or length > self._limit:
                raise ProtocolError("bad-frame", "unknown kind" if kind is None else "too long")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield Frame(kind, payload)
