"""What the room tells a caller's machine, in the order in which it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Admitted",
    "Alone",
    "Company",
    "Ended",
    "Held",
    "Keyed",
    "Lost",
    "MutedByHost",
    "News",
    "Removed",
    "Room",
]


@dataclass(frozen=True, slots=True)
class Room:
    """Whether the meeting lives, and whether a host is in it who could let the caller in."""

    live: bool
    host: bool = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """A host let the caller in; sound flows as soon as the keys are there."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """The gateway holds the keys of the meeting for this caller: sound can flow both ways."""


@dataclass(frozen=True, slots=True)
class Held:
    """Back to the lobby: the host left, put the caller there, or gave no new key."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A host turned the caller away, or put the caller out."""


@dataclass(frozen=True, slots=True)
class MutedByHost:
    """A host muted the caller."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Nobody else is in the meeting."""


@dataclass(frozen=True, slots=True)
class Company:
    """Somebody else is in the meeting again."""


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over: the meeting ended, or this call's longest time has passed, or the meeting is full."""

    reason: Literal["ended", "limit", "full"] = "ended"


@dataclass(frozen=True, slots=True)
class Lost:
    """The link to the meeting broke."""


News = Room | Admitted | Keyed | Held | Removed | MutedByHost | Alone | Company | Ended | Lost
