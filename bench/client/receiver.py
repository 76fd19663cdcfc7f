"""The receiving side: sequence continuity, stamps, repair requests, receiver reports, REMB."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct, unpack_from

from aiortc import rtp

from bench.client.frames import STAMP, STAMP_MAGIC, pattern
from bench.client.sdp import Description, Kind
from bench.client.transport import Transport

_RTP = Struct(">BBHII")
_WORD = Struct(">H")
_REPORT_INTERVAL = 1.0
_NACK_DELAY = 0.01
_NACK_INTERVAL = 0.04
_NACK_TRIES = 8
_GIVE_UP = 1.0
_MAX_MISSING = 2000
VIDEO_PATTERN, AUDIO_PATTERN = pattern(900), pattern(40)

Observer = Callable[["ReceiveStream", "Packet"], None]


@dataclass(frozen=True)
class Packet:
    """One received packet, for tests that look closer than a load does."""

    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    arrival_ns: int
    repaired: bool


@dataclass
class ReceiveStream:
    """One SSRC that the other side announced."""

    ssrc: int
    mid: str
    kind: Kind
    stamp_pattern: bytes = field(default=b"", repr=False)
    received: int = 0
    octets: int = 0
    repaired: int = 0
    duplicates: int = 0
    reordered: int = 0
    lost: int = 0
    corrupt: int = 0
    counter_breaks: int = 0
    expected: int = -1  # next sequence number; −1 before the first packet
    cycles: int = 0
    counter: int = 0
    sender_report: rtp.RtcpSenderInfo | None = None
    sender_report_at: int = 0
    jitter: float = 0.0
    missing: dict[int, list[float]] = field(default_factory=dict)  # sequence → [since, next, tries]
    reported_expected: int = 0
    reported_received: int = 0
    first: int = 0

    def __post_init__(self) -> None:
        self.stamp_pattern = VIDEO_PATTERN if self.kind == "video" else AUDIO_PATTERN
        self.pattern_bytes = len(self.stamp_pattern)


class Receiver:
    """All streams of one subscribing connection.

    `latencies` collects arrival − stamp in nanoseconds while `measuring`; `observer` sees every packet
    (repaired ones as what they repair); `stamped` says that payloads are pattern frames to be verified.
    """

    def __init__(self, transport: Transport, *, stamped: bool = True) -> None:
        self.transport = transport
        self.streams: dict[int, ReceiveStream] = {}
        self.by_mid: dict[str, ReceiveStream] = {}
        self.stamped = stamped
        self.measuring = False
        self.latencies: list[int] = []
        self.observer: Observer | None = None
        self.bitrate = 200_000_000  # what REMB says; None sends no REMB
        self.nacks_sent = 0
        self.unknown = 0
        self.padding = 0
        self._repairs: dict[int, ReceiveStream] = {}
        self._ssrc = secrets.randbits(32)
        self._next_report = 0.0
        self._now = 0.0
        self._gaps: set[int] = set()

    @property
    def received(self) -> int:
        """Distinct media packets so far."""
        return sum(stream.received for stream in self.streams.values())

    def learn(self, description: Description) -> None:
        """Take the SSRCs from the other side's offer; those no longer offered are forgotten."""
        streams: dict[int, ReceiveStream] = {}
        self._repairs.clear()
        self.by_mid.clear()
        for media in description.media:
            repairing = set(media.repair.values())
            for ssrc in media.ssrcs:
                if media.port and ssrc not in repairing and media.direction != "inactive":
                    stream = self.streams.get(ssrc) or ReceiveStream(ssrc, media.mid, media.kind)
                    streams[ssrc] = self.by_mid[media.mid] = stream
                    if ssrc in media.repair:
                        self._repairs[media.repair[ssrc]] = stream
        self.streams = streams

    def on_rtp(self, buffer: memoryview, start: int, length: int, arrival_ns: int) -> None:
        """Account for one packet."""
        first, second, sequence, timestamp, ssrc = _RTP.unpack_from(buffer, start)
        offset = start + 12 + 4 * (first & 15)
        if first & 16:
            offset += 4 + 4 * _WORD.unpack_from(buffer, offset + 2)[0]
        end = start + length
        if first & 32:
            end -= buffer[end - 1]
        repaired = False
        stream = self.streams.get(ssrc)
        if stream is None:
            stream = self._repairs.get(ssrc)
            if stream is None:
                self.unknown += 1
                return
            if end - offset < 2:
                self.padding += 1
                return
            sequence = _WORD.unpack_from(buffer, offset)[0]
            offset += 2
            repaired = True
        if sequence == stream.expected and not repaired:
            stream.expected = (sequence + 1) & 0xFFFF
            stream.cycles += sequence == 0xFFFF
        elif not self._reorder(stream, sequence, repaired):
            return
        if end <= offset:
            self.padding += 1
            return
        stream.received += 1
        stream.octets += end - offset
        if self.stamped:
            self._verify(stream, buffer, end, arrival_ns)
        if self.observer is not None:
            self.observer(
                stream,
                Packet(
                    sequence,
                    timestamp,
                    second > 127,
                    bytes(buffer[offset:end]),
                    arrival_ns,
                    repaired,
                ),
            )

    def _verify(self, stream: ReceiveStream, buffer: memoryview, end: int, arrival_ns: int) -> None:
        tail = end - STAMP.size
        magic, _, _, _, counter, _, sent_ns = STAMP.unpack_from(buffer, tail)
        body = bytes(buffer[tail - stream.pattern_bytes : tail])  # bytes compare by memcmp, views do not
        if magic != STAMP_MAGIC or body != stream.stamp_pattern:
            stream.corrupt += 1
            return
        if counter != stream.counter + 1 and stream.counter:
            stream.counter_breaks += 1
        stream.counter = counter
        if self.measuring:
            self.latencies.append(arrival_ns - sent_ns)

    def _reorder(self, stream: ReceiveStream, sequence: int, repaired: bool) -> bool:
        """Handle a packet out of turn; whether it is news."""
        if stream.expected < 0:
            stream.expected = (sequence + 1) & 0xFFFF
            stream.first = sequence
            stream.cycles += sequence == 0xFFFF
            return True
        ahead = (sequence - stream.expected) & 0xFFFF
        if ahead < 0x8000:
            if ahead > _MAX_MISSING:
                stream.lost += ahead
            else:
                for i in range(ahead):
                    missing = (stream.expected + i) & 0xFFFF
                    stream.missing[missing] = [self._now, self._now + _NACK_DELAY, 0]
                self._gaps.add(stream.ssrc)
            if sequence < stream.expected or sequence == 0xFFFF:
                stream.cycles += 1
            stream.expected = (sequence + 1) & 0xFFFF
            stream.repaired += repaired
            return True
        if stream.missing.pop(sequence, None) is None:
            stream.duplicates += 1
            return False
        stream.repaired += repaired
        stream.reordered += not repaired
        return True

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        """Remember sender reports: RTT needs them, and tests compare clocks through them."""
        position = 0
        while position + 8 <= len(packet):
            _, kind, words = unpack_from(">BBH", packet, position)
            end = position + 4 * (words + 1)
            if kind == rtp.RTCP_SR:
                ssrc = unpack_from(">I", packet, position + 4)[0]
                stream = self.streams.get(ssrc)
                if stream is not None:
                    stream.sender_report = rtp.RtcpSenderInfo.parse(packet[position + 8 : position + 28])
                    stream.sender_report_at = arrival_ns
            position = end

    def poll(self, now: float) -> None:
        """Send what is due: NACKs, and once a second receiver report and REMB."""
        self._now = now
        if self._gaps:
            self._request(now)
        if now >= self._next_report and self.transport.state == "connected":
            self._next_report = now + _REPORT_INTERVAL
            self._report()

    def request_keyframe(self, stream: ReceiveStream) -> None:
        """Send a PLI."""
        pli = rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=self._ssrc, media_ssrc=stream.ssrc)
        self.transport.send_rtcp(bytes(pli))

    def _request(self, now: float) -> None:
        for ssrc in tuple(self._gaps):
            stream = self.streams.get(ssrc)
            if stream is None or not stream.missing:
                self._gaps.discard(ssrc)
                continue
            due: list[int] = []
            for sequence, state in list(stream.missing.items()):
                if now - state[0] > _GIVE_UP:
                    del stream.missing[sequence]
                    stream.lost += 1
                elif now >= state[1] and state[2] < _NACK_TRIES:
                    state[1] = now + _NACK_INTERVAL
                    state[2] += 1
                    due.append(sequence)
            if due and stream.kind == "video":
                self.nacks_sent += 1
                nack = rtp.RtcpRtpfbPacket(
                    fmt=rtp.RTCP_RTPFB_NACK, ssrc=self._ssrc, media_ssrc=ssrc, lost=sorted(due)
                )
                self.transport.send_rtcp(bytes(nack))

    def _report(self) -> None:
        live = [stream for stream in self.streams.values() if stream.expected >= 0]
        for i in range(0, len(live), 31):
            reports = [_report_block(stream) for stream in live[i : i + 31]]
            self.transport.send_rtcp(bytes(rtp.RtcpRrPacket(ssrc=self._ssrc, reports=reports)))
        if live and self.bitrate:
            fci = rtp.pack_remb_fci(self.bitrate, [s.ssrc for s in live][:31])
            remb = rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_APP, ssrc=self._ssrc, media_ssrc=0, fci=fci)
            self.transport.send_rtcp(bytes(remb))


def _report_block(stream: ReceiveStream) -> rtp.RtcpReceiverInfo:
    """The report of RFC 3550 §6.4.1 on one stream since its last report."""
    highest = (stream.cycles << 16) + stream.expected - 1
    expected = highest - stream.first + 1
    received = expected - len(stream.missing) - stream.lost
    interval = expected - stream.reported_expected
    lost = max(0, interval - (received - stream.reported_received))
    stream.reported_expected, stream.reported_received = expected, received
    report = stream.sender_report
    return rtp.RtcpReceiverInfo(
        ssrc=stream.ssrc,
        fraction_lost=min(255, lost * 256 // interval) if interval > 0 else 0,
        packets_lost=rtp.clamp_packets_lost(expected - received),
        highest_sequence=highest & 0xFFFFFFFF,
        jitter=int(stream.jitter),
        lsr=(report.ntp_timestamp >> 16) & 0xFFFFFFFF if report else 0,
        dlsr=_delay_since(stream.sender_report_at) if report else 0,
    )


def _delay_since(arrival_ns: int) -> int:
    """Units of 1/65536 s since an arrival."""
    return max(0, (time.time_ns() - arrival_ns) * 65536 // 1_000_000_000) & 0xFFFFFFFF
