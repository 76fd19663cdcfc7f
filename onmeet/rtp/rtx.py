"""Retransmission payloads (RFC 4588 §4): the original sequence number, then the original payload."""

from __future__ import annotations

from onmeet.rtp.packets import EXTENSION, HEADER, MARKER, VERSION_BITS, Header

__all__ = ["OSN_LENGTH", "unwrap", "wrap"]

OSN_LENGTH = 2  # RFC 4588 §4: the original sequence number stands before the payload


def unwrap(data: bytes, header: Header, payload_type: int, ssrc: int) -> bytes | None:
    """The original packet out of an RTX packet, without extensions and padding.

    None for an empty one: browsers send those as padding when they probe for bandwidth.
    """
    start = header.start + OSN_LENGTH
    if header.end <= start:
        return None
    original = data[start - 2] << 8 | data[start - 1]
    kind = payload_type | (MARKER if header.marker else 0)
    head = HEADER.pack(VERSION_BITS, kind, original, header.timestamp, ssrc)
    return head + data[start : header.end]


def wrap(
    payload: bytes | bytearray,
    original: int,
    *,
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    marker: bool,
    extensions: bytes = b"",
) -> bytes:
    """An RTX packet that repeats `payload`, first sent as sequence number `original`."""
    head = HEADER.pack(
        VERSION_BITS | (EXTENSION if extensions else 0),
        payload_type | (MARKER if marker else 0),
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    return head + extensions + (original & 0xFFFF).to_bytes(2, "big") + payload
