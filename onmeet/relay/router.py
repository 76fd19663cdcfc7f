"""The forwarding core of one room: RTP in, rewritten RTP out, and all the feedback between.

Sans-I/O: packets come in by calls, leave through `PacketSink`, the time is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from onmeet.clock import Clock
from onmeet.relay.interface import DownSpec, PacketSink, Source, TrackSpec
from onmeet.relay.track import Track

__all__ = ["Downlink", "Router", "RouterListener", "Subscription", "Track", "Uplink"]


class RouterListener(Protocol):
    """News of forwarding, for the owner of the room. Must not raise."""

    def speakers(self, indexes: tuple[int, ...]) -> None:
        """Who speaks, loudest first, at most four; on change."""

    def quality(self, levels: dict[int, int]) -> None:
        """Connection quality, 3 good … 0 lost, of the participants whose level changed."""

    def refused(self, index: int, source: Source, count: int) -> None:
        """So many more frames had no valid SFrame header and were not forwarded (≤ once a second)."""

    def demand(self, index: int, source: Source, rids: tuple[str, ...]) -> None:
        """Which layers of a video track somebody watches; on change.

        A track without simulcast has the one layer `f`.
        """


class Subscription:
    """One track as it flows to one subscriber: output SSRC, offsets, history."""

    track: Track
    spec: DownSpec


class Uplink:
    """The sending side of one participant."""

    tracks: Mapping[str, Track]  # by MID

    def set_tracks(self, specs: Sequence[TrackSpec]) -> list[Track]:
        """Publish exactly these tracks; a MID that stays with the same source keeps its Track.

        Subscriptions of tracks that go end here; returns the tracks in the order of `specs`.
        """
        raise NotImplementedError

    def on_rtp(self, data: bytes, arrival: float) -> None:
        """One decrypted RTP packet; `arrival` in seconds of the router's clock. Never raises."""

    def on_rtcp(self, data: bytes, arrival: float) -> None:
        """One decrypted compound RTCP packet. Never raises."""

    def mute(self, source: Source, muted: bool) -> None:
        """Stop or resume forwarding a source (no renegotiation). Unknown sources are ignored."""

    def request_keyframe(self, source: Source) -> None:
        """Ask the publisher for a key frame of every layer somebody watches (throttled)."""

    def close(self) -> None:
        """End all tracks. Idempotent."""


class Downlink:
    """The receiving side of one participant."""

    def subscribe(self, track: Track, spec: DownSpec) -> Subscription:
        """Forward `track` from now on; an earlier subscription to it ends first.

        Raises KeyError when the track has ended.
        """
        raise NotImplementedError

    def unsubscribe(self, track: Track) -> None:
        """Stop forwarding; unknown tracks are ignored."""

    def on_rtcp(self, data: bytes, arrival: float) -> None:
        """One decrypted compound RTCP packet from the subscriber. Never raises."""

    def view(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        """Device pixels at which each track is shown; absent or (0, 0) = not visible.

        A track subscribed after the last call counts as small until the next one.
        """

    def keyframe(self, track_id: str) -> None:
        """This subscriber cannot decode a track: ask for a key frame (throttled)."""

    def close(self) -> None:
        """End all subscriptions. Idempotent."""


class Router:
    """Everything that is forwarded in one room."""

    def __init__(
        self,
        clock: Clock,
        listener: RouterListener,
        *,
        loudest: int = 4,
        require_sframe: bool = True,
    ) -> None:
        """loudest: how many microphones are forwarded at once."""

    def add_uplink(self, index: int, sink: PacketSink) -> Uplink:
        """The sending side of participant `index`; `sink` carries feedback to it."""
        raise NotImplementedError

    def add_downlink(self, index: int, sink: PacketSink) -> Downlink:
        """The receiving side of participant `index`."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Everything that time drives; call every 20–25 ms."""

    def close(self) -> None:
        """Close every link. Idempotent."""
