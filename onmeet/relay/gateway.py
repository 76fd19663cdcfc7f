"""Sound between a room and its callers: RTP as it is over the local socket, without ICE, DTLS or SRTP.

    telephone gateway ══ u16 index ‖ RTP ══▶ Phone ── Uplink ─▶ Router
                      ◀═ u16 index ‖ RTP ══ Downlink ◀─────────── ╯

Each admitted call is a publisher of its own; for all of them together there is one downlink, which carries
the microphones of browsers. The payloads are SFrame both ways: what they say is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from onmeet.clock import Clock
from onmeet.relay.interface import DownSpec, SoundSink, Source, TrackSpec
from onmeet.relay.router import Downlink, Router, Track, Uplink
from onmeet.rtp import extensions, packets

__all__ = ["LEVEL_ID", "LONGEST", "OPUS", "SSRC_BASE", "GatewayMedia", "Phone"]

OPUS = 111
"""Payload type of Opus on the gateway's link, both ways (PROTOCOL.md)."""

SSRC_BASE = 1000
"""SSRC − index, both ways."""

LEVEL_ID = 1
"""Header extension of the audio level (RFC 6464) on the way up."""

LONGEST = 1500
"""Longest RTP packet, octets."""

PACKETS_A_SECOND = 4000
"""Most packets a second from one gateway: 32 callers at 10 ms a packet, and some air."""

_NOBODY = -1
_INDEX = 2  # octets before the packet
_VERSION = 2

_unpack = packets.HEADER.unpack_from


class _Deaf:
    """Where the feedback to callers goes: nowhere, a local socket loses nothing."""

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        """Uplinks send no media."""

    def send_rtcp(self, packet: bytes) -> None:
        """Not on this link."""


class _Down:
    """Where the downlink puts packets."""

    def __init__(self, gateway: GatewayMedia, sink: SoundSink) -> None:
        self._gateway = gateway
        self._sink = sink

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        """One packet of a browser, whose index the SSRC tells."""
        if self._sink.sound(int.from_bytes(packet[8:12], "big") - SSRC_BASE, packet):
            self._gateway.packets_out += 1
        else:
            self._gateway.dropped += 1

    def send_rtcp(self, packet: bytes) -> None:
        """Not on this link."""


class Publisher(Protocol):
    """What is needed of somebody who publishes."""

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What is published now."""


class Room(Protocol):
    """What is needed of the room."""

    router: Router

    @property
    def publishers(self) -> Iterable[Publisher]:
        """The browsers' sending sides."""

    def published(self) -> None:
        """The tracks of somebody changed."""

    def hung_up(self, gateway: GatewayMedia) -> None:
        """The way to the gateway has closed."""


class Phone:
    """One admitted call's sending side: a microphone that is always there."""

    def __init__(self, gateway: GatewayMedia, router: Router, index: int) -> None:
        self.index = index
        self._gateway = gateway
        self._closed = False
        self.uplink: Uplink = router.add_uplink(index, _Deaf())
        spec = TrackSpec(
            mid="0",
            kind="audio",
            source="microphone",
            payload_types={OPUS: "opus"},
            rtx={},
            extensions={extensions.AUDIO_LEVEL: LEVEL_ID},
            ssrcs=((index + SSRC_BASE, None),),
        )
        self.uplink.set_tracks((spec,))

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The microphone, until it is closed."""
        return tuple(self.uplink.tracks.values())

    @property
    def addresses(self) -> tuple[str, ...]:
        """None: the gateway is on this machine."""
        return ()

    def mute(self, source: Source, muted: bool) -> None:
        """Stop or resume forwarding."""
        if not self._closed:
            self.uplink.mute(source, muted)

    def close(self) -> None:
        """Release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.uplink.close()
        self._gateway.closed(self)


class GatewayMedia:
    """See the module. Made by `MediaRoom.gateway`.

    packets_in, packets_out, dropped: counts of this link, whole packets. What the router drops (muted, quiet,
    without SFrame) it counts itself.
    """

    def __init__(self, room: Room, sink: SoundSink, clock: Clock) -> None:
        self.packets_in = self.packets_out = self.dropped = 0
        self._room = room
        self._clock = clock
        self._down = _Down(self, sink)
        self._phones: dict[int, Phone] = {}
        self._downlink: Downlink | None = None
        self._carried: dict[str, Track] = {}
        self._closed = False
        self._second, self._left = clock(), PACKETS_A_SECOND

    @property
    def phones(self) -> tuple[Phone, ...]:
        """The admitted calls."""
        return tuple(self._phones.values())

    def phone(self, index: int) -> Phone:
        """The sending side of participant `index`; a previous one is closed first."""
        if (previous := self._phones.get(index)) is not None:
            previous.close()
        phone = self._phones[index] = Phone(self, self._room.router, index)
        if self._downlink is None:
            self._downlink = self._room.router.add_downlink(_NOBODY, self._down)
        self._room.published()
        return phone

    def take(self, frame: bytes) -> None:
        """Sound from the gateway: u16 index ‖ RTP. Never raises; what does not fit is dropped and counted."""
        now = self._clock()
        if not _INDEX + packets.HEADER_LENGTH < len(frame) <= _INDEX + LONGEST or not self._in_time(now):
            self.dropped += 1
            return
        index = frame[0] << 8 | frame[1]
        phone = self._phones.get(index)
        flags, kind, _sequence, _timestamp, ssrc = _unpack(frame, _INDEX)
        fits = flags >> 6 == _VERSION and kind & 0x7F == OPUS and ssrc == index + SSRC_BASE
        if phone is None or not fits:
            self.dropped += 1
            return
        self.packets_in += 1
        phone.uplink.on_rtp(frame[_INDEX:], now)

    def tracks_changed(self) -> None:
        """Somebody publishes another thing than before: carry exactly the browsers' microphones."""
        if self._downlink is None:
            return
        wanted = {
            track.id: track
            for publisher in self._room.publishers
            for track in publisher.tracks
            if track.source == "microphone"
        }
        for name, track in wanted.items():
            if self._carried.get(name) is not track:
                self._downlink.subscribe(track, DownSpec(track.index + SSRC_BASE, None, OPUS, None))
        self._carried = wanted  # the router ends what goes

    def closed(self, phone: Phone) -> None:
        """A phone has closed."""
        if self._phones.get(phone.index) is phone:
            del self._phones[phone.index]
        if not self._phones and self._downlink is not None:
            # Nobody may hear: not a packet longer
            self._downlink.close()
            self._downlink = None
            self._carried = {}
        self._room.published()

    def close(self) -> None:
        """Close all phones and release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for phone in self.phones:
            phone.close()
        self._room.hung_up(self)

    def _in_time(self, now: float) -> bool:
        """Whether this second has room for another packet."""
        if now - self._second >= 1.0:
            self._second, self._left = now, PACKETS_A_SECOND
        self._left -= 1
        return self._left >= 0
