"""Ears: what channels and media call, each turned into an event that is posted to the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onmeet.relay.interface import Source
from onmeet.signalling import events
from onmeet.signalling.messages import ClientMessage

if TYPE_CHECKING:
    from onmeet.signalling.room import Room

__all__ = ["PublisherEar", "RoomEar", "Seat", "SubscriberEar"]


@dataclass(frozen=True, slots=True)
class Seat:
    """Owner of a channel whose participant is in the room."""

    room: Room
    index: int

    def said(self, message: ClientMessage, seq: int) -> None:
        """A message came."""
        self.room.post(events.Said(self.index, message, seq))

    def parted(self) -> None:
        """The socket is gone; it may come back."""
        self.room.post(events.Parted(self.index))

    def over(self) -> None:
        """The participant is lost for good."""
        self.room.post(events.Ended(self.index))


@dataclass(frozen=True, slots=True)
class RoomEar:
    """What a room's media say of everybody."""

    room: Room

    def speakers(self, indexes: tuple[int, ...]) -> None:
        """Who speaks, loudest first."""
        self.room.post(events.SpeakersChanged(tuple(indexes)))

    def quality(self, levels: dict[int, int]) -> None:
        """Connection quality by index."""
        self.room.post(events.QualityChanged(dict(levels)))


@dataclass(frozen=True, slots=True)
class PublisherEar:
    """What a participant's publisher says."""

    room: Room
    index: int

    def connected(self, up: bool) -> None:
        """Quality tells the others; the browser sees it by itself."""

    def tracks_changed(self, sources: tuple[Source, ...]) -> None:
        """These sources are published now."""
        self.room.post(events.TracksChanged(self.index, tuple(sources)))

    def refused(self, source: Source, count: int) -> None:
        """Frames were not forwarded."""
        self.room.post(events.RefusedFrames(self.index, source, count))

    def demand(self, source: Source, rids: tuple[str, ...]) -> None:
        """Somebody watches these layers."""
        self.room.post(events.Demanded(self.index, source, tuple(rids)))


@dataclass(frozen=True, slots=True)
class SubscriberEar:
    """What a participant's subscriber says."""

    room: Room
    index: int

    def connected(self, up: bool) -> None:
        """The browser sees it by itself."""

    def negotiation_needed(self) -> None:
        """There is something to offer."""
        self.room.post(events.TracksWaiting(self.index))
