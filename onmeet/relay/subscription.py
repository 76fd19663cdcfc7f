"""One track as it flows to one subscriber: output = input + offset, in index space.

A subscription's output SSRC has one unbroken sequence of indexes for its whole life, whichever incoming
streams feed it. Each span of input is a `Span`; closed spans are remembered for a while, so that a NACK finds
the input that an output number came from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from onmeet.relay.interface import DownSpec, PacketSink
from onmeet.relay.stream import OUT_HEAD, REWRITE, Stream
from onmeet.rtp import rtcp, vp8
from onmeet.rtp.extensions import ONE_BYTE, abs_send_time
from onmeet.rtp.packets import EXTENSION, MARKER, VERSION_BITS, padding_only
from onmeet.rtp.sequence import is_newer_timestamp, timestamp_distance

if TYPE_CHECKING:
    from onmeet.relay.track import Track

__all__ = ["Span", "Subscription"]

_SPANS = 192  # closed spans remembered: two seconds of thinning 30 frames a second and layer switches
_FILLED = 128  # numbers filled with padding that must not be answered with anything else
_REPORTS = 8  # sender reports whose echo tells the round trip
_MAX_CLOCK_DOUBT = 1.0  # s: sender reports that disagree more with arrival times are not believed
_NTP_SECOND = 1 << 32


class Span(NamedTuple):
    """Input indexes `first` … `last` of a stream, and what was added to each field."""

    stream: Stream
    first: int
    last: int
    offset: int
    timestamp: int
    picture: int
    tl0: int


class Subscription:
    """See the module. Made by `Downlink.subscribe`; its methods are the forwarding core's own."""

    __slots__ = (
        "_base_octets",
        "_base_packets",
        "_filled",
        "_last_arrival",
        "_last_picture",
        "_last_timestamp",
        "_last_tl0",
        "_origin",
        "_reports",
        "_send_rtcp",
        "_skipped_picture",
        "first",
        "goal",
        "next_out",
        "offset",
        "picture_offset",
        "send",
        "spans",
        "spec",
        "ssrc",
        "stamp_id",
        "stream",
        "tid_goal",
        "tid_limit",
        "timestamp_offset",
        "tl0_offset",
        "track",
        "type",
        "wanted",
    )

    def __init__(self, track: Track, spec: DownSpec, sink: PacketSink) -> None:
        self.track = track
        self.spec = spec
        self.ssrc = spec.ssrc
        self.type = spec.pt
        self.stamp_id = spec.abs_send_time_id
        self.send: Callable[[bytes | bytearray | memoryview], None] = sink.send_rtp
        self._send_rtcp = sink.send_rtcp
        self.stream: Stream | None = None
        self.goal: Stream | None = None  # where it wants to be: `stream`, or waits there
        # RFC 3550 §5.1 wants a random start; RFC 3711 §3.3.1 one below 2^15. The SSRC is random already
        self.next_out = 0x10000 + (spec.ssrc & 0x7FFF)
        self.first = 0
        self.offset = self.timestamp_offset = self.picture_offset = self.tl0_offset = 0
        self.tid_limit = self.tid_goal = vp8.HIGHEST_TID
        self.spans: deque[Span] = deque(maxlen=_SPANS)
        self.wanted = -1  # the layer that sizes and budget ask for, −1 = not shown
        self._filled: deque[int] = deque(maxlen=_FILLED)
        self._origin: Span | None = None  # the latest closed span
        self._last_timestamp = self._last_picture = self._last_tl0 = -1
        self._last_arrival = 0.0
        self._skipped_picture = -1
        self._base_packets = self._base_octets = 0
        self._reports: deque[tuple[int, float]] = deque(maxlen=_REPORTS)

    def is_plain(self, stamp_id: int | None) -> bool:
        """Whether its packets differ from the shared buffer by the RTP header alone."""
        return (
            self.stamp_id == stamp_id
            and self.picture_offset == 0
            and self.tl0_offset == 0
            and self.tid_limit == self.tid_goal == vp8.HIGHEST_TID
        )

    # --- joining and leaving streams ------------------------------------------------------------

    def attach(
        self, stream: Stream, index: int, timestamp: int, arrival: float, frame: vp8.Descriptor | None
    ) -> None:
        """Continue with `stream` from `index` on (for video the first packet of a key frame)."""
        if self.stream is not None:
            self.detach()
        self.offset = self.next_out - index
        self.first = index
        self.timestamp_offset = self._continue_clock(stream, timestamp, arrival)
        if frame is not None and self._last_picture >= 0 and frame.picture_bits:
            bits = (1 << frame.picture_bits) - 1
            self.picture_offset = (self._last_picture + 1 - frame.picture_id) & bits
        if frame is not None and self._last_tl0 >= 0 and frame.tl0 >= 0:
            self.tl0_offset = (self._last_tl0 + 1 - frame.tl0) & 0xFF
        self.tid_limit = self.tid_goal  # a key frame begins: nothing older is referred to
        self._base_packets -= stream.packets
        self._base_octets -= stream.octets
        self.stream = stream
        stream.active.append(self)
        stream.regroup()
        if stream.report is not None:
            self.send_report(arrival)

    def detach(self) -> None:
        """Stop following the present stream; what was sent of it can still be repaired."""
        stream = self.stream
        if stream is None:
            return
        self._close_span(stream.newest)
        self._base_packets += stream.packets
        self._base_octets += stream.octets
        self.stream = None
        stream.active.remove(self)
        stream.regroup()

    def leave(self) -> None:
        """Follow and want nothing any more."""
        goal, self.goal = self.goal, None
        if goal is not None and self in goal.waiting:
            goal.waiting.remove(self)
        self.detach()

    def aim_tid(self, tid: int) -> None:
        """Forward temporal layers up to `tid`; fewer from the next frame on, more when it is safe."""
        if tid != self.tid_goal:
            self.tid_goal = tid
            if self.stream is not None:
                self.stream.regroup()

    def _close_span(self, last: int) -> None:
        stream = self.stream
        if stream is None or last < self.first:
            return
        span = Span(
            stream,
            self.first,
            last,
            self.offset,
            self.timestamp_offset,
            self.picture_offset,
            self.tl0_offset,
        )
        self.spans.append(span)
        self._origin = span
        self.next_out = last + self.offset + 1
        self._last_timestamp = (stream.last_timestamp + self.timestamp_offset) & 0xFFFFFFFF
        self._last_arrival = stream.last_arrival
        picture, tl0 = stream.last_picture()
        if picture >= 0:
            self._last_picture = picture + self.picture_offset
        if tl0 >= 0:
            self._last_tl0 = tl0 + self.tl0_offset

    def skip(self, index: int, picture: int = -1) -> None:
        """Leave out the newest packet of the stream without leaving a gap in the output.

        picture: the picture id of the frame that it belongs to, so that those stay without gaps too.
        """
        if index > self.first:
            self._close_span(index - 1)
        self.first = index + 1
        self.offset -= 1
        self._base_packets -= 1
        if picture >= 0 and picture != self._skipped_picture:
            self.picture_offset -= 1
            self._skipped_picture = picture

    def _continue_clock(self, stream: Stream, timestamp: int, arrival: float) -> int:
        """What to add to the timestamps of a stream so that the output clock runs on."""
        origin = self._origin
        if origin is None:
            return 0
        if origin.stream is stream:
            offset = origin.timestamp
        else:
            elapsed = arrival - self._last_arrival
            guess = self._last_timestamp + int(elapsed * stream.clock_rate)
            offset = guess - timestamp
            exact = _offset_by_reports(origin, stream, timestamp)
            if exact is not None and (
                abs(timestamp_distance(timestamp + exact, guess)) < _MAX_CLOCK_DOUBT * stream.clock_rate
            ):
                offset = exact
        if not is_newer_timestamp(timestamp + offset, self._last_timestamp):
            offset = self._last_timestamp + 1 - timestamp
        return offset & 0xFFFFFFFF

    # --- packets off the common path ------------------------------------------------------------

    def span_of(self, stream: Stream, index: int) -> Span | None:
        """The span under which an input packet was, or would have been, forwarded."""
        if stream is self.stream and index >= self.first:
            return self._open_span(stream)
        for span in reversed(self.spans):
            if span.stream is stream and span.first <= index <= span.last:
                return span
        return None

    def origin_of(self, sequence: int) -> tuple[Span, int] | None:
        """The span and input index behind an output sequence number; None for what was never sent."""
        stream = self.stream
        newest = self.next_out - 1
        if stream is not None and stream.highest >= self.first:
            newest = stream.highest + self.offset
        out = newest - ((newest - sequence) & 0xFFFF)
        if out in self._filled:
            return None
        if stream is not None and self.first <= out - self.offset <= stream.highest:
            return self._open_span(stream), out - self.offset
        for span in reversed(self.spans):
            if span.first <= out - span.offset <= span.last:
                return span, out - span.offset
        return None

    def _open_span(self, stream: Stream) -> Span:
        return Span(
            stream,
            self.first,
            stream.highest,
            self.offset,
            self.timestamp_offset,
            self.picture_offset,
            self.tl0_offset,
        )

    def send_late(
        self, span: Span, data: bytes, start: int, index: int, kind: int, timestamp: int, now: float
    ) -> None:
        """Forward one packet under the offsets of its span."""
        packet = bytearray(self.stamp_block(now))
        REWRITE.pack_into(
            packet,
            1,
            kind & MARKER | self.type,
            (index + span.offset) & 0xFFFF,
            (timestamp + span.timestamp) & 0xFFFFFFFF,
            self.ssrc,
        )
        packet += payload_under(span, data, start)
        self.send(packet)

    def fill(self, span: Span, index: int, timestamp: int) -> None:
        """Send padding under a number whose packet is not to be shown."""
        out = index + span.offset
        self._filled.append(out)
        self.send(padding_only(self.type, out, timestamp + span.timestamp, self.ssrc))

    def stamp_block(self, now: float) -> bytes:
        """A header, all fields but the flags zero, with abs-send-time when the subscriber takes it."""
        if self.stamp_id is None:
            return bytes((VERSION_BITS, *(0,) * 11))
        word = (self.stamp_id << 4 | 2) << 24 | abs_send_time(now)
        return OUT_HEAD.pack(VERSION_BITS | EXTENSION, 0, 0, 0, 0, ONE_BYTE, 1, word)

    # --- reports --------------------------------------------------------------------------------

    def sent(self) -> tuple[int, int]:
        """Packets and payload octets forwarded so far (without repairs)."""
        stream = self.stream
        if stream is None:
            return self._base_packets, self._base_octets
        return self._base_packets + stream.packets, self._base_octets + stream.octets

    def send_report(self, now: float) -> None:
        """Pass on the publisher's clock: its NTP time, our timestamps and counts (RFC 3550 §6.4.1).

        The NTP time stays the publisher's own, so all its tracks keep one clock: lips stay in sync.
        """
        stream = self.stream
        if stream is None or stream.report is None:
            return
        packets, octets = self.sent()
        report = stream.report._replace(
            ssrc=self.ssrc,
            rtp=stream.report.rtp + self.timestamp_offset,
            packets=packets,
            octets=octets,
        )
        self._reports.append((rtcp.compact_ntp(report.ntp), now))
        self._send_rtcp(rtcp.sender_report(report) + rtcp.sdes_cname(self.ssrc, self.track.cname))

    def round_trip(self, block: rtcp.ReportBlock, now: float) -> float | None:
        """Seconds there and back, from a report block that quotes one of our sender reports."""
        if block.last_sr == 0:
            return None
        for quoted, at in reversed(self._reports):
            if quoted == block.last_sr:
                return max(0.0, now - at - block.delay / 65536.0)
        return None


def payload_under(span: Span, data: bytes, start: int) -> bytes | bytearray:
    """The payload of an input packet with the picture id and TL0 of its span."""
    if not span.picture and not span.tl0:
        return data[start:]
    frame = vp8.parse(data, start, len(data))
    payload = bytearray(data[start:])
    if frame is not None:
        vp8.rewrite(payload, -start, frame, span.picture, span.tl0)
    return payload


def _offset_by_reports(origin: Span, stream: Stream, timestamp: int) -> int | None:
    """The timestamp offset at which two streams of one publisher show the same instant."""
    old, new = origin.stream.report, stream.report
    if old is None or new is None:
        return None
    rate = stream.clock_rate
    since = timestamp_distance(timestamp, new.rtp)  # ticks after the new stream's report
    apart = (new.ntp - old.ntp) * rate // _NTP_SECOND
    return old.rtp + apart + since + origin.timestamp - timestamp
