"""The relay's seams: what signalling asks of the plane, what forwarding asks of transport.

Two borders meet here, and only types live here:

    signalling ── MediaPlane, MediaRoom, Publisher, Subscriber ──▶ transport (plane, peer)
               ◀─ RoomListener, PublisherListener, SubscriberListener ──
    transport  ── TrackSpec, DownSpec ──▶ router
               ◀─ PacketSink ──

Every call and every callback happens on the one event loop of the relay process and returns without
waiting. Listeners must not raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

__all__ = [
    "SOURCES",
    "VOICE_BITS",
    "DownSpec",
    "GatewayMedia",
    "MediaPlane",
    "MediaRoom",
    "Offer",
    "PacketSink",
    "Phone",
    "PlaneStats",
    "Publisher",
    "PublisherListener",
    "RoomListener",
    "SoundSink",
    "Source",
    "Subscriber",
    "SubscriberListener",
    "TrackSpec",
    "track_id",
]

Source = Literal["microphone", "camera", "screen", "screen-audio"]
"""What a track shows; a participant has at most one track of each."""

SOURCES: tuple[Source, ...] = get_args(Source)

VOICE_BITS = 48_000
"""What a voice is asked to take, bit/s; 32,000, Chromium's own choice, would cost telephones 1 dB."""


def track_id(index: int, source: Source) -> str:
    """The name of a track on the wire: participant index and source (PROTOCOL.md)."""
    return f"{index}:{source}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A subscriber's offer: the whole SDP, and which track each live MID carries."""

    sdp: str
    tracks: dict[str, str]


@dataclass(frozen=True, slots=True)
class PlaneStats:
    """Counts for health and metrics; never anything about a person."""

    rooms: int = 0
    publishers: int = 0
    subscribers: int = 0
    connected: int = 0
    tracks: int = 0
    datagrams_in: int = 0
    datagrams_dropped: int = 0
    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    send_failures: int = 0
    authentication_failures: int = 0
    phones: int = 0
    sound_packets_in: int = 0
    sound_packets_out: int = 0
    sound_packets_dropped: int = 0


class RoomListener(Protocol):
    """News of a room as a whole."""

    def speakers(self, indexes: tuple[int, ...]) -> None:
        """Who speaks, loudest first, at most four; called on change."""

    def quality(self, levels: dict[int, int]) -> None:
        """Connection quality of participants, 3 good … 0 lost; called on change."""


class PublisherListener(Protocol):
    """News of one participant's sending side."""

    def connected(self, up: bool) -> None:
        """Media can flow (ICE and DTLS done), or can no longer (consent lost, DTLS failed)."""

    def tracks_changed(self, sources: tuple[Source, ...]) -> None:
        """The set of sources that this participant publishes, after an answer changed it."""

    def refused(self, source: Source, count: int) -> None:
        """Frames without a valid SFrame header were not forwarded."""

    def demand(self, source: Source, rids: tuple[str, ...]) -> None:
        """Which simulcast layers of a source somebody watches; the others may stop."""


class SubscriberListener(Protocol):
    """News of one participant's receiving side."""

    def connected(self, up: bool) -> None:
        """Media can flow, or can no longer."""

    def negotiation_needed(self) -> None:
        """`Subscriber.offer()` would now return an offer. Said once until `offer()` is called."""


class Publisher(Protocol):
    """One participant's sending side: answers the browser's offers."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the browser was heard from, `203.0.113.7:5000`: what the relay holds of it in memory."""

    def offer(self, sdp: str, sources: Mapping[str, Source]) -> str:
        """Take the browser's whole offer, return the answer.

        sources: MID → source of each m-line that sends. Raises ProtocolError `bad-sdp` or
        `too-many-tracks`; then everything stays as it was before the call.
        """

    def mute(self, source: Source, muted: bool) -> None:
        """Stop or resume forwarding a source."""

    def request_keyframe(self, source: Source) -> None:
        """Ask the browser for a key frame (throttled)."""

    def close(self) -> None:
        """Release everything. Idempotent."""


