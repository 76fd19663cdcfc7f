"""The sending side of one participant: packets in, streams learned, feedback out."""

from __future__ import annotations

import secrets
import struct
from collections import deque
from collections.abc import Callable, Sequence

from onmeet.relay.arrivals import Arrivals
from onmeet.relay.audio_stream import AudioStream
from onmeet.relay.counters import Counters
from onmeet.relay.interface import PacketSink, Source, TrackSpec
from onmeet.relay.quality import Link
from onmeet.relay.repair_stream import RepairStream
from onmeet.relay.speakers import Gate
from onmeet.relay.stream import Stream
from onmeet.relay.track import Track
from onmeet.relay.video_stream import VideoStream
from onmeet.rtp import extensions, feedback, packets, rtcp

__all__ = ["RELAY_SSRC", "Uplink"]

RELAY_SSRC = 1
"""Who speaks in our RTCP towards publishers; we send them no media."""

_PLAIN, _EXTENDED = 0x80, 0x90  # RFC 3550 §5.1: version 2; with an extension. No padding, no CSRC
_FEEDBACK_EVERY = 0.1  # s between transport-wide feedback
_REPORT_EVERY = 1.0  # s between receiver reports
_FIRST_REPORT = 0.03  # s: browsers repeat MID and RID in every packet until a report names the SSRC
_KEYFRAMES = (4, 1.0)  # at most so many requests in so many seconds to one publisher
_TAKEN = 0.25  # s: while a layer's SSRC sent so recently, no other one may take its place
_LOSS_GAIN = 0.3

_unpack = packets.HEADER.unpack_from


