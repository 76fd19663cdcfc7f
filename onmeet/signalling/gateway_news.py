"""What the relay says over a room's link to the telephone gateway; key messages go as `news.RelayKey`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from onmeet.signalling.news import Message, RelayKey, encode

__all__ = [
    "NOBODY", "Admitted", "Attached", "Departed", "End", "Failed", "Held", "HeldReason", "Present", "Removed",
    "RemovedReason", "Renamed", "RoomState", "Silenced", "written",
]  # fmt: skip

End = Literal["ended", "empty"]
HeldReason = Literal["host", "no-host", "room"]
RemovedReason = Literal["rejected", "kicked"]


@dataclass(frozen=True, slots=True)
class Present:
    """How many there are in the room: browsers, admitted calls, hosts among the browsers."""

    browsers: int = 0
    phones: int = 0
    hosts: int = 0


NOBODY = Present()


@dataclass(frozen=True, slots=True)
class Attached:
    """The link is open, and so stands the room."""

    TYPE: ClassVar[str] = "attached"
    live: bool
    log: tuple[RelayKey, ...] = ()
    present: Present = NOBODY
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class RoomState:
    """The room came to life or ended, or a number changed."""

    TYPE: ClassVar[str] = "room"
    live: bool
    present: Present = NOBODY
    instance: str | None = None
    why: End | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A host lets a call in."""

    TYPE: ClassVar[str] = "admitted"
    call: str
    index: int


@dataclass(frozen=True, slots=True)
class Held:
    """A call is back in the lobby."""

    TYPE: ClassVar[str] = "held"
    call: str
    why: HeldReason


@dataclass(frozen=True, slots=True)
class Removed:
    """A call is to be hung up."""

    TYPE: ClassVar[str] = "removed"
    call: str
    why: RemovedReason


@dataclass(frozen=True, slots=True)
class Silenced:
    """The host muted a call."""

    TYPE: ClassVar[str] = "muted"
    call: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A call has another name in the meeting."""

    TYPE: ClassVar[str] = "renamed"
    call: str
    name: str


@dataclass(frozen=True, slots=True)
class Departed:
    """A browser left for good."""

    TYPE: ClassVar[str] = "left"
    index: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A message was without effect; `about` is its type."""

    TYPE: ClassVar[str] = "error"
    code: str
    about: str
    call: str | None = None


def written(message: Message) -> bytes:
    """The message as JSON."""
    return b"{" + encode(message)
