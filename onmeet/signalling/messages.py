"""What browsers send: every such message of PROTOCOL.md as a frozen dataclass.

They are made by `parsing.parse` alone, so that each field is known to be what its type says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from onmeet.relay.interface import Source

__all__ = [
    "Admit", "Answer", "ClientMessage", "Data", "End", "Hold", "Join", "Key", "Keyframe", "Kick", "Leave",
    "LetIn", "Lobby", "Lock", "Mute", "Name", "Ping", "Pong", "Reject", "Rename", "Restart", "Resume",
    "State", "TurnAway", "UpOffer", "View",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Join:
    """Enter the meeting as a new participant."""

    TYPE: ClassVar[str] = "join"
    name: str
    muted: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Resume:
    """Take a session over; `seq` is the browser's next unsent number."""

    TYPE: ClassVar[str] = "resume"
    token: str
    ack: int
    seq: int


@dataclass(frozen=True, slots=True)
class UpOffer:
    """The browser's whole offer of what it sends; `sources` maps MID to source."""

    TYPE: ClassVar[str] = "offer"
    gen: int
    sdp: str
    sources: dict[str, Source]


@dataclass(frozen=True, slots=True)
class Answer:
    """The browser's answer to the relay's offer number `gen`."""

    TYPE: ClassVar[str] = "answer"
    gen: int
    sdp: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Offer again, with new ICE credentials."""

    TYPE: ClassVar[str] = "restart"


@dataclass(frozen=True, slots=True)
class View:
    """Device pixels at which tracks are shown."""

    TYPE: ClassVar[str] = "view"
    sizes: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class State:
    """What the participant says of itself; None = unchanged."""

    TYPE: ClassVar[str] = "state"
    muted: tuple[Source, ...] | None
    hand: bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A new display name."""

    TYPE: ClassVar[str] = "name"
    name: str


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A track cannot be decoded or decrypted here."""

    TYPE: ClassVar[str] = "keyframe"
    track: str


@dataclass(frozen=True, slots=True)
class Key:
    """A step of the browsers' key agreement."""

    TYPE: ClassVar[str] = "key"
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Data:
    """A sealed message for all others, or one."""

    TYPE: ClassVar[str] = "data"
    payload: str
    to: int | None


@dataclass(frozen=True, slots=True)
class Kick:
    """Host: take a participant out."""

    TYPE: ClassVar[str] = "kick"
    index: int


@dataclass(frozen=True, slots=True)
class Mute:
    """Host: mute a participant's source."""

    TYPE: ClassVar[str] = "mute"
    index: int
    source: Source


@dataclass(frozen=True, slots=True)
class Admit:
    """Host: let a waiting telephone call in."""

    TYPE: ClassVar[str] = "admit"
    call: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Reject:
    """Host: hang up a waiting telephone call."""

    TYPE: ClassVar[str] = "reject"
    call: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Host: send a phone back to the lobby."""

    TYPE: ClassVar[str] = "hold"
    index: int


@dataclass(frozen=True, slots=True)
class Rename:
    """Host: give a phone another name."""

    TYPE: ClassVar[str] = "rename"
    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Lobby:
    """Host: guests wait until they are let in, or come in at once."""

    TYPE: ClassVar[str] = "lobby"
    on: bool


@dataclass(frozen=True, slots=True)
class LetIn:
    """Host: let people in who wait, by their numbers."""

    TYPE: ClassVar[str] = "let-in"
    guests: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Host: send somebody away who waits."""

    TYPE: ClassVar[str] = "turn-away"
    guest: int


@dataclass(frozen=True, slots=True)
class Lock:
    """Host: close or open the door."""

    TYPE: ClassVar[str] = "lock"
    locked: bool


@dataclass(frozen=True, slots=True)
class End:
    """Host: end the meeting for everybody."""

    TYPE: ClassVar[str] = "end"


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered by `pong`."""

    TYPE: ClassVar[str] = "ping"
    ack: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to the relay's `ping`."""

    TYPE: ClassVar[str] = "pong"
    ack: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave for good."""

    TYPE: ClassVar[str] = "leave"


ClientMessage = (
    Join | Resume | UpOffer | Answer | Restart | View | State | Name | Keyframe | Key | Data | Kick
    | Mute | Admit | Reject | Hold | Rename | Lobby | LetIn | TurnAway | Lock | End | Ping | Pong | Leave
)  # fmt: skip
