"""RTCP compound packets (RFC 3550 §6) and the reports, names and goodbyes in them.

Feedback messages are in `feedback` and `transport_cc`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = [
    "BYE",
    "PAYLOAD_FEEDBACK",
    "RR",
    "SDES",
    "SR",
    "TRANSPORT_FEEDBACK",
    "ReceiverReport",
    "ReportBlock",
    "SenderReport",
    "bye",
    "compact_ntp",
    "goodbyes",
    "join",
    "parse_report_blocks",
    "parse_sender",
    "receiver_report",
    "sdes_cname",
    "sender_report",
    "split",
]

SR = 200  # RFC 3550 §6.4.1
RR = 201  # RFC 3550 §6.4.2
SDES = 202  # RFC 3550 §6.5
BYE = 203  # RFC 3550 §6.6
TRANSPORT_FEEDBACK = 205  # RFC 4585 §6.1 RTPFB
PAYLOAD_FEEDBACK = 206  # RFC 4585 §6.1 PSFB

_CNAME = 1  # RFC 3550 §6.5.1
_HEAD = struct.Struct("!BBH")
_SENDER = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_MAX_PARTS = 64  # more in one datagram is no honest compound packet
_MAX_BLOCKS = 31  # RFC 3550 §6.4.1: the count has five bits


class Part(NamedTuple):
    """One RTCP packet of a compound; its body, after the four header bytes, is `data[start:end]`."""

    kind: int
    subtype: int  # report count, or the format of a feedback message
    start: int
    end: int


class ReportBlock(NamedTuple):
    """Reception of one source (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256, since the last report
    lost: int  # in all; negative when duplicates outnumber losses
    highest: int  # extended highest sequence number
    jitter: int  # in clock ticks
    last_sr: int  # middle 32 bits of the NTP time of the last sender report, 0 = none
    delay: int  # since that report, in 1/65536 s


class SenderReport(NamedTuple):
    """What a source says of its own clock and count (RFC 3550 §6.4.1)."""

    ssrc: int
    ntp: int  # 64-bit NTP time
    rtp: int  # the same instant in clock ticks
    packets: int
    octets: int


class ReceiverReport(NamedTuple):
    """Who reports, and what about whom."""

    ssrc: int
    blocks: tuple[ReportBlock, ...]


def split(data: bytes) -> tuple[Part, ...]:
    """The parts of a compound packet; empty when any of it is malformed (RFC 3550 §A.2).

    Reduced-size packets (RFC 5506) are accepted.
    """
    parts: list[Part] = []
    at, size = 0, len(data)
    while at < size:
        if at + 4 > size or data[at] & 0xC0 != 0x80 or len(parts) == _MAX_PARTS:
            return ()
        end = at + 4 + 4 * (data[at + 2] << 8 | data[at + 3])
        if end > size:
            return ()
        body_end = end
        if data[at] & 0x20:  # padding: only the last part may have it
            if end != size or data[end - 1] == 0 or data[end - 1] > end - at - 4:
                return ()
            body_end -= data[end - 1]
        parts.append(Part(data[at + 1], data[at] & 0x1F, at + 4, body_end))
        at = end
    return tuple(parts)


def join(kind: int, count: int, body: bytes) -> bytes:
    """One RTCP packet; `body` is a multiple of four bytes long."""
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def parse_sender(data: bytes, part: Part) -> SenderReport | None:
    """The sender's own part of an SR."""
    if part.end - part.start < _SENDER.size:
        return None
    return SenderReport(*_SENDER.unpack_from(data, part.start))


def parse_report_blocks(data: bytes, part: Part) -> ReceiverReport | None:
    """The reporter and its blocks, of an SR or an RR. None when truncated."""
    at = part.start + (_SENDER.size if part.kind == SR else 4)
    if part.end < at + _BLOCK.size * part.subtype:
        return None
    ssrc = int.from_bytes(data[part.start : part.start + 4], "big")
    return ReceiverReport(ssrc, tuple(_blocks(data, at, part.subtype)))


def _blocks(data: bytes, at: int, count: int) -> Iterator[ReportBlock]:
    for _ in range(count):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(data, at)
        lost = loss & 0xFFFFFF
        if lost & 0x800000:  # 24-bit two's complement
            lost -= 0x1000000
        yield ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay)
        at += _BLOCK.size


def _pack_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            (block.fraction_lost & 0xFF) << 24 | (max(-0x800000, min(block.lost, 0x7FFFFF)) & 0xFFFFFF),
            block.highest & 0xFFFFFFFF,
            min(block.jitter, 0xFFFFFFFF),
            block.last_sr,
            min(block.delay, 0xFFFFFFFF),
        )
        for block in blocks
    )


def receiver_report(ssrc: int, blocks: Sequence[ReportBlock]) -> bytes:
    """An RR; further blocks than one packet holds go into further RRs (RFC 3550 §6.1)."""
    out = []
    for first in range(0, max(1, len(blocks)), _MAX_BLOCKS):
        some = blocks[first : first + _MAX_BLOCKS]
        out.append(join(RR, len(some), ssrc.to_bytes(4, "big") + _pack_blocks(some)))
    return b"".join(out)


def sender_report(report: SenderReport, blocks: Sequence[ReportBlock] = ()) -> bytes:
    """An SR. Counters are taken modulo 2³² (RFC 3550 §6.4.1). At most 31 blocks."""
    body = _SENDER.pack(
        report.ssrc,
        report.ntp & 0xFFFFFFFFFFFFFFFF,
        report.rtp & 0xFFFFFFFF,
        report.packets & 0xFFFFFFFF,
        report.octets & 0xFFFFFFFF,
    )
    return join(SR, len(blocks), body + _pack_blocks(blocks))


def sdes_cname(ssrc: int, cname: str) -> bytes:
    """An SDES with the one item that RFC 3550 §6.5.1 demands."""
    name = cname.encode("ascii", "replace")[:255]
    body = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(name))) + name + b"\0"
    return join(SDES, 1, body + bytes(-len(body) % 4))


def bye(ssrcs: Sequence[int]) -> bytes:
    """A BYE for up to 31 sources."""
    return join(BYE, len(ssrcs), b"".join(ssrc.to_bytes(4, "big") for ssrc in ssrcs))


def goodbyes(data: bytes, part: Part) -> tuple[int, ...]:
    """The sources that a BYE names; empty when truncated."""
    if part.end - part.start < 4 * part.subtype:
        return ()
    return struct.unpack_from(f"!{part.subtype}I", data, part.start)


def compact_ntp(ntp: int) -> int:
    """The middle 32 bits of an NTP time, as reports quote it (RFC 3550 §6.4.1 LSR)."""
    return ntp >> 16 & 0xFFFFFFFF
