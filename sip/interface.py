"""The seams of the gateway: values that cross from one of its rooms to another. Only types live here.

    wire ── Flow ──▶ core ── Incoming, Agreement ──▶ gateway ── LegState ──▶ room
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

__all__ = [
    "FRAME",
    "RATE",
    "Agreement",
    "Call",
    "CallListener",
    "CodecName",
    "Direction",
    "EndReason",
    "Flow",
    "Identity",
    "LegState",
    "SrtpKeys",
    "TransportName",
]

RATE = 16_000
"""Samples a second on the gateway's inner side; always int16, mono."""

FRAME = 320
"""Samples of one frame: 20 ms."""

TransportName = Literal["udp", "tcp", "tls"]
CodecName = Literal["PCMA", "PCMU", "G722"]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


class Flow(Protocol):
    """Where SIP bytes came from, and where answers go: a remote address on UDP, or one connection."""

    @property
    def transport(self) -> TransportName:
        """Of which kind."""

    @property
    def local(self) -> tuple[str, int]:
        """Our address and port, as the far side reaches them (for Via and Contact)."""

    @property
    def remote(self) -> tuple[str, int]:
        """Where the other side sends from."""

    @property
    def open(self) -> bool:
        """False once a connection has ended; UDP stays open."""

    def send(self, data: bytes) -> None:
        """Send one whole message. Never raises, never waits."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls or is called, as far as the network says; nothing of it is ever logged.

    number: international form (`+4930…`) where it could be told, else the digits as sent, else "".
    display: the name sent along, "" without. withheld: the caller suppressed the number (RFC 3323, or
    `anonymous`): then `number` and `display` are "" whatever P-Asserted-Identity says.
    """

    number: str = ""
    display: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """SDES (RFC 4568): master key ‖ salt, 30 bytes each way, and the suite's name."""

    send: bytes
    receive: bytes
    suite: str = "AES_CM_128_HMAC_SHA1_80"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What offer and answer settled for the one sound stream of a leg.

    remote: where RTP goes. remote_rtcp: where RTCP goes (port + 1, `a=rtcp`, or the same with rtcp_mux).
    payload_type: of the codec, the same both ways. event_type, event_rate: telephone-event (RFC 4733), None
    without. noise_type: comfort noise (RFC 3389), None without. ptime: milliseconds a packet that the far side
    wants. direction: from our side. held: the far side put us on hold (`sendonly`/`inactive`, or 0.0.0.0).
    sources: further addresses from which media may come (those of the trunk).
    """

    remote: tuple[str, int]
    remote_rtcp: tuple[str, int] | None
    codec: CodecName
    payload_type: int
    event_type: int | None = None
    noise_type: int | None = None
    ptime: int = 20
    direction: Direction = "sendrecv"
    held: bool = False
    rtcp_mux: bool = False
    srtp: SrtpKeys | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LegState:
    """All of a running leg but its two sockets, so that another process can go on with it.

    ssrc, sequence, timestamp: of the next packet sent; sent_cycles: how often the sequence has wrapped
    (SRTP's roll-over counter). heard: SSRC, highest sequence and cycles of what was received, or None.
    latched: where RTP really comes from, once known. last_digit: timestamp and event of the last digit.
    cname: of our RTCP.
    """

    agreement: Agreement
    ssrc: int
    sequence: int
    timestamp: int
    sent_cycles: int
    cname: str
    heard: tuple[int, int, int] | None = None
    latched: tuple[str, int] | None = None
    last_digit: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """For the socket between processes; bytes become hex."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> LegState:
        """What `to_json` made."""
        raise NotImplementedError


EndReason = Literal["bye", "cancelled", "refused", "busy", "no-answer", "failed", "timeout", "media", "ours"]
"""Why a call is over: the far side's word, ours, or what went wrong."""


class CallListener(Protocol):
    """What the gateway hears of one call. Must not raise."""

    def answered(self, agreement: Agreement) -> None:
        """A call that we made was answered, or one that we answered has its ACK and media."""

    def changed(self, agreement: Agreement) -> None:
        """Media changed: re-INVITE or UPDATE (address, hold, codec, keys)."""

    def digit(self, digit: str) -> None:
        """A digit by SIP INFO: one of 0–9, *, #, A–D."""

    def ended(self, reason: EndReason) -> None:
        """The call is over; nothing follows."""


class Call(Protocol):
    """One call, incoming or outgoing, as the gateway sees it."""

    @property
    def identity(self) -> Identity:
        """The other side."""

    @property
    def dialled(self) -> str:
        """User part of the request URI (incoming), or the number that we dial."""

    @property
    def trunk(self) -> str | None:
        """Name of the trunk, or None for a softphone on this machine."""

    @property
    def source(self) -> str:
        """IP address of the other side's signalling."""

    @property
    def domain(self) -> str:
        """Host of the other side's From URI: the PBX's domain."""

    @property
    def licence(self) -> str:
        """What a PBX says of its licence in User-Agent or X- headers; "" without."""

    def ring(self) -> None:
        """Send 180."""

    def answer(self, address: str, port: int) -> None:
        """Accept with media at this address and port of ours (RTCP: port + 1)."""

    def reject(self, status: int) -> None:
        """Refuse an incoming call with a final status, 300–699."""

    def hang_up(self) -> None:
        """BYE, CANCEL or a refusal, whatever the state asks for. Idempotent."""