class Subscriber(Protocol):
    """One participant's receiving side: offers all tracks of all other participants."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """As of a publisher."""

    def offer(self, restart: bool = False) -> Offer | None:
        """The next offer, or None when nothing changed or an offer still waits for its answer.

        restart: with new ICE credentials, even when no track changed. While an offer is
        outstanding the wish is kept, and `negotiation_needed` is called after its answer.
        """

    def answer(self, sdp: str) -> None:
        """Take the browser's answer to the outstanding offer.

        Raises ProtocolError `not-now` when none is outstanding, `bad-sdp` when it does not fit;
        after `bad-sdp` the offer is no longer outstanding and `offer()` makes a fresh one.
        """

    def view(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        """Device pixels at which each track is shown; absent or (0, 0) = not visible."""

    def keyframe(self, track: str) -> None:
        """The browser cannot decode a track. Unknown tracks are ignored."""

    def close(self) -> None:
        """Release everything. Idempotent."""


class SoundSink(Protocol):
    """Where the telephone gateway's end of the local socket is."""

    def sound(self, index: int, packet: bytes | bytearray | memoryview) -> bool:
        """Write one RTP packet of a browser's microphone; the buffer may be reused at once.

        False when it was dropped, because the gateway does not read. Never raises, never waits.
        """


class Phone(Protocol):
    """One admitted call's sending side."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """None: the gateway is on this machine."""

    def mute(self, source: Source, muted: bool) -> None:
        """Stop or resume forwarding."""

    def close(self) -> None:
        """Release everything. Idempotent."""


class GatewayMedia(Protocol):
    """The sound between one room and its callers, who have one link together."""

    def phone(self, index: int) -> Phone:
        """The sending side of participant `index`, who is an admitted call."""

    def take(self, frame: bytes) -> None:
        """Sound from the gateway: u16 index ‖ RTP. Never raises; what does not fit is dropped."""

    def close(self) -> None:
        """Close all phones and release everything. Idempotent."""


class MediaRoom(Protocol):
    """The media of one live meeting."""

    def publisher(self, index: int, listener: PublisherListener) -> Publisher:
        """The sending side of participant `index`; a previous one is closed first."""

    def subscriber(self, index: int, listener: SubscriberListener) -> Subscriber:
        """The receiving side of participant `index`; a previous one is closed first."""

    def gateway(self, sink: SoundSink) -> GatewayMedia:
        """The way to the telephone gateway; a previous one is closed first."""

    def close(self) -> None:
        """Close every peer and release everything. Idempotent."""


class MediaPlane(Protocol):
    """All media of the process, behind one UDP port. Made by `plane.MediaPlane.open(settings)`."""

    def room(self, listener: RoomListener) -> MediaRoom:
        """A new, empty room."""

    def stats(self) -> PlaneStats:
        """Counts since the start, and what is alive now."""

    async def close(self) -> None:
        """Close every room and the sockets. Idempotent."""


class PacketSink(Protocol):
    """Where forwarding puts packets: one peer's secure transport. Never raises, never waits."""

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        """Protect and send one RTP packet (plain, whole). The buffer may be reused at once."""

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one compound RTCP packet."""


@dataclass(frozen=True, slots=True)
class TrackSpec:
    """One track as its publisher negotiated it.

    payload_types: payload type → codec name (`opus`, `VP8`, `rtx`).
    rtx: payload type of RTX → payload type that it repairs (RFC 4588).
    extensions: header-extension URI → id (RFC 8285).
    rids: simulcast layers, lowest first (`q`, `h`, `f`); empty without simulcast.
    ssrcs: announced media SSRCs, each with the SSRC of its RTX stream or None
        (RFC 5576 `ssrc-group:FID`); empty when only MID and RID tell (simulcast).
    """

    mid: str
    kind: Literal["audio", "video"]
    source: Source
    payload_types: Mapping[int, str]
    rtx: Mapping[int, int]
    extensions: Mapping[str, int]
    rids: tuple[str, ...] = ()
    ssrcs: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class DownSpec:
    """How one track is sent to one subscriber, as its offer announced it.

    The SSRCs are never given to another track and their sequences never restart (SRTP nonces).
    """

    ssrc: int
    rtx_ssrc: int | None
    pt: int
    rtx_pt: int | None
    abs_send_time_id: int | None = None
