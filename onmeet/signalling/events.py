"""What is posted to a room: from its door, its participants' channels, and the media plane."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.relay.interface import Source
from onmeet.signalling.channel import Channel
from onmeet.signalling.messages import ClientMessage, Join, Resume
from onmeet.signalling.ticket import Ticket

__all__ = [
    "Arrived", "Demanded", "Ended", "Event", "Parted", "QualityChanged", "RefusedFrames", "Returned",
    "Said", "SpeakersChanged", "TracksChanged", "TracksWaiting",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody with a ticket wants in."""

    ticket: Ticket
    join: Join
    channel: Channel


@dataclass(frozen=True, slots=True)
class Returned:
    """A new socket says that it belongs to a participant."""

    resume: Resume
    channel: Channel


@dataclass(frozen=True, slots=True)
class Said:
    """A participant's message number `seq`."""

    index: int
    message: ClientMessage
    seq: int


@dataclass(frozen=True, slots=True)
class Parted:
    """A participant's socket is gone."""

    index: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A participant is lost for good."""

    index: int


@dataclass(frozen=True, slots=True)
class TracksChanged:
    """A participant publishes these sources now."""

    index: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TracksWaiting:
    """The subscriber of a participant has something to offer."""

    index: int


@dataclass(frozen=True, slots=True)
class RefusedFrames:
    """Frames of a participant were not forwarded."""

    index: int
    source: Source
    count: int


@dataclass(frozen=True, slots=True)
class Demanded:
    """Somebody watches these layers of a participant's source."""

    index: int
    source: Source
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Who speaks, loudest first."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class QualityChanged:
    """Connection quality by index."""

    levels: dict[int, int]


Event = (
    Arrived | Returned | Said | Parted | Ended | TracksChanged | TracksWaiting | RefusedFrames | Demanded
    | SpeakersChanged | QualityChanged
)  # fmt: skip
