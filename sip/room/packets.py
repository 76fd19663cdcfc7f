"""Sound on the relay's link: `u16 index ‖ RTP packet` (PROTOCOL.md, The gateway's link)."""

from __future__ import annotations

import secrets
import struct
from typing import Final, NamedTuple

from onmeet.rtp import packets
from onmeet.rtp.extensions import block

__all__ = ["PAYLOAD_TYPE", "Heard", "Outgoing", "read"]

PAYLOAD_TYPE: Final = 111  # Opus, as browsers number it
SSRC_BASE: Final = 1000
TICKS: Final = 960  # 20 ms at Opus' RTP clock of 48 kHz (RFC 7587 §4.1)
LEVEL_ID: Final = 1
_SPOKEN: Final = -50.0
"""dBov above which a frame counts as voice (the V bit of RFC 6464 §3)."""

_INDEX: Final = struct.Struct("!H")


class Heard(NamedTuple):
    """A microphone's packet that the relay forwards."""

    sender: int
    sequence: int
    payload: bytes


def read(frame: bytes) -> Heard | None:
    """A packet from the relay; None where it is none."""
    if len(frame) < _INDEX.size:
        return None
    packet = frame[_INDEX.size :]
    header = packets.parse(packet)
    if header is None or header.payload_type != PAYLOAD_TYPE or header.start == header.end:
        return None
    return Heard(_INDEX.unpack_from(frame)[0], header.sequence, packet[header.start : header.end])


class Outgoing:
    """One admitted caller's RTP stream. Every tick counts, sent or not: time is right after a pause."""

    def __init__(self, index: int) -> None:
        self._head = _INDEX.pack(index)
        self._ssrc = index + SSRC_BASE
        self._sequence = secrets.randbelow(1 << 15)  # RFC 3711 §3.3.1 asks for the lower half
        self._timestamp = secrets.randbits(32)
        self._talking = False

    def skip(self) -> None:
        """20 ms went by without a packet."""
        self._timestamp += TICKS
        self._talking = False

    def next(self, payload: bytes, level: float) -> bytes:
        """The next frame for the link; `level` in dBov."""
        loud = block([(LEVEL_ID, bytes((_level(level),)))])
        marker, self._talking = not self._talking, True  # RFC 3551 §4.1: the first after a silence
        packet = packets.build(
            PAYLOAD_TYPE,
            self._sequence,
            self._timestamp,
            self._ssrc,
            payload,
            marker=marker,
            extensions=loud,
        )
        self._sequence += 1
        self._timestamp += TICKS
        return self._head + packet


def _level(dbov: float) -> int:
    """RFC 6464 §3: a bit for voice, then how far below the loudest, 0 to 127."""
    return (0x80 if dbov > _SPOKEN else 0) | max(0, min(127, round(-dbov)))
