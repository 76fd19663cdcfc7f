"""What the key schedule asks its owner to do, and tells it."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.e2ee.derive import Bases
from onmeet.e2ee.signing import Json

__all__ = [
    "Alarm",
    "Effect",
    "EpochBegun",
    "HostChanged",
    "KeyFrameAsked",
    "Revoked",
    "Send",
    "Silence",
]


@dataclass(frozen=True, slots=True)
class Send:
    """Broadcast this body, in order."""

    body: Json


@dataclass(frozen=True, slots=True)
class EpochBegun:
    """New keys are in force."""

    n: int
    code: str
    members: tuple[int, ...]
    bases: Bases
    committer: int
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """True: nothing may be sent until it is false again."""

    silent: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something was refused; `lost` where keys cannot go on by themselves."""

    kind: str
    index: int
    lost: bool


@dataclass(frozen=True, slots=True)
class HostChanged:
    """Who holds the host's key; None where nobody does."""

    index: int | None


@dataclass(frozen=True, slots=True)
class KeyFrameAsked:
    """Somebody asks us for a key frame."""

    media: str
    by: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """The host ends a call's permission to listen."""

    call: str


Effect = Send | EpochBegun | Silence | Alarm | HostChanged | KeyFrameAsked | Revoked
