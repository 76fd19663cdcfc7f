"""Between the gateway and one room process: one JSON object a packet (SOCK_SEQPACKET), sockets beside it.

    gateway ── Take, Digit, Media, Gone, Signed, End ──▶ room process
    gateway ◀── Up, Sign, HangUp, Empty ── room process

The two ends are programs of ours that trust each other; reading is strict all the same, as a packet that is
not understood means that they are of different versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast, get_args

from onmeet.e2ee.encoding import BodyError, from_base64url, to_base64url
from onmeet.errors import ProtocolError
from sip.interface import Agreement, LegState
from sip.ivr.steps import Kept, Told

__all__ = [
    "LIMIT",
    "CallFacts",
    "Digit",
    "Empty",
    "End",
    "Gone",
    "HangUp",
    "Media",
    "Order",
    "Sign",
    "Signed",
    "Take",
    "Up",
    "Word",
    "encode",
    "read_order",
    "read_word",
]

T = TypeVar("T")

LIMIT: Final = 64 * 1024
"""Longest packet, bytes."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the notice in force lets a meeting know of a call; passed on to the relay as it is.

    label: for the host's screen. reports, record: as in PROTOCOL.md, The gateway's link. language: of the
    prompts. told: the notice that the caller has heard before, for hearing it again.
    """

    label: str = ""
    withheld: bool = False
    dialled_out: bool = False
    language: str = "en"
    told: Told = field(default_factory=Told)
    reports: tuple[str, ...] = ()
    record: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Take:
    """A call joins the room; its RTP and RTCP sockets come along, in this order."""

    call: str
    leg: LegState
    facts: CallFacts


@dataclass(frozen=True, slots=True)
class Digit:
    """A digit by SIP INFO."""

    call: str
    digit: str


@dataclass(frozen=True, slots=True)
class Media:
    """A re-INVITE or UPDATE changed the sound stream."""

    call: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Gone:
    """The call is over."""

    call: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The gateway's signature over the statement that `Sign` asked for."""

    call: str
    expires: int
    gateway: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class End:
    """Nobody follows: exit."""


Order = Take | Digit | Media | Gone | Signed | End


@dataclass(frozen=True, slots=True)
class Up:
    """The process runs; said again every few seconds."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Please sign for this call's public key until `expires`, unix seconds."""

    call: str
    gw: bytes
    expires: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """End this call; the room has let go of it. `why` is a word of sip.ivr."""

    call: str
    why: str


@dataclass(frozen=True, slots=True)
class Empty:
    """No call is left. The gateway answers `End`, unless a `Take` is on its way."""


Word = Up | Sign | HangUp | Empty


def encode(message: Order | Word) -> bytes:
    """One packet."""
    match message:
        case Take(call, leg, facts):
            body = {"do": "take", "call": call, "leg": leg.to_json(), **_facts_to_json(facts)}
        case Digit(call, digit):
            body = {"do": "digit", "call": call, "digit": digit}
        case Media(call, agreement):
            body = {"do": "media", "call": call, "agreement": agreement.to_json()}
        case Gone(call):
            body = {"do": "gone", "call": call}
        case Signed(call, expires, gateway, signature):
            body = {"do": "signed", "call": call, "expires": expires}
            body |= {"gateway": to_base64url(gateway), "s": signature}
        case End():
            body = {"do": "end"}
        case Up():
            body = {"say": "up"}
        case Sign(call, gw, expires):
            body = {"say": "sign", "call": call, "gw": to_base64url(gw), "expires": expires}
        case HangUp(call, why):
            body = {"say": "hang-up", "call": call, "why": why}
        case Empty():
            body = {"say": "empty"}
    return json.dumps(body).encode()


Body = dict[str, Any]

_ORDERS: Final[dict[str, Callable[[Body], Order]]] = {
    "take": lambda b: Take(_call(b), LegState.from_json(b["leg"]), _facts_from_json(b)),
    "digit": lambda b: Digit(_call(b), _digit(b["digit"])),
    "media": lambda b: Media(_call(b), Agreement.from_json(b["agreement"])),
    "gone": lambda b: Gone(_call(b)),
    "signed": lambda b: Signed(_call(b), int(b["expires"]), from_base64url(b["gateway"], 32), str(b["s"])),
    "end": lambda b: End(),
}

_WORDS: Final[dict[str, Callable[[Body], Word]]] = {
    "up": lambda b: Up(),
    "sign": lambda b: Sign(_call(b), from_base64url(b["gw"], 32), int(b["expires"])),
    "hang-up": lambda b: HangUp(_call(b), str(b["why"])),
    "empty": lambda b: Empty(),
}


def read_order(packet: bytes) -> Order:
    """What the gateway wants. Raises ProtocolError `bad-packet`."""
    return _read(packet, "do", _ORDERS)


def read_word(packet: bytes) -> Word:
    """What a room process says. Raises ProtocolError `bad-packet`."""
    return _read(packet, "say", _WORDS)


def _read(packet: bytes, key: str, readers: dict[str, Callable[[Body], T]]) -> T:
    try:
        body = json.loads(packet)
        return readers[body[key]](body)
    except (ValueError, LookupError, TypeError, AttributeError, BodyError, RecursionError):
        raise ProtocolError("bad-packet", "not of this version") from None


def _call(body: Body) -> str:
    from_base64url(body["call"], 16)
    return str(body["call"])


def _digit(value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value not in "0123456789*#ABCD":
        raise ValueError("digit")
    return value


def _facts_to_json(facts: CallFacts) -> Body:
    return {
        "label": facts.label,
        "withheld": facts.withheld,
        "dialled_out": facts.dialled_out,
        "language": facts.language,
        "told": {"kept": facts.told.kept, "recording": facts.told.recording, "agree": facts.told.agree},
        "reports": list(facts.reports),
        "record": facts.record,
    }


def _facts_from_json(body: Body) -> CallFacts:
    return CallFacts(
        label=str(body["label"]),
        withheld=bool(body["withheld"]),
        dialled_out=bool(body["dialled_out"]),
        language=str(body["language"]),
        told=_told(body["told"]),
        reports=tuple(str(each) for each in body["reports"]),
        record={str(name): str(value) for name, value in body["record"].items()},
    )


def _told(body: Body) -> Told:
    if body["kept"] not in get_args(Kept):
        raise ValueError("kept")
    return Told(cast(Kept, body["kept"]), bool(body["recording"]), bool(body["agree"]))