class Uplink:
    """See the module. Made by `Router.add_uplink`."""

    __slots__ = (
        "_announced",
        "_arrivals",
        "_check",
        "_counters",
        "_feedback_due",
        "_forget",
        "_gate",
        "_ids",
        "_keyframes",
        "_level_head",
        "_log",
        "_loss",
        "_report_due",
        "_sink",
        "_streams",
        "_track_ended",
        "_transport_head",
        "_videos",
        "closed",
        "cname",
        "index",
        "tracks",
    )

    def __init__(
        self,
        index: int,
        sink: PacketSink,
        counters: Counters,
        gate: Gate,
        *,
        check: bool,
        track_ended: Callable[[Track], None],
        forget: Callable[[Uplink], None],
    ) -> None:
        """check: demand SFrame. track_ended: ends its subscriptions. forget: called on close."""
        self.index = index
        self.cname = secrets.token_hex(6)  # RFC 7022 §4.2: random, for this connection only
        self.tracks: dict[str, Track] = {}  # by MID
        self.closed = False
        self._sink = sink
        self._counters = counters
        self._gate = gate
        self._check = check
        self._track_ended = track_ended
        self._forget = forget
        self._streams: dict[int, Stream] = {}  # by SSRC
        self._videos: list[VideoStream] = []
        self._announced: dict[int, tuple[str, int]] = {}  # SSRC → MID, layer
        self._ids: dict[str, int] = {}  # extension URI → id
        self._transport_head = self._level_head = -1
        self._arrivals = Arrivals()
        self._log = self._arrivals.log.append
        self._keyframes: deque[float] = deque(maxlen=_KEYFRAMES[0])
        self._feedback_due = self._report_due = 0.0
        self._loss = 0.0

    # --- packets --------------------------------------------------------------------------------

    def on_rtp(self, data: bytes, arrival: float) -> None:
        """One decrypted RTP packet; `arrival` in seconds of the router's clock. Never raises."""
        try:
            flags, kind, sequence, timestamp, ssrc = _unpack(data)
            stream = self._streams.get(ssrc)
            start, level = 12, -1
            if flags == _EXTENDED and stream is not None and data[12] == 0xBE and data[13] == 0xDE:
                at, start = 16, 16 + 4 * (data[14] << 8 | data[15])
                while at < start:  # one-byte elements, RFC 8285 §4.2
                    head = data[at]
                    if head == self._transport_head:
                        self._log(data[at + 1] << 8 | data[at + 2])
                        self._log(arrival)
                    elif head == self._level_head:
                        level = data[at + 1] & 0x7F
                    at += 2 + (head & 15) if head else 1
            elif flags != _PLAIN or stream is None:
                self._take_unusual(data, arrival)
                return
            counters = self._counters
            counters.packets_in += 1
            counters.octets_in += len(data)
            stream.take(data, start, sequence, kind, timestamp, arrival, level)
        except (IndexError, struct.error):
            self._counters.dropped_malformed += 1

    def _take_unusual(self, data: bytes, arrival: float) -> None:
        """A first packet of a stream, or one with padding, CSRCs or two-byte extensions."""
        header = packets.parse(data)
        if header is None:
            self._counters.dropped_malformed += 1
            return
        elements = extensions.read(data, header)
        number = elements.get(self._ids.get(extensions.TRANSPORT_CC, -1), b"")
        if len(number) >= 2:
            self._log(number[0] << 8 | number[1])
            self._log(arrival)
        loud = elements.get(self._ids.get(extensions.AUDIO_LEVEL, -1), b"")
        stream = self._streams.get(header.ssrc) or self._learn(header, elements, arrival)
        if stream is None:
            self._counters.dropped_unknown += 1
            return
        self._counters.packets_in += 1
        self._counters.octets_in += len(data)
        kind = header.payload_type | (packets.MARKER if header.marker else 0)
        stream.take(
            packets.plain(data, header),
            packets.HEADER_LENGTH,
            header.sequence,
            kind,
            header.timestamp,
            arrival,
            loud[0] & 0x7F if loud else -1,
        )

    def on_rtcp(self, data: bytes, arrival: float) -> None:
        """One decrypted compound RTCP packet. Never raises."""
        for part in rtcp.split(data):
            if part.kind == rtcp.SR:
                report = rtcp.parse_sender(data, part)
                stream = self._streams.get(report.ssrc) if report else None
                if report is not None and stream is not None:
                    stream.take_report(report, arrival)

    # --- streams --------------------------------------------------------------------------------

    def _learn(self, header: packets.Header, elements: dict[int, bytes], arrival: float) -> Stream | None:
        """Which track and layer a new SSRC belongs to (RFC 8843 §9.2, RFC 8852), if any."""
        found = self._announced.get(header.ssrc) or self._by_extensions(elements)
        if found is None:
            found = self._by_payload_type(header.payload_type)
        if found is None:
            return None
        track, layer = self.tracks[found[0]], found[1]
        codec = track.spec.payload_types.get(header.payload_type, "").lower()
        media = track.streams.get(layer)
        if codec == "rtx":
            if not isinstance(media, VideoStream):
                return None
            self._drop_streams(lambda one: isinstance(one, RepairStream) and one.media is media)
            stream: Stream = RepairStream(media, header.ssrc, header.payload_type, header.sequence)
        elif codec not in ("opus", "vp8") or (media is not None and media.live(arrival, _TAKEN)):
            return None
        else:
            self._drop_streams(lambda one: one.track is track and one.layer == layer)
            stream = self._make(track, layer, header)
        self._streams[header.ssrc] = stream
        self._report_due = min(self._report_due, arrival + _FIRST_REPORT)
        return stream

    def _by_extensions(self, elements: dict[int, bytes]) -> tuple[str, int] | None:
        ids = self._ids
        mid = extensions.text(elements.get(ids.get(extensions.MID, -1)))
        track = self.tracks.get(mid) if mid else None
        if track is None or mid is None:
            return None
        rids = track.spec.rids
        if not rids:
            return mid, 0
        for uri in (extensions.RID, extensions.REPAIRED_RID):
            rid = extensions.text(elements.get(ids.get(uri, -1)))
            if rid in rids:
                return mid, rids.index(rid)
        return None

    def _by_payload_type(self, payload_type: int) -> tuple[str, int] | None:
        """RFC 8843 §9.2: the payload type decides when it belongs to one track only."""
        mids = [mid for mid, track in self.tracks.items() if payload_type in track.spec.payload_types]
        if len(mids) != 1 or self.tracks[mids[0]].spec.rids:
            return None
        return mids[0], 0

    def _make(self, track: Track, layer: int, header: packets.Header) -> Stream:
        stream: Stream
        if track.kind == "audio":
            stream = AudioStream(
                track,
                header.ssrc,
                header.payload_type,
                header.sequence,
                counters=self._counters,
                check=self._check,
                gate=self._gate,
            )
        else:
            stream = VideoStream(
                track,
                header.ssrc,
                header.payload_type,
                header.sequence,
                layer=layer,
                counters=self._counters,
                check=self._check,
                repairable=header.payload_type in track.spec.rtx.values(),
            )
            self._videos.append(stream)
        track.replace_stream(layer, stream)
        if isinstance(stream, AudioStream) and track.source == "microphone":
            self._gate.add(stream)
        return stream

    def _drop_streams(self, match: Callable[[Stream], bool]) -> None:
        """Forget streams; media streams leave their track too."""
        for ssrc, stream in tuple(self._streams.items()):
            if not match(stream):
                continue
            del self._streams[ssrc]
            track = stream.track
            if track.streams.get(stream.layer) is stream:
                track.drop_stream(stream.layer)
            if isinstance(stream, VideoStream):
                self._videos.remove(stream)
            if isinstance(stream, AudioStream):
                self._gate.remove(stream)

    def _drop_streams_of(self, track: Track) -> None:
        self._drop_streams(lambda stream: stream.track is track)

    # --- tracks ---------------------------------------------------------------------------------

    def set_tracks(self, specs: Sequence[TrackSpec]) -> list[Track]:
        """Publish exactly these tracks; a MID that stays with the same source keeps its Track.

        Subscriptions of tracks that go end here; returns the tracks in the order of `specs`.
        """
        if self.closed:
            return []
        wanted = {spec.mid: spec for spec in specs}
        for mid, track in tuple(self.tracks.items()):
            spec = wanted.get(mid)
            if spec is None or (spec.source, spec.kind) != (track.source, track.kind):
                self._end(track)
            elif spec.payload_types != track.spec.payload_types or spec.rids != track.spec.rids:
                self._drop_streams_of(track)
        self._ids = {}
        self._announced = {}
        for spec in specs:
            if spec.mid in self.tracks:
                self.tracks[spec.mid].spec = spec
            else:
                self.tracks[spec.mid] = Track(self.index, spec, self.cname)
            self._ids.update(spec.extensions)
            if not spec.rids:
                self._announce(spec)
        # RFC 8285 §4.2: id and length − 1 in one octet
        transport, level = self._ids.get(extensions.TRANSPORT_CC), self._ids.get(extensions.AUDIO_LEVEL)
        self._transport_head = transport << 4 | 1 if transport else -1
        self._level_head = level << 4 if level else -1
        return [self.tracks[spec.mid] for spec in specs]

    def _announce(self, spec: TrackSpec) -> None:
        for ssrc, repair in spec.ssrcs:
            self._announced[ssrc] = (spec.mid, 0)
            if repair is not None:
                self._announced[repair] = (spec.mid, 0)

    def _end(self, track: Track) -> None:
        self._track_ended(track)
        self._drop_streams_of(track)
        track.end()
        del self.tracks[track.mid]

    def mute(self, source: Source, muted: bool) -> None:
        """Stop or resume forwarding a source (no renegotiation). Unknown sources are ignored."""
        for track in self.tracks.values():
            if track.source != source or track.muted == muted:
                continue
            track.set_muted(muted)
            for stream in track.streams.values():
                if isinstance(stream, AudioStream) and source == "microphone":
                    self._gate.mute(stream)

    def request_keyframe(self, source: Source) -> None:
        """Ask the publisher for a key frame of every layer somebody watches (throttled)."""
        for track in self.tracks.values():
            for stream in track.videos() if track.source == source else ():
                if stream.active or stream.waiting:
                    stream.keyframes.want()

    def close(self) -> None:
        """End all tracks. Idempotent."""
        for track in tuple(self.tracks.values()):
            self._end(track)
        if not self.closed:
            self.closed = True
            self._forget(self)

    # --- feedback -------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """NACKs and key-frame requests at once, congestion feedback and reports when due."""
        for stream in self._videos:
            if len(stream.losses):
                self._send_nack(stream, stream.losses.due(now))
            if not stream.track.muted and stream.keyframes.due(now, bool(stream.waiting)):
                self._send_pli(stream, now)
        if now >= self._feedback_due:
            self._feedback_due = now + _FEEDBACK_EVERY
            self._send_arrivals()
        if now >= self._report_due:
            self._report_due = now + _REPORT_EVERY
            self._send_reports(now)

    def _send_nack(self, stream: VideoStream, numbers: list[int]) -> None:
        if numbers:
            self._counters.nacks_sent += 1
            self._sink.send_rtcp(feedback.nack(RELAY_SSRC, stream.ssrc, numbers))

    def _send_pli(self, stream: VideoStream, now: float) -> None:
        recent = self._keyframes
        if len(recent) == _KEYFRAMES[0] and now - recent[0] < _KEYFRAMES[1]:
            return
        recent.append(now)
        stream.keyframes.asked(now)
        self._counters.keyframes_requested += 1
        self._sink.send_rtcp(feedback.pli(RELAY_SSRC, stream.ssrc))

    def _send_arrivals(self) -> None:
        media = next(iter(self._streams), 0)
        for message in self._arrivals.flush(RELAY_SSRC, media):
            self._sink.send_rtcp(message)

    def _send_reports(self, now: float) -> None:
        blocks = [stream.report_block(now) for stream in self._streams.values()]
        if not blocks:
            return
        self._sink.send_rtcp(rtcp.receiver_report(RELAY_SSRC, blocks))
        lost = [
            block.fraction_lost / 256.0
            for stream, block in zip(self._streams.values(), blocks, strict=True)
            if not isinstance(stream, RepairStream)
        ]
        worst = max(lost, default=0.0)
        self._loss += _LOSS_GAIN * (worst - self._loss)

    def maintain(self, now: float) -> None:
        """Measure rates, prune histories; call about four times a second."""
        for stream in self._streams.values():
            stream.measure(now)
            stream.history.prune(now, stream.highest, stream.octets)
        for video in self._videos:
            video.expire(now)

    def take_refused(self) -> dict[Source, int]:
        """How many frames were refused since the last call, by source."""
        found: dict[Source, int] = {}
        for stream in self._streams.values():
            if isinstance(stream, AudioStream | VideoStream) and stream.refused:
                source = stream.track.source
                found[source] = found.get(source, 0) + stream.refused
                stream.refused = 0
        return found

    def link(self) -> Link:
        """How this direction does, for the quality hint."""
        return Link(self._loss, 0.0, 1.0, 0.0)  # who sends nothing may simply be muted
