"""The sending side: RTP streams with header extensions, sender reports, answers to NACK and PLI."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from struct import Struct, unpack_from

from aiortc import rtp

from bench.client.sdp import (
    LEVEL_URI,
    MID_URI,
    OPUS_PT,
    REPAIRED_RID_URI,
    RID_URI,
    RTX_PT,
    TRANSPORT_CC_URI,
    VP8_PT,
    Kind,
)
from bench.client.transport import Transport

_HEADER = Struct(">BBHII")
_EXTENSION_HEADER = Struct(">HH")
_ONE_BYTE_PROFILE = 0xBEDE  # RFC 8285 §4.2
_HISTORY_PACKETS = 1024
_NTP_EPOCH_OFFSET = 2_208_988_800
_REPORT_INTERVAL = 1.0
_TRANSPORT_CC_FMT = 15


@dataclass
class SenderCounts:
    """Feedback that came back to a publisher."""

    nacked: int = 0
    resent: int = 0
    keyframe_requests: int = 0
    transport_feedback: int = 0
    transport_acked: int = 0
    receiver_reports: int = 0


@dataclass
class SendStream:
    """One SSRC, with its RTX twin where there is one. `extensions` maps URI to negotiated id."""

    mid: str
    kind: Kind
    extensions: dict[str, int]
    rid: str = ""
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    rtx_ssrc: int | None = None
    sequence: int = field(default_factory=lambda: secrets.randbits(15))
    rtx_sequence: int = field(default_factory=lambda: secrets.randbits(15))
    timestamp: int = 0
    packets: int = 0
    octets: int = 0
    keyframe_wanted: bool = True
    history: OrderedDict[int, tuple[int, int, bytes]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._media_block = self._block(self.rid, RID_URI)
        self._repair_block = self._block(self.rid, REPAIRED_RID_URI)

    @property
    def clock_rate(self) -> int:
        """RTP ticks a second."""
        return 48000 if self.kind == "audio" else 90000

    def _block(self, rid: str, rid_uri: str) -> bytes:
        block = b""
        if MID_URI in self.extensions:
            block += _element(self.extensions[MID_URI], self.mid.encode())
        if rid and rid_uri in self.extensions:
            block += _element(self.extensions[rid_uri], rid.encode())
        return block

    def build(self, payload: bytes, timestamp: int, marker: bool, feedback: int, level: int | None) -> bytes:
        """The next media packet. level: RFC 6464, −dBov."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = timestamp
        self.packets += 1
        self.octets += len(payload)
        block = self._media_block
        if level is not None and LEVEL_URI in self.extensions:
            block += _element(self.extensions[LEVEL_URI], bytes((0x80 | level,)))
        if self.rtx_ssrc is not None:
            self.history[self.sequence] = (timestamp, marker, payload)
            if len(self.history) > _HISTORY_PACKETS:
                self.history.popitem(last=False)
        payload_type = (OPUS_PT if self.kind == "audio" else VP8_PT) | marker << 7
        return self._packet(payload_type, self.sequence, self.ssrc, block, feedback, payload)

    def rebuild(self, sequence: int, feedback: int) -> bytes | None:
        """The RTX packet for a lost one (RFC 4588 §4), or None when it is no longer kept."""
        kept = self.history.get(sequence)
        if kept is None or self.rtx_ssrc is None:
            return None
        timestamp, marker, payload = kept
        self.rtx_sequence = (self.rtx_sequence + 1) & 0xFFFF
        current, self.timestamp = self.timestamp, timestamp
        packet = self._packet(
            RTX_PT | marker << 7,
            self.rtx_sequence,
            self.rtx_ssrc,
            self._repair_block,
            feedback,
            sequence.to_bytes(2, "big") + payload,
        )
        self.timestamp = current
        return packet

    def _packet(
        self, payload_type: int, sequence: int, ssrc: int, block: bytes, feedback: int, payload: bytes
    ) -> bytes:
        number = self.extensions.get(TRANSPORT_CC_URI)
        if number is not None:
            block += _element(number, feedback.to_bytes(2, "big"))
        block += bytes(-len(block) % 4)
        return b"".join(
            (
                _HEADER.pack(0x90, payload_type, sequence, self.timestamp & 0xFFFFFFFF, ssrc),
                _EXTENSION_HEADER.pack(_ONE_BYTE_PROFILE, len(block) // 4),
                block,
                payload,
            )
        )


def _element(number: int, value: bytes) -> bytes:
    return bytes((number << 4 | len(value) - 1,)) + value


class Sender:
    """All streams of one publishing connection: numbering for TWCC, reports, repairs."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.streams: dict[int, SendStream] = {}
        self.counts = SenderCounts()
        self.repairs = True  # answer NACKs
        self._feedback = 0
        self._next_report = 0.0

    def add(self, stream: SendStream) -> SendStream:
        """Take over a stream."""
        self.streams[stream.ssrc] = stream
        return stream

    def send(
        self,
        stream: SendStream,
        payload: bytes,
        timestamp: int,
        *,
        marker: bool,
        level: int | None = None,
    ) -> None:
        """Send the next packet of a stream."""
        self._feedback = (self._feedback + 1) & 0xFFFF
        self.transport.send_rtp(stream.build(payload, timestamp, marker, self._feedback, level))

    def poll(self, now: float) -> None:
        """Send what is due: a sender report a second for each stream that sends."""
        if now < self._next_report or self.transport.state != "connected":
            return
        self._next_report = now + _REPORT_INTERVAL
        ntp = int((time.time() + _NTP_EPOCH_OFFSET) * (1 << 32))
        for stream in self.streams.values():
            if stream.packets:
                info = rtp.RtcpSenderInfo(
                    ntp_timestamp=ntp,
                    rtp_timestamp=stream.timestamp & 0xFFFFFFFF,
                    packet_count=stream.packets,
                    octet_count=stream.octets & 0xFFFFFFFF,
                )
                name = rtp.RtcpSourceInfo(ssrc=stream.ssrc, items=[(1, b"load")])
                report = bytes(rtp.RtcpSrPacket(ssrc=stream.ssrc, sender_info=info))
                self.transport.send_rtcp(report + bytes(rtp.RtcpSdesPacket(chunks=[name])))

    def on_rtp(self, buffer: memoryview, start: int, length: int, arrival_ns: int) -> None:
        """Nothing is received on a publishing connection."""

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        """Act on feedback."""
        position = 0
        while position + 8 <= len(packet):
            count, kind, words = unpack_from(">BBH", packet, position)
            end = position + 4 * (words + 1)
            self._on_part(count & 31, kind, packet[position + 4 : end])
            position = end

    def _on_part(self, fmt: int, kind: int, body: bytes) -> None:
        if kind == rtp.RTCP_RR:
            self.counts.receiver_reports += 1
        elif kind == rtp.RTCP_RTPFB and fmt == rtp.RTCP_RTPFB_NACK:
            nack = rtp.RtcpRtpfbPacket.parse(body, fmt)
            self._repair(nack.media_ssrc, nack.lost)
        elif kind == rtp.RTCP_RTPFB and fmt == _TRANSPORT_CC_FMT:
            self.counts.transport_feedback += 1
            self.counts.transport_acked += int(unpack_from(">H", body, 10)[0])
        elif kind == rtp.RTCP_PSFB and fmt in (rtp.RTCP_PSFB_PLI, 4):  # 4: FIR, RFC 5104 §4.3.1
            ssrc = unpack_from(">I", body, 4 if fmt == rtp.RTCP_PSFB_PLI else 8)[0]
            stream = self.streams.get(ssrc)
            if stream is not None:
                self.counts.keyframe_requests += 1
                stream.keyframe_wanted = True

    def _repair(self, ssrc: int, lost: list[int]) -> None:
        stream = self.streams.get(ssrc)
        if stream is None:
            return
        self.counts.nacked += len(lost)
        if not self.repairs:
            return
        for sequence in lost:
            self._feedback = (self._feedback + 1) & 0xFFFF
            packet = stream.rebuild(sequence & 0xFFFF, self._feedback)
            if packet is not None:
                self.counts.resent += 1
                self.transport.send_rtp(packet)
