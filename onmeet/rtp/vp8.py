"""The VP8 payload descriptor (RFC 7741 §4.2) and the few payload bytes that stay readable (§4.3)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "FRAME_START",
    "FRAME_START_MASK",
    "HIGHEST_TID",
    "KEY_FRAME_HEADER",
    "Descriptor",
    "build",
    "dimensions",
    "parse",
    "rewrite",
]

KEY_FRAME_HEADER = 10  # RFC 7741 §4.3, RFC 6386 §9.1: tag, start code, width, height

HIGHEST_TID = 3  # RFC 7741 §4.2: the temporal layer index has two bits

_EXTENDED = 0x80  # X
_START = 0x10  # S
_PARTITION = 0x07  # PID
FRAME_START_MASK = _START | _PARTITION
FRAME_START = _START  # of the first octet under the mask: the first packet of a frame
_HAS_PICTURE = 0x80  # I
_HAS_TL0 = 0x40  # L
_HAS_TID = 0x20  # T
_HAS_KEY_INDEX = 0x10  # K
_SYNC = 0x20  # Y
_WIDE = 0x80  # M: the picture id has 15 bits
_START_CODE = b"\x9d\x01\x2a"  # RFC 6386 §9.1


class Descriptor(NamedTuple):
    """A parsed descriptor; −1 means that a field is absent. Positions count from the packet's start."""

    starts_frame: bool  # S set, partition 0: the first packet of a frame
    picture_id: int
    picture_at: int
    picture_bits: int  # 15, 7, or 0 when absent
    tl0: int
    tl0_at: int
    tid: int
    sync: bool  # Y: depends on the base layer only, so receivers may start to follow its layer here
    payload: int  # where the VP8 payload begins


def parse(data: bytes | bytearray, start: int, end: int) -> Descriptor | None:
    """The descriptor at `data[start:end]`, or None when it is truncated or leaves no payload."""
    try:
        found = _read(data, start)
    except IndexError:
        return None
    return found if found.payload < end else None


def _read(data: bytes | bytearray, start: int) -> Descriptor:
    first = data[start]
    starts = first & FRAME_START_MASK == FRAME_START
    at = start + 1
    picture_id = picture_at = tl0 = tl0_at = tid = -1
    bits, sync = 0, False
    if first & _EXTENDED:
        fields = data[at]
        at += 1
        if fields & _HAS_PICTURE:
            picture_at = at
            if data[at] & _WIDE:
                picture_id, bits = (data[at] & 0x7F) << 8 | data[at + 1], 15
                at += 2
            else:
                picture_id, bits = data[at], 7
                at += 1
        if fields & _HAS_TL0:
            tl0, tl0_at = data[at], at
            at += 1
        if fields & (_HAS_TID | _HAS_KEY_INDEX):
            if fields & _HAS_TID:
                tid, sync = data[at] >> 6, bool(data[at] & _SYNC)
            at += 1
    return Descriptor(starts, picture_id, picture_at, bits, tl0, tl0_at, tid, sync, at)


def rewrite(buffer: bytearray, shift: int, descriptor: Descriptor, picture: int, tl0: int) -> None:
    """Add `picture` and `tl0` to the fields of a descriptor copied `shift` bytes further along.

    Sizes stay as they are: a 7-bit picture id stays one.
    """
    at = descriptor.picture_at + shift
    if descriptor.picture_bits == 15:
        value = (descriptor.picture_id + picture) & 0x7FFF
        buffer[at] = _WIDE | value >> 8
        buffer[at + 1] = value & 0xFF
    elif descriptor.picture_bits == 7:
        buffer[at] = (descriptor.picture_id + picture) & 0x7F
    if descriptor.tl0_at >= 0:
        buffer[descriptor.tl0_at + shift] = (descriptor.tl0 + tl0) & 0xFF


def dimensions(data: bytes, payload: int) -> tuple[int, int] | None:
    """Width and height from the clear bytes of a key frame (RFC 6386 §9.1), or None."""
    if len(data) < payload + KEY_FRAME_HEADER or data[payload + 3 : payload + 6] != _START_CODE:
        return None
    width = (data[payload + 7] << 8 | data[payload + 6]) & 0x3FFF
    height = (data[payload + 9] << 8 | data[payload + 8]) & 0x3FFF
    return width, height


def build(*, start: bool, picture_id: int = -1, tl0: int = -1, tid: int = -1, sync: bool = False) -> bytes:
    """A descriptor with a 15-bit picture id, for load generators and tests."""
    first = _START if start else 0
    fields = (
        (_HAS_PICTURE if picture_id >= 0 else 0)
        | (_HAS_TL0 if tl0 >= 0 else 0)
        | (_HAS_TID if tid >= 0 else 0)
    )
    if not fields:
        return bytes((first,))
    out = bytearray((first | _EXTENDED, fields))
    if picture_id >= 0:
        out += bytes((_WIDE | picture_id >> 8, picture_id & 0xFF))
    if tl0 >= 0:
        out.append(tl0)
    if tid >= 0:
        out.append(tid << 6 | (_SYNC if sync else 0))
    return bytes(out)
