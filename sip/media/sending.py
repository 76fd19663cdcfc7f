"""The stream that we send: numbers, packet length, markers; sans I/O."""

from __future__ import annotations

import secrets

from onmeet.rtp import packets

__all__ = ["Sending", "packet_ticks"]

_SHORTEST, _STEP, _LONGEST = 10, 10, 60  # ms a packet that we make


def packet_ticks(ptime: int) -> int:
    """Octets a packet for an `a=ptime` of so many milliseconds: whole 10 ms, 10 to 60."""
    return min(max(ptime // _STEP * _STEP, _SHORTEST), _LONGEST) * 8


class Sending:
    """Cuts octets into packets of one SSRC. Numbers are those of the next packet."""

    def __init__(
        self,
        payload_type: int,
        ptime: int,
        *,
        ssrc: int | None = None,
        index: int | None = None,
        timestamp: int | None = None,
    ) -> None:
        self.payload_type = payload_type
        self.ticks = packet_ticks(ptime)
        self.ssrc = _random32() if ssrc is None else ssrc
        # RFC 3711 §3.3.1: a first number in the lower half, or losing the first packets could upset SRTP.
        self.index = secrets.randbelow(0x8000) if index is None else index
        self.timestamp = _random32() if timestamp is None else timestamp
        self.packets = self.octets = 0  # of this SSRC, for sender reports
        self._pending = b""
        self._marker = True  # RFC 3551 §4.1: the first after silence

    def feed(self, octets: bytes) -> list[bytes]:
        """One frame's octets; the packets that are complete now."""
        if not self._pending and len(octets) == self.ticks:
            return [self._packet(octets)]
        self._pending += octets
        out = []
        while len(self._pending) >= self.ticks:
            out.append(self._packet(self._pending[: self.ticks]))
            self._pending = self._pending[self.ticks :]
        return out

    def skip(self, ticks: int) -> None:
        """A frame that is not sent: time goes on, numbers do not."""
        self.timestamp = (self.timestamp + len(self._pending) + ticks) & 0xFFFFFFFF
        self._pending = b""
        self._marker = True

    def change(self, payload_type: int, ptime: int) -> None:
        """Another codec or packet length; what waits is left out."""
        if (payload_type, packet_ticks(ptime)) != (self.payload_type, self.ticks):
            self.payload_type, self.ticks = payload_type, packet_ticks(ptime)
            self.skip(0)

    def renew(self) -> None:
        """Another SSRC and other numbers, for a new SRTP key."""
        self.ssrc, self.index, self.timestamp = _random32(), secrets.randbelow(0x8000), _random32()
        self.packets = self.octets = 0
        self._pending, self._marker = b"", True

    def _packet(self, payload: bytes) -> bytes:
        packet = packets.build(
            self.payload_type, self.index, self.timestamp, self.ssrc, payload, marker=self._marker
        )
        self.index += 1
        self.timestamp = (self.timestamp + len(payload)) & 0xFFFFFFFF
        self.packets += 1
        self.octets += len(payload)
        self._marker = False
        return packet


def _random32() -> int:
    return secrets.randbits(32)
