"""The media plane: every room's peers and router behind the one UDP port, and the time that drives them.

Everything runs on the event loop that `MediaPlane.open` was called on. What a peer holds (agent,
addresses, DTLS task, SRTP sessions, router links) goes with its `close`; what a room holds goes with the
room's.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from onmeet.clock import Clock, monotonic
from onmeet.errors import ProtocolError
from onmeet.relay.dtls import DtlsIdentity
from onmeet.relay.endpoint import Endpoint
from onmeet.relay.gateway import GatewayMedia, Phone
from onmeet.relay.interface import (
    PlaneStats,
    PublisherListener,
    RoomListener,
    SoundSink,
    Source,
    SubscriberListener,
)
from onmeet.relay.peer import Publisher, Subscriber, Surroundings
from onmeet.relay.router import Router, Track
from onmeet.relay.settings import MediaSettings
from onmeet.relay.transport import PeerTransport

__all__ = ["MediaPlane", "MediaRoom"]

TICK_SECONDS = 0.02
CONSENT_TICKS = 50
"""Consent runs out by the second; looking once a second is enough."""


class MediaRoom:
    """The media of one live meeting."""

    def __init__(self, plane: MediaPlane, around: Surroundings, listener: RoomListener) -> None:
        settings = plane.settings
        self._plane = plane
        self._around = around
        self._listener = listener
        self._publishers: dict[int, Publisher] = {}
        self._subscribers: dict[int, Subscriber] = {}
        self._gateway: GatewayMedia | None = None
        self._closed = False
        self._ticks = 0
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)
        self.router = Router(
            around.clock, self, loudest=settings.loudest, require_sframe=settings.require_sframe
        )

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        """The sending sides of the participants."""
        return tuple(self._publishers.values())

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """The receiving sides of the participants."""
        return tuple(self._subscribers.values())

    @property
    def telephone(self) -> GatewayMedia | None:
        """The way to the telephone gateway, while there is one."""
        return self._gateway

    @property
    def peers(self) -> list[Publisher | Subscriber]:
        """Everybody, receiving sides first."""
        return [*self._subscribers.values(), *self._publishers.values()]

    def publisher(self, index: int, listener: PublisherListener) -> Publisher:
        """The sending side of participant `index`; a previous one is closed first."""
        self._check_open()
        if index in self._publishers:
            self._publishers[index].close()
        peer = self._publishers[index] = Publisher(self._around, self, index, listener)
        return peer

    def subscriber(self, index: int, listener: SubscriberListener) -> Subscriber:
        """The receiving side of participant `index`; a previous one is closed first.

        `negotiation_needed` follows from the loop, even while nobody publishes: the first offer
        sets up the transport before it is needed.
        """
        self._check_open()
        if index in self._subscribers:
            self._subscribers[index].close()
        peer = self._subscribers[index] = Subscriber(self._around, self, index, listener)
        self._loop.call_soon(peer.tracks_changed)
        return peer

    def gateway(self, sink: SoundSink) -> GatewayMedia:
        """The way to the telephone gateway; a previous one is closed first."""
        self._check_open()
        if self._gateway is not None:
            self._gateway.close()
        gateway = self._gateway = GatewayMedia(self, sink, self._around.clock)
        return gateway

    def close(self) -> None:
        """Close every peer and release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._timer.cancel()
        if self._gateway is not None:
            self._gateway.close()
        for peer in self.peers:
            peer.close()
        self.router.close()
        self._plane.forget(self)

    def published(self) -> None:
        """The tracks of some publisher changed: offer anew where that makes a difference."""
        for subscriber in self.subscribers:
            subscriber.tracks_changed()
        if self._gateway is not None:
            self._gateway.tracks_changed()

    def tracks_for(self, index: int) -> Mapping[str, Track]:
        """Track id → track, all that participant `index` should receive."""
        senders: tuple[Publisher | Phone, ...] = (*self._publishers.values(), *self._phones())
        return {
            track.id: track for publisher in senders if publisher.index != index for track in publisher.tracks
        }

    def gone(self, peer: Publisher | Subscriber) -> None:
        """A peer has closed: forget it, keeping what it counted."""
        peers: dict[int, Publisher] | dict[int, Subscriber]
        peers = self._publishers if isinstance(peer, Publisher) else self._subscribers
        if peers.get(peer.index) is peer:
            del peers[peer.index]
        self._plane.absorb(peer.transport)

    def hung_up(self, gateway: GatewayMedia) -> None:
        """The way to the gateway has closed: forget it, keeping what it counted."""
        if self._gateway is gateway:
            self._gateway = None
        self._plane.absorb_sound(gateway)

    def _phones(self) -> tuple[Phone, ...]:
        return self._gateway.phones if self._gateway is not None else ()

    def speakers(self, indexes: tuple[int, ...]) -> None:
        """Router news: who speaks."""
        self._listener.speakers(indexes)

    def quality(self, levels: dict[int, int]) -> None:
        """Router news: connection quality."""
        self._listener.quality(levels)

    def refused(self, index: int, source: Source, count: int) -> None:
        """Router news: frames without SFrame."""
        if index in self._publishers:
            self._publishers[index].listener.refused(source, count)

    def demand(self, index: int, source: Source, rids: tuple[str, ...]) -> None:
        """Router news: layers that somebody watches."""
        if index in self._publishers:
            self._publishers[index].listener.demand(source, rids)

    def _tick(self) -> None:
        # Set first: what goes wrong in one turn must not stop the room's time.
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)
        now = self._around.clock()
        self._ticks += 1
        if self._ticks % CONSENT_TICKS == 0:
            for peer in self.peers:
                peer.transport.tick(now)
        self.router.tick(now)

    def _check_open(self) -> None:
        if self._closed:
            raise ProtocolError("not-now", "the room has closed")


