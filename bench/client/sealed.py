"""Frames that are really encrypted and opened again: what tests send, and how they see it arrive.

The keys come from the test, not from the key protocol: here the relay is under test, not the schedule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.client.frames import (
    AUDIO,
    VIDEO,
    VP8_DELTA_CLEAR,
    VP8_KEY_CLEAR,
    descriptor_length,
    key_id,
    packetize,
    vp8_clear,
    vp8_descriptor,
)
from bench.client.receiver import Packet, ReceiveStream
from bench.client.sender import Sender, SendStream
from onmeet.e2ee.sframe import FrameError, FrameKey, decode_header

_MAX_OPEN_FRAMES = 64


class FrameSealer:
    """Seals the frames of one track: one key, one counter, clear bytes authenticated (E2EE design)."""

    def __init__(self, base_key: bytes, media_class: int, index: int, epoch: int = 0) -> None:
        self._key = FrameKey(base_key, key_id(media_class, index, epoch))
        self._counter = 0

    def seal(self, frame: bytes, clear: int) -> bytes:
        """clear bytes ‖ SFrame header ‖ ciphertext ‖ tag."""
        sealed = self._key.seal(self._counter, frame[clear:], frame[:clear])
        self._counter += 1
        return frame[:clear] + sealed


class FrameOpener:
    """Opens frames of any sender that holds the base key. Raises FrameError."""

    def __init__(self, base_key: bytes) -> None:
        self._base_key = base_key
        self._keys: dict[int, FrameKey] = {}

    def open(self, frame: bytes, clear: int) -> bytes:
        """The plain frame."""
        header = decode_header(frame, clear)
        if header is None:
            raise FrameError("malformed")
        key = self._keys.get(header.kid)
        if key is None:
            key = self._keys[header.kid] = FrameKey(self._base_key, header.kid)
        return frame[:clear] + key.open(header, frame[clear:], frame[:clear])


def clear_bytes(kind: str, frame: bytes) -> int:
    """How many bytes of an encoded frame stay clear: none of Opus, the frame header of VP8."""
    if kind == "audio":
        return 0
    return VP8_DELTA_CLEAR if frame[0] & 1 else VP8_KEY_CLEAR


class SealedMicrophone:
    """Sends given Opus-like frames, sealed; without a sealer they leave in clear."""

    def __init__(self, sender: Sender, stream: SendStream, index: int, base_key: bytes | None) -> None:
        self._sender = sender
        self._stream = stream
        self._sealer = FrameSealer(base_key, AUDIO, index) if base_key else None
        self.frames = 0

    def send(self, frame: bytes, level: int = 20) -> None:
        """Send one frame of 20 ms."""
        payload = self._sealer.seal(frame, 0) if self._sealer else frame
        self._sender.send(self._stream, payload, self.frames * 960, marker=False, level=level)
        self.frames += 1


class SealedCamera:
    """Sends VP8-like frames, sealed, on one layer; key frames whenever they are asked for."""

    def __init__(self, sender: Sender, stream: SendStream, index: int, base_key: bytes | None) -> None:
        self._sender = sender
        self._stream = stream
        self._sealer = FrameSealer(base_key, VIDEO, index) if base_key else None
        self.frames = 0

    def send(self, body: bytes) -> bytes:
        """Send one frame with the given body; returns the whole plain frame."""
        key = self._stream.keyframe_wanted
        self._stream.keyframe_wanted = False
        frame = vp8_clear(key) + body
        sealed = self._sealer.seal(frame, clear_bytes("video", frame)) if self._sealer else frame
        pieces = packetize(sealed)
        for number, piece in enumerate(pieces):
            head = vp8_descriptor(start=number == 0, picture=self.frames, tl0=self.frames, key=key)
            self._sender.send(
                self._stream, head + piece, self.frames * 3600, marker=number == len(pieces) - 1
            )
        self.frames += 1
        return frame


@dataclass
class _OpenFrame:
    pieces: dict[int, bytes] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None


class FrameCollector:
    """Puts the packets of one subscribing connection together to frames (RFC 7741 §4.4).

    Set `collector.take` as the receiver's observer; `frames[ssrc]` holds whole frames as sent, sealed.
    """

    def __init__(self) -> None:
        self.frames: dict[int, list[bytes]] = {}
        self._open: dict[tuple[int, int], _OpenFrame] = {}

    def take(self, stream: ReceiveStream, packet: Packet) -> None:
        """Take one packet."""
        frames = self.frames.setdefault(stream.ssrc, [])
        if stream.kind == "audio":
            frames.append(packet.payload)
            return
        key = (stream.ssrc, packet.timestamp)
        frame = self._open.setdefault(key, _OpenFrame())
        skip = descriptor_length(packet.payload, 0)
        frame.pieces[packet.sequence] = packet.payload[skip:]
        if packet.payload[0] & 0x10:
            frame.first = packet.sequence
        if packet.marker:
            frame.last = packet.sequence
        whole = _whole(frame)
        if whole is not None:
            frames.append(whole)
            del self._open[key]
        elif len(self._open) > _MAX_OPEN_FRAMES:
            del self._open[next(iter(self._open))]


def _whole(frame: _OpenFrame) -> bytes | None:
    if frame.first is None or frame.last is None:
        return None
    count = ((frame.last - frame.first) & 0xFFFF) + 1
    numbers = [(frame.first + i) & 0xFFFF for i in range(count)]
    if any(number not in frame.pieces for number in numbers):
        return None
    return b"".join(frame.pieces[number] for number in numbers)
