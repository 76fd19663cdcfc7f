"""What is posted to a room: from its door, its participants' channels, the gateway's link, the media."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onmeet.relay.interface import Source
from onmeet.signalling.channel import Channel
from onmeet.signalling.gateway_messages import GatewayMessage
from onmeet.signalling.messages import ClientMessage, Join, Resume
from onmeet.signalling.ticket import Ticket

if TYPE_CHECKING:
    from onmeet.signalling.gateway import Gateway

__all__ = [
    "Arrived", "Demanded", "Ended", "Event", "GatewayCame", "GatewayGone", "GatewaySaid", "LobbyChanged",
    "Parted", "QualityChanged", "RefusedFrames", "Returned", "Said", "SpeakersChanged", "TracksChanged",
    "TracksWaiting",
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
class LobbyChanged:
    """Somebody began or ceased to wait."""


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


@dataclass(frozen=True, slots=True)
class GatewayCame:
    """There is a link to the telephone gateway. `before`: it was there before the room."""

    gateway: Gateway
    before: bool


@dataclass(frozen=True, slots=True)
class GatewaySaid:
    """The gateway sent a message."""

    gateway: Gateway
    message: GatewayMessage


@dataclass(frozen=True, slots=True)
class GatewayGone:
    """The link has ended."""

    gateway: Gateway


Event = (
    Arrived | Returned | Said | Parted | Ended | LobbyChanged | TracksChanged | TracksWaiting | RefusedFrames
    | Demanded | SpeakersChanged | QualityChanged | GatewayCame | GatewaySaid | GatewayGone
)  # fmt: skip
