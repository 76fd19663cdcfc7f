"""A published track as the forwarding core knows it: identity, layers, watchers, demand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from onmeet.relay.interface import Source, TrackSpec, track_id
from onmeet.relay.stream import Stream
from onmeet.relay.video_stream import VideoStream

if TYPE_CHECKING:
    from onmeet.relay.subscription import Subscription

__all__ = ["ONLY_LAYER", "Track"]

ONLY_LAYER = "f"
"""The name of the one layer of a track without simulcast."""

_PATIENCE = 2.5  # s without a packet after which a layer counts as stopped
_LINGER = 3.0  # s that a layer stays in demand after the last watcher left it


class Track:
    """One track of one participant. Made by `Uplink.set_tracks`, handed to `Downlink.subscribe`."""

    __slots__ = (
        "_demanded",
        "_last_wanted",
        "cname",
        "ended",
        "id",
        "index",
        "kind",
        "mid",
        "muted",
        "source",
        "spec",
        "streams",
        "subscriptions",
    )

    id: str
    index: int
    source: Source
    kind: Literal["audio", "video"]
    mid: str
    cname: str
    """RTCP CNAME, sent in SDES: the same for all tracks of one publisher."""

    def __init__(self, index: int, spec: TrackSpec, cname: str) -> None:
        self.id = track_id(index, spec.source)
        self.index = index
        self.source = spec.source
        self.kind = spec.kind
        self.mid = spec.mid
        self.spec = spec
        self.cname = cname
        self.muted = False
        self.ended = False
        self.streams: dict[int, Stream] = {}  # by layer, lowest 0
        self.subscriptions: list[Subscription] = []
        self._demanded: tuple[str, ...] | None = None
        self._last_wanted: dict[int, float] = {}

    def rids(self) -> tuple[str, ...]:
        """The names of the layers, lowest first."""
        return self.spec.rids or (ONLY_LAYER,)

    def videos(self) -> Iterable[VideoStream]:
        """The layers seen so far, of a video track."""
        return [stream for stream in self.streams.values() if isinstance(stream, VideoStream)]

    # --- which stream feeds which subscription ----------------------------------------------------

    def steer(self, subscription: Subscription, now: float) -> None:
        """Lead a subscription towards the layer that it wants, as far as that layer flows."""
        wanted = subscription.wanted
        goal = self._best(wanted, now) if wanted >= 0 else None
        previous = subscription.goal
        if goal is previous:
            return
        if previous is not None and subscription in previous.waiting:
            previous.waiting.remove(subscription)
        subscription.goal = goal
        if goal is None:
            subscription.detach()
        elif goal is not subscription.stream:
            goal.waiting.append(subscription)
            if isinstance(goal, VideoStream):
                goal.keyframes.want()

    def _best(self, wanted: int, now: float) -> Stream | None:
        """The highest flowing layer up to the wanted one, else the lowest above; else any."""
        streams = self.streams
        flowing = [layer for layer, one in streams.items() if one.live(now, _PATIENCE)] or list(streams)
        below = [layer for layer in flowing if layer <= wanted]
        if below:
            return streams[max(below)]
        return streams[min(flowing)] if flowing else None

    def replace_stream(self, layer: int, stream: Stream) -> None:
        """A new SSRC carries a layer. Whoever wants the track and has nothing yet waits for it."""
        old = self.streams.get(layer)
        if old is not None:
            self.drop_stream(layer)
        self.streams[layer] = stream
        for subscription in self.subscriptions:
            if subscription.goal is None and subscription.wanted >= 0:
                subscription.goal = stream
                stream.waiting.append(subscription)

    def drop_stream(self, layer: int) -> None:
        """A layer's SSRC is no more."""
        old = self.streams.pop(layer)
        old.close()
        for subscription in self.subscriptions:
            if subscription.goal is old:
                subscription.goal = None

    def set_muted(self, muted: bool) -> None:
        """Stop or resume forwarding."""
        self.muted = muted
        for stream in self.streams.values():
            stream.suspend()

    def end(self) -> None:
        """The publisher took the track away. Subscriptions were ended before."""
        self.ended = True
        for layer in tuple(self.streams):
            self.drop_stream(layer)

    # --- demand -----------------------------------------------------------------------------------

    def demand(self, now: float) -> tuple[str, ...] | None:
        """The layers that somebody watches, when that changed since the last call.

        A layer joins at once and leaves after three seconds, so that a browser does not restart its
        encoder with every glance.
        """
        for subscription in self.subscriptions:
            if subscription.wanted >= 0:
                self._last_wanted[subscription.wanted] = now
        rids = self.rids()
        demanded = tuple(
            rid for layer, rid in enumerate(rids) if now - self._last_wanted.get(layer, -_LINGER) < _LINGER
        )
        if demanded == self._demanded:
            return None
        first, self._demanded = self._demanded is None, demanded
        # browsers start with all layers on: saying so would be no news
        return None if first and demanded == rids else demanded
