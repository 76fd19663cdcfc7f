"""Feedback messages: generic NACK, PLI (RFC 4585), FIR (RFC 5104), REMB (draft-alvestrand-rmcat-remb)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from onmeet.rtp.rtcp import PAYLOAD_FEEDBACK, TRANSPORT_FEEDBACK, Part, join

__all__ = [
    "FIR",
    "NACK",
    "PLI",
    "REMB",
    "Remb",
    "fir",
    "media_ssrc",
    "nack",
    "parse_fir",
    "parse_nack",
    "parse_remb",
    "pli",
    "remb",
]

NACK = 1  # RFC 4585 §6.2.1, a transport-layer message
PLI = 1  # RFC 4585 §6.3.1, payload-specific from here on
FIR = 4  # RFC 5104 §4.3.1
REMB = 15  # RFC 4585 §6.4 application layer feedback, draft-alvestrand-rmcat-remb-03 §2.2

_REMB_NAME = b"REMB"
_PAIR = struct.Struct("!HH")
_TWO = struct.Struct("!II")
_BLP_BITS = 16  # RFC 4585 §6.2.1
_MAX_MANTISSA = 0x3FFFF  # 18 bits
_MAX_EXPONENT = 63  # 6 bits


class Remb(NamedTuple):
    """A receiver's estimate for all that it receives."""

    bitrate: int  # bit/s
    ssrcs: tuple[int, ...]


def media_ssrc(data: bytes, part: Part) -> int | None:
    """The media source that a feedback message is about, None when truncated."""
    if part.end - part.start < 8:
        return None
    return int.from_bytes(data[part.start + 4 : part.start + 8], "big")


def parse_nack(data: bytes, part: Part, limit: int = 1024) -> list[int]:
    """The sequence numbers that a NACK asks for, at most `limit`."""
    lost: list[int] = []
    for at in range(part.start + 8, part.end - 3, 4):
        first, mask = _PAIR.unpack_from(data, at)
        lost.append(first)
        while mask:
            low = mask & -mask
            lost.append((first + low.bit_length()) & 0xFFFF)
            mask ^= low
        if len(lost) >= limit:
            return lost[:limit]
    return lost


def nack(sender: int, media: int, lost: Iterable[int]) -> bytes:
    """A generic NACK for sequence numbers (or indexes) in rising order."""
    pairs: list[bytes] = []
    first, mask = -1, 0
    for number in lost:
        ahead = (number - first) & 0xFFFF
        if first >= 0 and 0 < ahead <= _BLP_BITS:
            mask |= 1 << (ahead - 1)
            continue
        if first >= 0:
            pairs.append(_PAIR.pack(first, mask))
        first, mask = number & 0xFFFF, 0
    if first >= 0:
        pairs.append(_PAIR.pack(first, mask))
    return join(TRANSPORT_FEEDBACK, NACK, _TWO.pack(sender, media) + b"".join(pairs))


def pli(sender: int, media: int) -> bytes:
    """A picture loss indication."""
    return join(PAYLOAD_FEEDBACK, PLI, _TWO.pack(sender, media))


def fir(sender: int, media: int, command: int) -> bytes:
    """A full intra request; `command` counts the requests modulo 256."""
    entry = _TWO.pack(media, (command & 0xFF) << 24)
    return join(PAYLOAD_FEEDBACK, FIR, _TWO.pack(sender, 0) + entry)


def parse_fir(data: bytes, part: Part) -> tuple[int, ...]:
    """The media sources that a FIR asks (RFC 5104 §4.3.1.1: they stand in its entries)."""
    return tuple(int.from_bytes(data[at : at + 4], "big") for at in range(part.start + 8, part.end - 7, 8))


def remb(sender: int, bitrate: int, ssrcs: Iterable[int]) -> bytes:
    """A REMB; the bit rate is rounded down to 18 significant bits."""
    listed = tuple(ssrcs)[:255]
    exponent = max(0, bitrate.bit_length() - 18)
    mantissa = bitrate >> exponent if exponent <= _MAX_EXPONENT else _MAX_MANTISSA
    word = len(listed) << 24 | min(exponent, _MAX_EXPONENT) << 18 | mantissa
    body = _TWO.pack(sender, 0) + _REMB_NAME + word.to_bytes(4, "big")
    return join(PAYLOAD_FEEDBACK, REMB, body + b"".join(ssrc.to_bytes(4, "big") for ssrc in listed))


def parse_remb(data: bytes, part: Part) -> Remb | None:
    """A REMB, or None when the message is another application's or truncated."""
    at = part.start + 8
    if part.end - at < 8 or data[at : at + 4] != _REMB_NAME:
        return None
    count = data[at + 4]
    exponent = data[at + 5] >> 2
    mantissa = (data[at + 5] & 3) << 16 | data[at + 6] << 8 | data[at + 7]
    if part.end - at - 8 < 4 * count:
        return None
    return Remb(mantissa << exponent, struct.unpack_from(f"!{count}I", data, at + 8))
