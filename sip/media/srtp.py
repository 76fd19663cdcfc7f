"""SRTP and SRTCP of one leg (RFC 3711) with the keys that SDP agreed on (RFC 4568).

libsrtp cannot be told a roll-over counter. A session that goes on where another process stopped is therefore
brought there: it protects, or is fed, packets of our own making, two or three for each wrap of the sequence
number, and none of them is ever sent.
"""

from __future__ import annotations

from pylibsrtp import Error, Policy, Session

from onmeet.rtp import packets
from onmeet.rtp.sequence import extend
from sip.interface import SrtpKeys

__all__ = ["Srtp"]

_STRIDE = 0x7000  # RFC 3711 §3.3.1: a step of less than 2^15 is never taken for a wrap backwards
_MOST_SSRCS = 64  # libsrtp keeps something for each
_EMPTY_REPORT = b"\x80\xc9\x00\x01"  # RTCP RR without blocks, but for the SSRC


def _session(key: bytes, direction: int) -> Session:
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AES128_CM_SHA1_80))


def _sender(key: bytes, ssrc: int, last: int | None) -> Session:
    """A session that has sent everything up to the index `last` (sequence with cycles)."""
    session = _session(key, Policy.SSRC_ANY_OUTBOUND)
    if last is not None:
        for index in _steps(last):
            session.protect(packets.build(0, index & 0xFFFF, 0, ssrc, b""))
    return session


def _receiver(key: bytes, ssrc: int, highest: int | None) -> Session:
    """A session that has received everything up to the index `highest`."""
    session = _session(key, Policy.SSRC_ANY_INBOUND)
    if highest is not None:
        twin = _session(key, Policy.SSRC_ANY_OUTBOUND)
        for index in _steps(highest):
            session.unprotect(twin.protect(packets.build(0, index & 0xFFFF, 0, ssrc, b"")))
    return session


def _steps(last: int) -> list[int]:
    """Indexes from the first cycle up to `last`, each within reach of the one before."""
    steps = list(range(last, -1, -_STRIDE))
    return steps[::-1]


class Srtp:
    """Both directions. When resuming, `sent`: last index sent; `heard`: SSRC and highest index received."""

    def __init__(
        self,
        keys: SrtpKeys,
        *,
        ssrc: int,
        sent: int | None = None,
        heard: tuple[int, int] | None = None,
        reports_sent: int = 0,
    ) -> None:
        self.keys = keys
        self.reports_sent = 0
        self._send = _sender(keys.send, ssrc, sent)
        self._receive = _receiver(keys.receive, *(heard or (0, None)))
        self._other: Session | None = None
        self._highest = dict([heard]) if heard else {}
        for _ in range(reports_sent):
            self.protect_report(_EMPTY_REPORT + ssrc.to_bytes(4, "big"))

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet of ours for the line."""
        return bytes(self._send.protect(packet))

    def protect_report(self, packet: bytes) -> bytes:
        """An RTCP packet of ours for the line."""
        self.reports_sent += 1
        return bytes(self._send.protect_rtcp(packet))

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet inside, or None: not authentic, replayed, too old or too long."""
        ssrc = int.from_bytes(packet[8:12], "big")
        if ssrc not in self._highest and len(self._highest) >= _MOST_SSRCS:
            return None
        plain = self._opened(packet)
        if plain is None:
            return None
        sequence = packet[2] << 8 | packet[3]
        known = self._highest.get(ssrc, sequence)
        self._highest[ssrc] = max(known, extend(sequence, known))
        return plain

    def highest(self, ssrc: int) -> int | None:
        """The highest index of that source: sequence number with the roll-over counter."""
        return self._highest.get(ssrc)

    def unprotect_report(self, packet: bytes) -> bytes | None:
        """The RTCP packet inside, or None."""
        try:
            return bytes(self._receive.unprotect_rtcp(packet))
        except (Error, ValueError):
            return None

    def rekey(self, keys: SrtpKeys, *, ssrc: int, heard: int | None) -> None:
        """Other keys were agreed on. `ssrc` is a new one of ours if `keys.send` is; `heard`: the far side's.

        RFC 4568 leaves open whether the far side's roll-over counter begins anew with its key: the first
        packet that is authentic under either reading decides.
        """
        if keys.send != self.keys.send:
            self._send, self.reports_sent = _sender(keys.send, ssrc, None), 0
        if keys.receive != self.keys.receive:
            self._receive, self._other = _receiver(keys.receive, 0, None), None
            highest = None if heard is None else self._highest.get(heard)
            self._highest.clear()
            if heard is not None and highest is not None and highest > 0xFFFF:
                self._other = _receiver(keys.receive, heard, highest)
                self._highest[heard] = highest
        self.keys = keys

    def _opened(self, packet: bytes) -> bytes | None:
        try:
            plain = bytes(self._receive.unprotect(packet))
        except (Error, ValueError):
            return self._otherwise(packet)
        if self._other is not None:  # under the new key the counter began anew
            self._other = None
            self._highest.clear()
        return plain

    def _otherwise(self, packet: bytes) -> bytes | None:
        if self._other is None:
            return None
        try:
            plain = bytes(self._other.unprotect(packet))
        except (Error, ValueError):
            return None
        self._receive, self._other = self._other, None
        return plain
