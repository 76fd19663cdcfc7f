"""Encoded frames that look like Opus and VP8 to a relay, each with a valid SFrame header (RFC 9605 §4.3).

Two kinds: *pattern* frames, whose ciphertext part is a known pattern with a stamp at the end of every packet
(load: cheap to check, impossible to mistake), and *sealed* frames, really encrypted by `onmeet.e2ee` (tests).
For a relay both look the same: it can check the SFrame header, never the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

AUDIO, VIDEO, SHARE = 1, 2, 3  # classes of docs/e2ee.md
VP8_KEY_CLEAR, VP8_DELTA_CLEAR = 10, 1
STAMP = Struct(">IHBBIIQ")  # magic, sender, track, layer, packet counter, frame counter, send time (ns)
STAMP_MAGIC = 0x4F4E4D54
_PATTERN = bytes((i * 37 + 11) & 0xFF for i in range(2048))


def key_id(media_class: int, index: int, epoch: int) -> int:
    """class << 14 | sender index << 4 | epoch mod 16."""
    return media_class << 14 | index << 4 | epoch % 16


def sframe_header(kid: int, counter: int) -> bytes:
    """The SFrame header: config byte, then KID and counter where they do not fit into it."""
    config, tail = 0, b""
    if kid < 8:
        config |= kid << 4
    else:
        size = (kid.bit_length() + 7) // 8
        config |= 0x80 | (size - 1) << 4
        tail += kid.to_bytes(size, "big")
    if counter < 8:
        config |= counter
    else:
        size = (counter.bit_length() + 7) // 8
        config |= 0x08 | (size - 1)
        tail += counter.to_bytes(size, "big")
    return bytes((config,)) + tail


def vp8_clear(key: bool, width: int = 640, height: int = 360) -> bytes:
    """The clear bytes of a VP8 frame: frame tag, and on a key frame start code and size (RFC 6386 §9.1)."""
    if not key:
        return b"\x11"
    return b"\x10\x02\x00\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")


def vp8_descriptor(*, start: bool, picture: int, tl0: int, key: bool) -> bytes:
    """The payload descriptor of RFC 7741 §4.2 as browsers send it: 15-bit picture id, TL0, TID."""
    return bytes(
        (
            0x90 if start else 0x80,  # X, S; partition 0
            0xE0,  # I, L, T
            0x80 | (picture >> 8) & 0x7F,
            picture & 0xFF,
            tl0 & 0xFF,
            0x20 if not key else 0x00,  # TID 0; Y on delta frames
        )
    )


def descriptor_length(buffer: memoryview | bytes, start: int) -> int:
    """Bytes of a VP8 payload descriptor at `start`."""
    length = 1
    if buffer[start] & 0x80:
        flags = buffer[start + 1]
        length = 2
        if flags & 0x80:
            length += 2 if buffer[start + 2] & 0x80 else 1
        length += bool(flags & 0x40) + bool(flags & 0x30)
    return length


def pattern(size: int) -> bytes:
    """The last `size` bytes of the known pattern: what stands before a stamp."""
    return _PATTERN[-size:]


@dataclass
class Stamper:
    """Makes stamped payload tails of one stream: pattern, then the stamp."""

    sender: int
    track: int
    layer: int = 0
    counter: int = 0

    def tail(self, size: int, frame: int, now_ns: int) -> bytes:
        """`size` bytes that end with the next stamp."""
        self.counter += 1
        return _PATTERN[STAMP.size - size :] + STAMP.pack(
            STAMP_MAGIC, self.sender, self.track, self.layer, self.counter, frame, now_ns
        )


def packetize(frame: bytes, limit: int = 1080) -> list[bytes]:
    """Split a frame into packet payloads of about equal size, as browsers do."""
    count = max(1, -(-len(frame) // limit))
    size = -(-len(frame) // count)
    return [frame[i : i + size] for i in range(0, len(frame), size)]
