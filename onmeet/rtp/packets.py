"""The RTP header at fixed offsets (RFC 3550 §5.1).

The forwarding path reads headers itself, with `HEADER`; the functions here serve everything else.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = [
    "CSRC_MASK",
    "EXTENSION",
    "HEADER",
    "HEADER_LENGTH",
    "MARKER",
    "PADDING",
    "VERSION_BITS",
    "VERSION_MASK",
    "Header",
    "build",
    "is_rtcp",
    "padding_only",
    "parse",
    "plain",
]

HEADER = struct.Struct("!BBHII")  # RFC 3550 §5.1: flags, marker + type, sequence, timestamp, SSRC
HEADER_LENGTH = 12
VERSION_MASK = 0xC0
VERSION_BITS = 0x80  # RFC 3550 §5.1: version 2
PADDING = 0x20
EXTENSION = 0x10
CSRC_MASK = 0x0F
MARKER = 0x80

# RFC 5761 §4: second octet of RTCP packet types when multiplexed with RTP
_RTCP_FIRST, _RTCP_LAST = 192, 223

# RFC 3550 §5.1 lets the last octet count the padding, itself included
_PADDING_UNIT = 4


class Header(NamedTuple):
    """What one RTP packet says of itself; the payload is `data[start:end]`."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    profile: int  # of the extension block (RFC 8285), 0 without one
    extension_start: int
    extension_end: int
    start: int
    end: int


def parse(data: bytes | bytearray) -> Header | None:
    """The header of an RTP packet, or None when it is not one (truncated, wrong version or padding)."""
    size = len(data)
    if size < HEADER_LENGTH or data[0] & VERSION_MASK != VERSION_BITS:
        return None
    flags, kind, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    start = HEADER_LENGTH + 4 * (flags & CSRC_MASK)
    profile, extension_start = 0, start
    if flags & EXTENSION:
        if start + 4 > size:
            return None
        profile = data[start] << 8 | data[start + 1]
        extension_start = start + 4
        start = extension_start + 4 * (data[start + 2] << 8 | data[start + 3])
    extension_end = start if profile else extension_start
    end = size
    if flags & PADDING:
        if size <= start or data[-1] == 0:
            return None
        end -= data[-1]
    if start > end:
        return None
    return Header(
        bool(kind & MARKER),
        kind & 0x7F,
        sequence,
        timestamp,
        ssrc,
        profile,
        extension_start,
        extension_end,
        start,
        end,
    )


def is_rtcp(data: bytes) -> bool:
    """Whether a packet on a multiplexed transport is RTCP (RFC 5761 §4)."""
    return len(data) >= 8 and _RTCP_FIRST <= data[1] <= _RTCP_LAST


def build(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    marker: bool = False,
    extensions: bytes = b"",
) -> bytes:
    """An RTP packet; `extensions` is a whole block as `extensions.block()` makes it."""
    flags = VERSION_BITS | (EXTENSION if extensions else 0)
    kind = payload_type | (MARKER if marker else 0)
    head = HEADER.pack(flags, kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + extensions + payload


def plain(data: bytes, header: Header) -> bytes:
    """The same packet without CSRCs, extensions and padding."""
    return build(
        header.payload_type,
        header.sequence,
        header.timestamp,
        header.ssrc,
        data[header.start : header.end],
        marker=header.marker,
    )


def padding_only(payload_type: int, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """A packet that carries nothing: it fills a number that has nothing to show (RFC 3550 §5.1)."""
    head = HEADER.pack(VERSION_BITS | PADDING, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + bytes((0,) * (_PADDING_UNIT - 1)) + bytes((_PADDING_UNIT,))
