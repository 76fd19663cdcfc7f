"""RTP header extensions: one-byte and two-byte forms (RFC 8285), and the values that we use."""

from __future__ import annotations

from collections.abc import Iterable

from onmeet.rtp.packets import Header

__all__ = [
    "ABS_SEND_TIME",
    "AUDIO_LEVEL",
    "MID",
    "ONE_BYTE",
    "REPAIRED_RID",
    "RID",
    "TRANSPORT_CC",
    "abs_send_time",
    "block",
    "is_two_byte",
    "read",
    "text",
]

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"  # RFC 9143 §15.1
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"  # RFC 8852 §4.1
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"  # RFC 8852 §4.2
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464 §5
TRANSPORT_CC = (  # draft-holmer-rmcat-transport-wide-cc-extensions-01 §2
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
)
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

ONE_BYTE = 0xBEDE  # RFC 8285 §4.2
_TWO_BYTE = 0x1000  # RFC 8285 §4.3, the low four bits are free
_STOP = 15  # RFC 8285 §4.2: this id ends the reading of a one-byte block
_MAX_ONE_BYTE_ID = 14


def is_two_byte(profile: int) -> bool:
    """Whether a block uses the two-byte form (RFC 8285 §4.3)."""
    return profile & 0xFFF0 == _TWO_BYTE


def read(data: bytes, header: Header) -> dict[int, bytes]:
    """The elements of a packet by id. A truncated element ends the reading."""
    found: dict[int, bytes] = {}
    at, end = header.extension_start, header.extension_end
    two = is_two_byte(header.profile)
    if not two and header.profile != ONE_BYTE:
        return found
    while at < end:
        first = data[at]
        if first == 0:  # padding, RFC 8285 §4.1.1
            at += 1
            continue
        if two:
            if at + 2 > end:
                break
            name, size, at = first, data[at + 1], at + 2
        else:
            name, size, at = first >> 4, (first & 15) + 1, at + 1
            if name == _STOP:
                break
        if at + size > end:
            break
        found[name] = data[at : at + size]
        at += size
    return found


def block(elements: Iterable[tuple[int, bytes]]) -> bytes:
    """A whole extension block (profile, length, elements, padding) for `packets.build`.

    The one-byte form where every element allows it. Empty for no elements.
    """
    listed = list(elements)
    if not listed:
        return b""
    one = all(0 < name <= _MAX_ONE_BYTE_ID and 1 <= len(value) <= 16 for name, value in listed)
    if one:
        body = b"".join(bytes((name << 4 | len(value) - 1,)) + value for name, value in listed)
    else:
        body = b"".join(bytes((name, len(value))) + value for name, value in listed)
    body += bytes(-len(body) % 4)
    profile = ONE_BYTE if one else _TWO_BYTE
    return profile.to_bytes(2, "big") + (len(body) // 4).to_bytes(2, "big") + body


def text(value: bytes | None, limit: int = 16) -> str | None:
    """An SDES item as text: ASCII letters, digits, `-` and `_`, or None (RFC 8852 §3, RFC 8843)."""
    if not value or len(value) > limit:
        return None
    word = value.rstrip(b"\0").decode("ascii", "replace")
    return word if word.replace("-", "a").replace("_", "a").isalnum() and word.isascii() else None


def abs_send_time(seconds: float) -> int:
    """Seconds as the 24-bit value of `abs-send-time`: 6 bits of seconds, 18 of fraction."""
    return int(seconds * 262144.0) & 0xFFFFFF