class MediaPlane:
    """All media of the process, behind one UDP port."""

    def __init__(self, settings: MediaSettings, endpoint: Endpoint, clock: Clock) -> None:
        """Use `open`."""
        self.settings = settings
        self.endpoint = endpoint
        self._around = Surroundings(
            rim=endpoint,
            identity=DtlsIdentity.generateCertificate(),
            candidates=tuple(_candidates(settings.advertise, endpoint)),
            clock=clock,
            capture=settings.capture,
        )
        self._rooms: set[MediaRoom] = set()
        self._past = PlaneStats()

    @classmethod
    async def open(cls, settings: MediaSettings, clock: Clock = monotonic) -> MediaPlane:
        """Bind the port and start. Raises ConfigError when the port cannot be bound."""
        return cls(settings, Endpoint.open(settings, clock), clock)

    @property
    def port(self) -> int:
        """The UDP port that everybody uses."""
        return self.endpoint.port

    def room(self, listener: RoomListener) -> MediaRoom:
        """A new, empty room."""
        room = MediaRoom(self, self._around, listener)
        self._rooms.add(room)
        return room

    def stats(self) -> PlaneStats:
        """Counts since the start, and what is alive now."""
        publishers = [peer for room in self._rooms for peer in room.publishers]
        subscribers = [peer for room in self._rooms for peer in room.subscribers]
        transports = [peer.transport for room in self._rooms for peer in room.peers]
        total = self._past
        for transport in transports:
            total = _plus(total, transport)
        gateways = [room.telephone for room in self._rooms if room.telephone is not None]
        for gateway in gateways:
            total = _plus_sound(total, gateway)
        return replace(
            total,
            phones=sum(len(gateway.phones) for gateway in gateways),
            rooms=len(self._rooms),
            publishers=len(publishers),
            subscribers=len(subscribers),
            connected=sum(transport.up for transport in transports),
            tracks=sum(len(peer.tracks) for peer in publishers),
            datagrams_in=self.endpoint.received,
            datagrams_dropped=self.endpoint.dropped,
        )

    async def close(self) -> None:
        """Close every room and the sockets. Idempotent."""
        for room in tuple(self._rooms):
            room.close()
        # DTLS tasks that were cancelled end in the next turn of the loop.
        await asyncio.sleep(0)
        self.endpoint.close()

    def forget(self, room: MediaRoom) -> None:
        """A room has closed."""
        self._rooms.discard(room)

    def absorb(self, transport: PeerTransport) -> None:
        """A transport has closed: keep its counts."""
        self._past = _plus(self._past, transport)

    def absorb_sound(self, gateway: GatewayMedia) -> None:
        """The way to a room's callers has closed: keep its counts."""
        self._past = _plus_sound(self._past, gateway)


def _candidates(addresses: Iterable[str], endpoint: Endpoint) -> Iterator[tuple[str, int]]:
    """The advertised addresses of bound families, with the port."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        if family in endpoint.families:
            yield address, endpoint.port


def _plus(stats: PlaneStats, transport: PeerTransport) -> PlaneStats:
    sender, receiver = transport.sender, transport.receiver
    return replace(
        stats,
        packets_in=stats.packets_in + receiver.packets,
        bytes_in=stats.bytes_in + receiver.bytes,
        packets_out=stats.packets_out + sender.packets,
        bytes_out=stats.bytes_out + sender.bytes,
        send_failures=stats.send_failures + sender.failed,
        authentication_failures=stats.authentication_failures + receiver.rejected,
    )


def _plus_sound(stats: PlaneStats, gateway: GatewayMedia) -> PlaneStats:
    return replace(
        stats,
        sound_packets_in=stats.sound_packets_in + gateway.packets_in,
        sound_packets_out=stats.sound_packets_out + gateway.packets_out,
        sound_packets_dropped=stats.sound_packets_dropped + gateway.dropped,
    )
