"""The seams of the gateway: values that cross from one of its rooms to another. Only types live here.

wire ── Flow ──▶ core ── Incoming, Agreement ──▶ gateway ── LegState ──▶ room
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Literal, Protocol, cast, get_args

__all__ = [
    "FRAME",
    "RATE",
    "SRTP_SUITE",
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

SRTP_SUITE = "AES_CM_128_HMAC_SHA1_80"
"""The one crypto suite of the gateway (RFC 4568 §6.2)."""


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

    send: bytes = field(repr=False)
    receive: bytes = field(repr=False)
    suite: str = SRTP_SUITE

    def to_json(self) -> dict[str, Any]:
        """For the socket between processes; bytes become hex."""
        return {"send": self.send.hex(), "receive": self.receive.hex(), "suite": self.suite}

    @classmethod
    def from_json(cls, body: object) -> SrtpKeys:
        """What `to_json` made. Raises ValueError on anything else."""
        facts = _facts(body, {"send", "receive", "suite"})
        if facts["suite"] != SRTP_SUITE:
            raise ValueError("no such SRTP suite")
        return cls(_key(facts["send"]), _key(facts["receive"]))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What offer and answer settled for the one sound stream of a leg.

    remote: where RTP goes. remote_rtcp: where RTCP goes (port + 1, `a=rtcp`, or the same with rtcp_mux).
    payload_type: of the codec, the same both ways. event_type, event_rate: telephone-event (RFC 4733), None
    without. noise_type: comfort noise (RFC 3389), None without. ptime: milliseconds a packet that the far
    side wants. direction: from our side. held: the far side put us on hold (`sendonly`/`inactive`, or
    0.0.0.0). sources: further addresses from which media may come (those of the trunk).
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

    def to_json(self) -> dict[str, Any]:
        """For the socket between processes."""
        return {
            "remote": list(self.remote),
            "remote_rtcp": list(self.remote_rtcp) if self.remote_rtcp else None,
            "codec": self.codec,
            "payload_type": self.payload_type,
            "event_type": self.event_type,
            "noise_type": self.noise_type,
            "ptime": self.ptime,
            "direction": self.direction,
            "held": self.held,
            "rtcp_mux": self.rtcp_mux,
            "srtp": self.srtp.to_json() if self.srtp else None,
            "sources": list(self.sources),
        }

    @classmethod
    def from_json(cls, body: object) -> Agreement:
        """What `to_json` made. Raises ValueError on anything else."""
        facts = _facts(body, set(cls.__dataclass_fields__))
        sources = facts["sources"]
        if not isinstance(sources, list) or len(sources) > _MAX_SOURCES:
            raise ValueError("sources is no short list")
        return cls(
            remote=_address(facts["remote"]),
            remote_rtcp=None if facts["remote_rtcp"] is None else _address(facts["remote_rtcp"]),
            codec=cast(CodecName, _word(facts["codec"], get_args(CodecName))),
            payload_type=_number(facts["payload_type"], 127),
            event_type=_perhaps(facts["event_type"], 127),
            noise_type=_perhaps(facts["noise_type"], 127),
            ptime=_number(facts["ptime"], 200),
            direction=cast(Direction, _word(facts["direction"], get_args(Direction))),
            held=_yes_or_no(facts["held"]),
            rtcp_mux=_yes_or_no(facts["rtcp_mux"]),
            srtp=None if facts["srtp"] is None else SrtpKeys.from_json(facts["srtp"]),
            sources=tuple(_host(source) for source in sources),
        )


@dataclass(frozen=True, slots=True)
class LegState:
    """All of a running leg but its two sockets, so that another process can go on with it.

    ssrc, sequence, timestamp: of the next packet sent; sent_cycles: how often the sequence has wrapped
    (SRTP's roll-over counter). heard: SSRC, highest sequence and cycles of what was received, or None.
    latched: where RTP really comes from, once known. last_digit: timestamp and event of the last digit.
    cname: of our RTCP. reports_sent: protected RTCP packets so far (SRTCP's index, RFC 3711 §3.4).
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
    reports_sent: int = 0

    def to_json(self) -> dict[str, Any]:
        """For the socket between processes; bytes become hex."""
        return {
            "agreement": self.agreement.to_json(),
            "ssrc": self.ssrc,
            "sequence": self.sequence,
            "timestamp": self.timestamp,
            "sent_cycles": self.sent_cycles,
            "cname": self.cname,
            "heard": list(self.heard) if self.heard else None,
            "latched": list(self.latched) if self.latched else None,
            "last_digit": list(self.last_digit) if self.last_digit else None,
            "reports_sent": self.reports_sent,
        }

    @classmethod
    def from_json(cls, body: object) -> LegState:
        """What `to_json` made. Raises ValueError on anything else."""
        facts = _facts(body, set(cls.__dataclass_fields__))
        cname = facts["cname"]
        if not isinstance(cname, str) or not cname.isascii() or not 1 <= len(cname) <= 255:
            raise ValueError("cname is not short ASCII text")
        heard, digit, latched = facts["heard"], facts["last_digit"], facts["latched"]
        return cls(
            agreement=Agreement.from_json(facts["agreement"]),
            ssrc=_number(facts["ssrc"], _MAX32),
            sequence=_number(facts["sequence"], _MAX16),
            timestamp=_number(facts["timestamp"], _MAX32),
            sent_cycles=_number(facts["sent_cycles"], _MAX16),
            cname=cname,
            heard=None if heard is None else cast(tuple[int, int, int], _numbers(heard, _HEARD)),
            latched=None if latched is None else _address(latched),
            last_digit=None if digit is None else cast(tuple[int, int], _numbers(digit, _DIGIT)),
            reports_sent=_number(facts["reports_sent"], _MOST_REPORTS),
        )


_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_HEARD = (_MAX32, _MAX16, _MAX16)  # SSRC, sequence, cycles
_DIGIT = (_MAX32, 0xFF)  # timestamp, event
_MAX_SOURCES = 64
_MOST_REPORTS = 0xFFFFF  # two months of them; each costs a little when a leg is resumed
_KEY_BYTES = 30  # RFC 4568 §6.1: 128 bits of key, 112 of salt


def _facts(body: object, names: set[str]) -> Mapping[str, Any]:
    """A JSON object with exactly these members."""
    if not isinstance(body, dict) or set(body) != names:
        raise ValueError("not the members that were expected")
    return body


def _number(value: object, highest: int) -> int:
    if type(value) is not int or not 0 <= value <= highest:
        raise ValueError("not a number in its range")
    return value


def _perhaps(value: object, highest: int) -> int | None:
    return None if value is None else _number(value, highest)


def _numbers(value: object, highest: tuple[int, ...]) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != len(highest):
        raise ValueError("not that many numbers")
    return tuple(_number(one, limit) for one, limit in zip(value, highest, strict=True))


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _word(value: object, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        raise ValueError("not one of the known words")
    return value


def _host(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not an IP address")
    try:
        ip_address(value)
    except ValueError:  # its message would tell the address
        raise ValueError("not an IP address") from None
    return value


def _address(value: object) -> tuple[str, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("not an address and a port")
    return _host(value[0]), _number(value[1], _MAX16)


def _key(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * _KEY_BYTES:
        raise ValueError("not a key and salt of 30 bytes")
    try:
        key = bytes.fromhex(value)
    except ValueError:
        raise ValueError("not a key and salt of 30 bytes") from None
    if len(key) != _KEY_BYTES:  # fromhex skips blanks
        raise ValueError("not a key and salt of 30 bytes")
    return key


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
