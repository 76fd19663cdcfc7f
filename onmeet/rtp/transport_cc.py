"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from onmeet.rtp.rtcp import TRANSPORT_FEEDBACK, Part, join

__all__ = ["FORMAT", "MAX_SPAN", "Feedback", "build", "parse"]

FORMAT = 15  # §3.1: FMT of the message
MAX_SPAN = 2048  # packets that one message of ours covers; keeps it below a datagram

_HEAD = struct.Struct("!IIHHI")
_REFERENCE = 0.064  # §3.1: the reference time counts 64 ms
_TICK = 0.000250  # §3.1.5: a receive delta counts 250 µs
_PER_REFERENCE = 256  # ticks in a reference unit

_LOST, _SMALL, _LARGE = 0, 1, 2  # §3.1.1 packet status symbols
_MAX_RUN = 0x1FFF  # §3.1.3: 13 bits of run length
_ONE_BIT, _TWO_BIT = 14, 7  # §3.1.4: symbols in a status vector chunk
_WORTH_A_RUN = _TWO_BIT  # a shorter run would carry fewer symbols than a vector


class Feedback(NamedTuple):
    """A parsed message. Arrival times count from the reference's own epoch, in seconds."""

    sender: int
    media: int
    number: int  # of the message, modulo 256
    arrivals: tuple[tuple[int, float | None], ...]  # sequence → arrival, None = not received


def build(
    sender: int, media: int, number: int, base: int, arrivals: Sequence[tuple[int, float]]
) -> tuple[bytes, int]:
    """One message, and how many of the given arrivals it covers.

    base: the first index (extended sequence number) reported on; what lies between it and the first
    arrival counts as lost. Must be less than `MAX_SPAN` before the first arrival.
    arrivals: (index, seconds), indexes rising and distinct, at least one.
    It covers fewer when the span or a delta would not fit; send the rest in the next message.
    """
    reference = int(arrivals[0][1] / _REFERENCE)
    last = reference * _PER_REFERENCE
    symbols: list[int] = []
    deltas = bytearray()
    used = 0
    for index, seconds in arrivals:
        ticks = round(seconds / _TICK)
        delta = ticks - last
        if index - base >= MAX_SPAN or not -0x8000 <= delta <= 0x7FFF:
            break
        symbols.extend([_LOST] * (index - base - len(symbols)))
        if 0 <= delta <= 0xFF:
            symbols.append(_SMALL)
            deltas.append(delta)
        else:
            symbols.append(_LARGE)
            deltas += delta.to_bytes(2, "big", signed=True)
        last = ticks
        used += 1
    head = _HEAD.pack(
        sender,
        media,
        base & 0xFFFF,
        len(symbols),
        (reference & 0xFFFFFF) << 8 | (number & 0xFF),
    )
    body = head + _chunks(symbols) + bytes(deltas)
    return join(TRANSPORT_FEEDBACK, FORMAT, body + bytes(-len(body) % 4)), used


def _chunks(symbols: list[int]) -> bytes:
    out = bytearray()
    at, size = 0, len(symbols)
    while at < size:
        symbol = symbols[at]
        end = at + 1
        while end < size and symbols[end] == symbol and end - at < _MAX_RUN:
            end += 1
        if end - at >= _WORTH_A_RUN or end == size:
            out += (symbol << 13 | (end - at)).to_bytes(2, "big")
            at = end
            continue
        some = symbols[at : at + _ONE_BIT]
        bits, word = (1, 0x8000) if _LARGE not in some else (2, 0xC000)
        some = some[: _ONE_BIT // bits]
        for place, value in enumerate(some):
            word |= value << (_ONE_BIT - bits * (place + 1))
        out += word.to_bytes(2, "big")
        at += len(some)
    return bytes(out)


def parse(data: bytes, part: Part) -> Feedback | None:
    """A message, or None when it is truncated or uses the reserved symbol."""
    if part.end - part.start < _HEAD.size:
        return None
    sender, media, base, total, word = _HEAD.unpack_from(data, part.start)
    read = _read_symbols(data, part.start + _HEAD.size, part.end, total)
    if read is None:
        return None
    symbols, at = read
    last = (word >> 8) * _PER_REFERENCE
    arrivals: list[tuple[int, float | None]] = []
    for place, symbol in enumerate(symbols):
        if symbol not in (_LOST, _SMALL, _LARGE) or at + symbol > part.end:
            return None
        if symbol:
            last += int.from_bytes(data[at : at + symbol], "big", signed=symbol == _LARGE)
            at += symbol
        arrivals.append(((base + place) & 0xFFFF, last * _TICK if symbol else None))
    return Feedback(sender, media, word & 0xFF, tuple(arrivals))


def _read_symbols(data: bytes, at: int, end: int, total: int) -> tuple[list[int], int] | None:
    """The status symbols, and where the deltas begin."""
    symbols: list[int] = []
    while len(symbols) < total:
        if at + 2 > end:
            return None
        chunk = data[at] << 8 | data[at + 1]
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13] * min(chunk & _MAX_RUN, total - len(symbols))
            if not chunk & _MAX_RUN:
                return None  # a run of nothing would never end
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:total], at
