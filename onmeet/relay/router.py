"""The forwarding core of one room: RTP in, rewritten RTP out, and all the feedback between.

Sans-I/O: packets come in by calls, leave through `PacketSink`, the time is an argument.

    Uplink ── Stream (an SSRC) ──▶ Subscription ── Downlink
       ╰───── Track (layers) ──────────╯
"""

from __future__ import annotations

from typing import Protocol

from onmeet.clock import Clock
from onmeet.relay.counters import Counters
from onmeet.relay.downlink import Downlink
from onmeet.relay.interface import PacketSink, Source
from onmeet.relay.quality import Link, Quality
from onmeet.relay.speakers import Gate, Speakers
from onmeet.relay.subscription import Subscription
from onmeet.relay.track import Track
from onmeet.relay.uplink import Uplink

__all__ = ["Downlink", "Router", "RouterListener", "Subscription", "Track", "Uplink"]

_MAINTAIN_EVERY = 0.25  # s: rates, histories, demand
_REFUSED_EVERY = 1.0  # s
_QUALITY_EVERY = 2.0  # s


class RouterListener(Protocol):
    """News of forwarding, for the owner of the room; called from `Router.tick` only. Must not raise."""

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
        self.counters = Counters()
        self._clock = clock
        self._listener = listener
        self._check = require_sframe
        self._gate = Gate(loudest)
        self._speakers = Speakers(self._gate)
        self._quality = Quality()
        self._uplinks: list[Uplink] = []
        self._downlinks: list[Downlink] = []
        self._maintain_due = self._refused_due = 0.0
        self._quality_due = clock() + _QUALITY_EVERY

    def add_uplink(self, index: int, sink: PacketSink) -> Uplink:
        """The sending side of participant `index`; `sink` carries feedback to it."""
        uplink = Uplink(
            index,
            sink,
            self.counters,
            self._gate,
            check=self._check,
            track_ended=self._end_track,
            forget=self._uplinks.remove,
        )
        self._uplinks.append(uplink)
        return uplink

    def add_downlink(self, index: int, sink: PacketSink) -> Downlink:
        """The receiving side of participant `index`."""
        downlink = Downlink(index, sink, self.counters, self._clock(), self._downlinks.remove)
        self._downlinks.append(downlink)
        return downlink

    def _end_track(self, track: Track) -> None:
        for downlink in self._downlinks:
            downlink.unsubscribe(track)

    def tick(self, now: float) -> None:
        """Everything that time drives; call every 20–25 ms."""
        if self._gate.tick(now) and self._speakers.update():
            self._listener.speakers(self._speakers.indexes)
        for downlink in self._downlinks:
            downlink.tick(now)
        for uplink in self._uplinks:
            uplink.tick(now)
        if now >= self._maintain_due:
            self._maintain_due = now + _MAINTAIN_EVERY
            self._maintain(now)
        if now >= self._refused_due:
            self._refused_due = now + _REFUSED_EVERY
            self._tell_refused()
        if now >= self._quality_due:
            self._quality_due = now + _QUALITY_EVERY
            self._tell_quality(now)

    def _maintain(self, now: float) -> None:
        for uplink in self._uplinks:
            uplink.maintain(now)
            for track in uplink.tracks.values():
                rids = track.demand(now) if track.kind == "video" else None
                if rids is not None:
                    self._listener.demand(track.index, track.source, rids)

    def _tell_refused(self) -> None:
        for uplink in self._uplinks:
            for source, count in uplink.take_refused().items():
                self._listener.refused(uplink.index, source, count)

    def _tell_quality(self, now: float) -> None:
        links: dict[int, list[Link]] = {}
        for uplink in self._uplinks:
            links.setdefault(uplink.index, []).append(uplink.link())
        for downlink in self._downlinks:
            if downlink.index >= 0:  # the gateway's is nobody's
                links.setdefault(downlink.index, []).append(downlink.link(now))
        changed = self._quality.update(links)
        if changed:
            self._listener.quality(changed)

    def close(self) -> None:
        """Close every link. Idempotent."""
        for downlink in tuple(self._downlinks):
            downlink.close()
        for uplink in tuple(self._uplinks):
            uplink.close()
