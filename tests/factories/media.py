"""A media plane that carries nothing and remembers everything, behind `onmeet.relay.interface`.

A publisher's offer is any text but `bad`; its tracks are the offered sources. Subscribers are told of
tracks as the real plane tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onmeet.errors import ProtocolError
from onmeet.relay.interface import (
    Offer,
    PlaneStats,
    PublisherListener,
    RoomListener,
    SoundSink,
    Source,
    SubscriberListener,
    track_id,
)

__all__ = [
    "FakeGateway", "FakeMediaPlane", "FakeMediaRoom", "FakePhone", "FakePublisher", "FakeSubscriber",
]  # fmt: skip


@dataclass(eq=False)
class FakePublisher:
    room: FakeMediaRoom
    index: int
    listener: PublisherListener
    sources: tuple[Source, ...] = ()
    muted: set[Source] = field(default_factory=set)
    closed: bool = False
    addresses: tuple[str, ...] = ()

    def offer(self, sdp: str, sources: Mapping[str, Source]) -> str:
        if sdp == "bad":
            raise ProtocolError("bad-sdp")
        if sdp == "explode":
            raise RuntimeError("a bug in the media plane")
        before, self.sources = self.sources, tuple(sources.values())
        if before != self.sources:
            self.listener.tracks_changed(self.sources)
            self.room.tracks_changed()
        return f"answer to {sdp}"

    def mute(self, source: Source, muted: bool) -> None:
        (self.muted.add if muted else self.muted.discard)(source)

    def request_keyframe(self, source: Source) -> None: ...

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            del self.room.publishers[self.index]
            self.room.tracks_changed()


@dataclass(eq=False)
class FakeSubscriber:
    room: FakeMediaRoom
    index: int
    listener: SubscriberListener
    offered: dict[str, str] = field(default_factory=dict)
    outstanding: bool = False
    restarts: int = 0
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    keyframes: list[str] = field(default_factory=list)
    closed: bool = False
    addresses: tuple[str, ...] = ()

    def wanted(self) -> dict[str, str]:
        tracks = [
            track_id(publisher.index, source)
            for publisher in self.room.publishers.values()
            if publisher.index != self.index
            for source in publisher.sources
        ]
        return {str(mid): track for mid, track in enumerate(tracks)}

    def offer(self, restart: bool = False) -> Offer | None:
        assert not self.outstanding, "signalling asked for a second offer before the answer"
        if self.closed or (not restart and self.wanted() == self.offered):
            return None
        self.restarts += restart
        self.outstanding = True
        self.offered = self.wanted()
        return Offer(f"offer of {sorted(self.offered.values())}", dict(self.offered))

    def answer(self, sdp: str) -> None:
        if not self.outstanding:
            raise ProtocolError("not-now")
        self.outstanding = False
        if sdp == "bad":
            self.offered = {}
            raise ProtocolError("bad-sdp")
        if self.wanted() != self.offered:
            self.listener.negotiation_needed()

    def view(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        self.sizes = dict(sizes)

    def keyframe(self, track: str) -> None:
        self.keyframes.append(track)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            del self.room.subscribers[self.index]


@dataclass(eq=False)
class FakePhone:
    gateway: FakeGateway
    index: int
    muted: set[Source] = field(default_factory=set)
    addresses: tuple[str, ...] = ()
    closed: bool = False

    def mute(self, source: Source, muted: bool) -> None:
        (self.muted.add if muted else self.muted.discard)(source)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            del self.gateway.phones[self.index]


@dataclass(eq=False)
class FakeGateway:
    room: FakeMediaRoom
    sink: SoundSink
    phones: dict[int, FakePhone] = field(default_factory=dict)
    frames: list[bytes] = field(default_factory=list)

    def phone(self, index: int) -> FakePhone:
        assert index not in self.phones
        self.phones[index] = FakePhone(self, index)
        return self.phones[index]

    def take(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self) -> None:
        for phone in tuple(self.phones.values()):
            phone.close()
        if self.room.telephone is self:
            self.room.telephone = None


class FakeMediaRoom:
    def __init__(self, plane: FakeMediaPlane, listener: RoomListener) -> None:
        self.plane = plane
        self.listener = listener
        self.publishers: dict[int, FakePublisher] = {}
        self.subscribers: dict[int, FakeSubscriber] = {}
        self.telephone: FakeGateway | None = None

    def publisher(self, index: int, listener: PublisherListener) -> FakePublisher:
        assert index not in self.publishers
        self.publishers[index] = FakePublisher(self, index, listener)
        return self.publishers[index]

    def subscriber(self, index: int, listener: SubscriberListener) -> FakeSubscriber:
        assert index not in self.subscribers
        subscriber = self.subscribers[index] = FakeSubscriber(self, index, listener)
        if subscriber.wanted():
            listener.negotiation_needed()
        return subscriber

    def gateway(self, sink: SoundSink) -> FakeGateway:
        assert self.telephone is None, "the one before was not closed"
        self.telephone = FakeGateway(self, sink)
        return self.telephone

    def tracks_changed(self) -> None:
        for subscriber in self.subscribers.values():
            if not subscriber.outstanding and subscriber.wanted() != subscriber.offered:
                subscriber.listener.negotiation_needed()

    def close(self) -> None:
        for publisher in tuple(self.publishers.values()):
            publisher.close()
        for subscriber in tuple(self.subscribers.values()):
            subscriber.close()
        if self.telephone is not None:
            self.telephone.close()
        self.plane.rooms.discard(self)


class FakeMediaPlane:
    def __init__(self) -> None:
        self.rooms: set[FakeMediaRoom] = set()

    @property
    def only_room(self) -> FakeMediaRoom:
        (room,) = self.rooms
        return room

    def room(self, listener: RoomListener) -> FakeMediaRoom:
        room = FakeMediaRoom(self, listener)
        self.rooms.add(room)
        return room

    def stats(self) -> PlaneStats:
        return PlaneStats(rooms=len(self.rooms))

    async def close(self) -> None:
        for room in tuple(self.rooms):
            room.close()
