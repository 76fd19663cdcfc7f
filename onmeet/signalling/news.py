"""What the relay sends: every such message of PROTOCOL.md as a frozen dataclass, and its JSON.

A field whose name on the wire is a Python keyword has another name here: `sender` is `from`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, cast

from onmeet.relay.interface import Source
from onmeet.signalling.ticket import Role

__all__ = [
    "CallerView", "Callers", "Changed", "Demand", "DownOffer", "Error", "GuestView", "Joined", "Knocks",
    "Left", "LeftReason", "Lobby", "Locked", "Message", "Muted", "ParticipantView", "Pin", "Quality",
    "Refused", "RelayData", "RelayKey", "RelayPing", "RelayPong", "Resumed", "RoomView", "ServerMessage",
    "Speakers", "UpAnswer", "Waiting", "Welcome", "encode",
]  # fmt: skip

LeftReason = Literal["left", "lost", "kicked", "held"]


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """A participant as the others see it; `joined_at` is unix seconds, `call` names a phone's call."""

    index: int
    name: str
    role: Role
    kind: Literal["browser", "phone"]
    muted: tuple[Source, ...]
    hand: bool
    tracks: tuple[Source, ...]
    joined_at: int
    connected: bool
    call: str | None = None


@dataclass(frozen=True, slots=True)
class RoomView:
    """The meeting as `welcome` tells it; `instance` differs each time the meeting comes to life.

    lobby: guests wait until a host lets them in. pin: opens the meeting by telephone; None without one.
    """

    code: str
    instance: str
    locked: bool
    lobby: bool
    started_at: int
    limit: int
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class RelayKey:
    """A key message as it goes to everybody, and as the log keeps it."""

    TYPE: ClassVar[str] = "key"
    sender: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer to `join`."""

    TYPE: ClassVar[str] = "welcome"
    you: int
    token: str
    room: RoomView
    participants: tuple[ParticipantView, ...]
    log: tuple[RelayKey, ...]
    ice: dict[str, Any]
    heartbeat: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Answer to `join` of somebody who has to wait; `welcome` follows when a host lets them in."""

    TYPE: ClassVar[str] = "waiting"
    token: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """Answer to `resume`: the highest number that arrived here."""

    TYPE: ClassVar[str] = "resumed"
    ack: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody came in."""

    TYPE: ClassVar[str] = "joined"
    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody is no longer in the meeting."""

    TYPE: ClassVar[str] = "left"
    index: int
    reason: LeftReason


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed about a participant; None = unchanged."""

    TYPE: ClassVar[str] = "changed"
    index: int
    name: str | None = None
    muted: tuple[Source, ...] | None = None
    hand: bool | None = None
    tracks: tuple[Source, ...] | None = None
    connected: bool | None = None


@dataclass(frozen=True, slots=True)
class DownOffer:
    """The relay's offer of what it forwards; `tracks` maps MID to track."""

    TYPE: ClassVar[str] = "offer"
    gen: int
    sdp: str
    tracks: dict[str, str]
    pc: str = "down"


@dataclass(frozen=True, slots=True)
class UpAnswer:
    """The relay's answer to the browser's offer number `gen`."""

    TYPE: ClassVar[str] = "answer"
    gen: int
    sdp: str
    pc: str = "up"


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who speaks, loudest first."""

    TYPE: ClassVar[str] = "speakers"
    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """The layers of a source that somebody watches."""

    TYPE: ClassVar[str] = "demand"
    source: Source
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Connection quality, 3 good … 0 lost."""

    TYPE: ClassVar[str] = "quality"
    levels: dict[int, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """Frames without a valid SFrame header were not forwarded."""

    TYPE: ClassVar[str] = "refused"
    source: Source
    count: int


@dataclass(frozen=True, slots=True)
class RelayData:
    """A participant's sealed message."""

    TYPE: ClassVar[str] = "data"
    sender: int
    payload: str
    to: int | None


@dataclass(frozen=True, slots=True)
class Muted:
    """A host muted you."""

    TYPE: ClassVar[str] = "muted"
    by: int
    source: Source


@dataclass(frozen=True, slots=True)
class Locked:
    """The door was closed or opened."""

    TYPE: ClassVar[str] = "locked"
    locked: bool


@dataclass(frozen=True, slots=True)
class Lobby:
    """Guests wait from now on, or come in at once."""

    TYPE: ClassVar[str] = "lobby"
    on: bool


@dataclass(frozen=True, slots=True)
class GuestView:
    """Somebody who waits, as hosts see it: PROTOCOL.md, *The lobby*. `since` is unix seconds."""

    guest: int
    name: str
    signed_in: bool
    since: int


@dataclass(frozen=True, slots=True)
class Knocks:
    """Everybody who waits in a browser, for hosts."""

    TYPE: ClassVar[str] = "knocks"
    waiting: tuple[GuestView, ...]


@dataclass(frozen=True, slots=True)
class CallerView:
    """A waiting call as hosts see it: PROTOCOL.md, *The telephone*. `since` is unix seconds."""

    call: str
    label: str
    withheld: bool
    dialled_out: bool
    language: str
    since: int
    gw: str
    gateway: str
    expires: int
    s: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Everybody in the lobby, for hosts."""

    TYPE: ClassVar[str] = "callers"
    waiting: tuple[CallerView, ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """The meeting has another PIN."""

    TYPE: ClassVar[str] = "pin"
    pin: str


@dataclass(frozen=True, slots=True)
class RelayPing:
    """Heartbeat."""

    TYPE: ClassVar[str] = "ping"
    ack: int


@dataclass(frozen=True, slots=True)
class RelayPong:
    """Answer to the browser's `ping`."""

    TYPE: ClassVar[str] = "pong"
    ack: int


@dataclass(frozen=True, slots=True)
class Error:
    """A message was without effect; `about` is its type, `re` its number."""

    TYPE: ClassVar[str] = "error"
    code: str
    about: str
    re: int


ServerMessage = (
    Welcome | Waiting | Resumed | Joined | Left | Changed | DownOffer | UpAnswer | Speakers | Demand | Quality
    | Refused | RelayKey | RelayData | Muted | Locked | Lobby | Knocks | Callers | Pin | RelayPing | RelayPong
    | Error
)  # fmt: skip

_WIRE_NAMES = {"sender": "from"}


@cache
def _names(kind: type) -> tuple[tuple[str, str], ...]:
    return tuple((f.name, _WIRE_NAMES.get(f.name, f.name)) for f in fields(kind))


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass as a JSON object; a field that is None is left out."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no place in a message")
    plain = {}
    for name, wire_name in _names(cast(type, type(value))):
        if (field := getattr(value, name)) is not None:
            plain[wire_name] = field
    return plain


class Message(Protocol):
    """A frozen dataclass that knows its type on the wire."""

    TYPE: ClassVar[str]


def encode(message: Message) -> bytes:
    """The message as JSON without its opening brace: the session puts `{"seq":n,` before it.

    So a message for a whole room is encoded once.
    """
    plain = {"type": message.TYPE, **_plain(message)}
    text = json.dumps(plain, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text[1:].encode()
