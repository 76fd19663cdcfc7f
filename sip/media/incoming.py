"""What becomes of a datagram that reaches a leg; sans I/O. Any bytes from anywhere are safe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onmeet.rtp import packets
from sip.interface import Agreement, CodecName
from sip.media.events import DigitReceiver
from sip.media.latching import Address, Latch, plain_host
from sip.media.playout import Playout
from sip.media.reception import Sources
from sip.media.srtp import Srtp

__all__ = ["Counts", "Incoming"]

_LONGEST = 1500  # octets; longer is no telephone's packet
_STATIC: dict[int, CodecName] = {0: "PCMU", 8: "PCMA", 9: "G722"}  # RFC 3551 §6
_STATIC_NOISE = 13  # RFC 3389 §5.2


@dataclass(slots=True)
class Counts:
    """Packets so far. refused: from elsewhere, not authentic, or malformed."""

    received: int = 0
    late: int = 0
    duplicated: int = 0
    refused: int = 0


class Incoming:
    """The receiving half: who is heard, in which order, and which keys were pressed."""

    def __init__(
        self,
        agreement: Agreement,
        *,
        on_digit: Callable[[str], None],
        now: float,
        latched: Address | None = None,
        heard: tuple[int, int, int] | None = None,
        last_digit: tuple[int, int] | None = None,
    ) -> None:
        self._on_digit = on_digit
        self.latch = Latch(agreement.remote, agreement.sources, latched)
        self.sources = Sources(heard)
        self.events = DigitReceiver(last_digit)
        self.counts = Counts()
        self.heard_at = now
        self.codec: CodecName = agreement.codec
        self.playout = Playout(agreement.codec)
        self._adopt(agreement)

    def _adopt(self, agreement: Agreement) -> None:
        self._event_type = agreement.event_type
        self._listening = not agreement.held and agreement.direction in ("sendrecv", "recvonly")
        self._codecs = {**_STATIC, agreement.payload_type: agreement.codec}
        self._noise_types = {agreement.noise_type, _STATIC_NOISE} - {None, agreement.payload_type}

    def update(self, agreement: Agreement) -> None:
        """Media were renegotiated."""
        self.latch = self.latch.moved(agreement.remote, agreement.sources)
        self._adopt(agreement)
        if not self._listening:
            self.playout.restart()
        if agreement.codec != self.codec:
            self._switch(agreement.codec)

    def rtp(self, data: bytes, source: Address, srtp: Srtp | None, now: float) -> None:
        """A datagram on the RTP socket that is not RTCP."""
        source = (plain_host(source[0]), source[1])
        if len(data) > _LONGEST or not self.latch.accepts(source, now):
            self.counts.refused += 1
            return
        plain = srtp.unprotect(data) if srtp is not None else data
        header = packets.parse(plain) if plain is not None else None
        if plain is None or header is None or not self._known(header.payload_type):
            self.counts.refused += 1
            return
        self.latch.confirm(source, now)
        self.heard_at = now
        self._packet(header, plain[header.start : header.end], now)

    def _known(self, payload_type: int) -> bool:
        return (
            payload_type in self._codecs
            or payload_type == self._event_type
            or payload_type in self._noise_types
        )

    def _packet(self, header: packets.Header, payload: bytes, now: float) -> None:
        self.counts.received += 1
        if header.payload_type == self._event_type:
            self._event(header, payload)
            return
        chosen = self.sources.choose(header.ssrc, header.sequence, now)
        placed = chosen[0].place(header.sequence) if chosen else None
        if chosen is None or placed is None:
            self.counts.refused += 1
            return
        reception, (index, restarted) = chosen[0], placed
        if chosen[1] or restarted:
            self.playout.restart()
        reception.count(header.timestamp, now)
        if not self._listening:
            return
        if header.payload_type in self._noise_types:
            if index == reception.highest:  # not one that sound has overtaken
                self.playout.describe_noise(payload)
            return
        if self._codecs[header.payload_type] != self.codec:
            self._switch(self._codecs[header.payload_type])
        verdict = self.playout.put(index, header.timestamp, payload, now)
        self.counts.late += verdict == "late"
        self.counts.duplicated += verdict == "duplicate"

    def _event(self, header: packets.Header, payload: bytes) -> None:
        """A telephone-event; some gateways give them an SSRC of their own."""
        current = self.sources.current
        if current is not None and current.ssrc == header.ssrc and current.place(header.sequence):
            current.received += 1
        self.playout.pause()
        for digit in self.events.feed(header.timestamp, payload, marker=header.marker):
            self._on_digit(digit)

    def _switch(self, codec: CodecName) -> None:
        """The far side sends another codec (RFC 3264 §5.1 lets it, among those agreed on)."""
        self.codec = codec
        self.playout = Playout(codec)
