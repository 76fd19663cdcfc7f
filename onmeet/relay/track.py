"""A published track as the forwarding core knows it: identity, layers, watchers."""

from __future__ import annotations

from typing import Literal

from onmeet.relay.interface import Source, TrackSpec, track_id

__all__ = ["Track"]


class Track:
    """One track of one participant. Made by `Uplink.set_tracks`, handed to `Downlink.subscribe`."""

    __slots__ = ("cname", "id", "index", "kind", "mid", "source", "spec")

    id: str
    index: int
    source: Source
    kind: Literal["audio", "video"]
    mid: str
    cname: str  # RTCP CNAME sent in SDES: the same for all tracks of one publisher

    def __init__(self, index: int, spec: TrackSpec, cname: str) -> None:
        self.id = track_id(index, spec.source)
        self.index = index
        self.source = spec.source
        self.kind = spec.kind
        self.mid = spec.mid
        self.spec = spec
        self.cname = cname
