"""A browser's sending side in virtual time: camera with layers, microphone, RTX, key frames on request.

Every frame carries a name, so that a subscriber can tell which one it got, and whether it is garbage.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from onmeet.relay.interface import Source, TrackSpec
from onmeet.rtp import extensions, feedback, packets, rtcp, rtx, vp8
from tests.relay.world import Faults, World

MID_ID, RID_ID, REPAIRED_ID, LEVEL_ID, TRANSPORT_ID = 1, 2, 3, 4, 5
IDS = {
    extensions.MID: MID_ID,
    extensions.RID: RID_ID,
    extensions.REPAIRED_RID: REPAIRED_ID,
    extensions.AUDIO_LEVEL: LEVEL_ID,
    extensions.TRANSPORT_CC: TRANSPORT_ID,
}
OPUS, VP8, RTX = 111, 96, 97
RIDS = ("q", "h", "f")
SIZES = {"q": (320, 180), "h": (640, 360), "f": (1280, 720)}
RATES = {"q": 150_000, "h": 500_000, "f": 1_500_000}
CLASSES: dict[Source, int] = {"microphone": 1, "camera": 2, "screen": 3, "screen-audio": 3}


def kid(source: Source, index: int) -> bytes:
    return (CLASSES[source] << 14 | index << 4 | 5).to_bytes(2, "big")


def sealed(source: Source, index: int, counter: int, body: bytes) -> bytes:
    """An SFrame header with a four-octet counter, then what looks like ciphertext and tag."""
    return b"\x9b" + kid(source, index) + (counter & 0xFFFFFFFF).to_bytes(4, "big") + body + b"T" * 16


@dataclass
class Encoding:
    """One layer of a camera as the browser sends it."""

    rid: str | None
    ssrc: int
    rtx_ssrc: int
    sequence: int
    timestamp: int
    picture: int
    tl0: int
    rate: int
    size: tuple[int, int]
    rtx_sequence: int = 1
    key: bool = True
    frames: int = 0
    octets: int = 0
    on: bool = True
    kept: dict[int, tuple[bytes, int, bool]] = field(default_factory=dict)
    keys_made: int = 0


class Publisher:
    """A browser's sending side: camera with layers, microphone, RTX and key frames on request."""

    def __init__(
        self,
        world: World,
        index: int,
        *,
        rids: tuple[str, ...] = RIDS,
        faults: Faults | None = None,
        microphone: bool = True,
        camera: Source | None = "camera",
        tids: tuple[int, ...] = (0,),
        fps: int = 30,
        start_sequence: int | None = None,
        start_timestamp: int | None = None,
        start_picture: int | None = None,
        rates: dict[str, int] | None = None,
    ) -> None:
        self.world, self.index = world, index
        self.faults = faults or Faults()
        self.uplink = world.router.add_uplink(index, self)
        self.tids, self.fps = tids, fps
        self.level = 60
        self.sealing = True
        self.counter = 0
        self.transport = world.random.randrange(65536)
        self.nacked: list[int] = []
        self.plis: list[tuple[float, int]] = []
        self.messages: list[bytes] = []
        self.camera: Source | None = camera
        specs = []
        if microphone:
            specs.append(TrackSpec("a", "audio", "microphone", {OPUS: "opus"}, {}, IDS))
        if camera:
            specs.append(TrackSpec("v", "video", camera, {VP8: "VP8", RTX: "rtx"}, {RTX: VP8}, IDS, rids))
        self.specs = specs
        self.tracks = {track.source: track for track in self.uplink.set_tracks(specs)}
        pick = world.random.randrange
        self.encodings = [
            Encoding(
                rid,
                pick(1 << 32),
                pick(1 << 32),
                pick(1 << 16) if start_sequence is None else start_sequence,
                pick(1 << 32) if start_timestamp is None else start_timestamp,
                pick(1 << 15) if start_picture is None else start_picture,
                pick(256),
                (rates or RATES).get(rid or "f", 1_000_000),
                SIZES[rid or "f"],
            )
            for rid in (rids or (None,))
        ]
        self.audio_ssrc = pick(1 << 32)
        self.audio_sequence = pick(1 << 16) if start_sequence is None else start_sequence
        self.audio_timestamp = pick(1 << 32)
        self.audio_on = microphone
        self.stopped = False
        self.ntp_offset = 3_900_000_000.0
        self.born = world.now
        if camera:
            world.later(0.003 * (index + 1), self._frame)
        if microphone:
            world.later(0.001 * (index + 1), self._voice)
        world.later(0.5, self._reports)

    # --- media -----------------------------------------------------------------------------------

    def _frame(self) -> None:
        if self.stopped:
            return
        self.world.later(1 / self.fps, self._frame)
        for encoding in self.encodings:
            if encoding.on:
                self._encode(encoding)

    def _encode(self, one: Encoding) -> None:
        key, one.key = one.key, False
        if key:
            one.keys_made += 1
        tid = 0 if key else self.tids[one.frames % len(self.tids)]
        if tid == 0:
            one.tl0 = (one.tl0 + 1) & 0xFF
        one.picture = (one.picture + 1) & 0x7FFF
        size = one.rate // 8 // self.fps * (3 if key else 1)
        clear = (
            b"\x10\0\0\x9d\x01\x2a" + one.size[0].to_bytes(2, "little") + one.size[1].to_bytes(2, "little")
        )
        self.counter += 1
        name = f"{self.index}/{one.rid}/{one.frames}/".encode()
        body = (clear if key else b"\x11") + (
            sealed(self.camera or "camera", self.index, self.counter, name + bytes(max(0, size - 60)))
            if self.sealing
            else bytes(size)
        )
        timestamp = (one.timestamp + int((self.world.now - self.born) * 90_000)) & 0xFFFFFFFF
        parts = [body[at : at + 1000] for at in range(0, len(body), 1000)]
        for place, part in enumerate(parts):
            descriptor = vp8.build(
                start=place == 0,
                picture_id=one.picture,
                tl0=one.tl0,
                tid=tid if len(self.tids) > 1 else -1,
                sync=tid > 0 and one.frames % len(self.tids) <= 2,
            )
            payload = descriptor + part
            one.octets += len(payload)
            one.kept[one.sequence] = payload, timestamp, place == len(parts) - 1
            one.kept.pop((one.sequence - 800) & 0xFFFF, None)
            self._send(
                packets.build(
                    VP8,
                    one.sequence,
                    timestamp,
                    one.ssrc,
                    payload,
                    marker=place == len(parts) - 1,
                    extensions=self._block(b"v", one.rid, RID_ID),
                )
            )
            one.sequence = (one.sequence + 1) & 0xFFFF
        one.frames += 1

    def _voice(self) -> None:
        if self.stopped:
            return
        self.world.later(0.02, self._voice)
        if not self.audio_on:
            return
        self.counter += 1
        body = f"{self.index}/voice/{self.audio_sequence}/".encode() + bytes(40)
        payload = sealed("microphone", self.index, self.counter, body) if self.sealing else body
        timestamp = (self.audio_timestamp + int((self.world.now - self.born) * 48_000)) & 0xFFFFFFFF
        self._send(
            packets.build(
                OPUS,
                self.audio_sequence,
                timestamp,
                self.audio_ssrc,
                payload,
                extensions=self._block(b"a", None, 0, (LEVEL_ID, bytes((0x80 | self.level,)))),
            )
        )
        self.audio_sequence = (self.audio_sequence + 1) & 0xFFFF

    def _block(self, mid: bytes, rid: str | None, rid_id: int, *more: tuple[int, bytes]) -> bytes:
        self.transport = (self.transport + 1) & 0xFFFF
        elements = [(MID_ID, mid), (TRANSPORT_ID, self.transport.to_bytes(2, "big")), *more]
        if rid:
            elements.append((rid_id, rid.encode()))
        return extensions.block(elements)

    def _send(self, data: bytes) -> None:
        self.world.carry(self.faults, lambda: self.uplink.on_rtp(data, self.world.now))

    def _reports(self) -> None:
        if self.stopped:
            return
        self.world.later(1.0, self._reports)
        elapsed = self.world.now - self.born
        ntp = int((self.ntp_offset + elapsed) * (1 << 32))
        for one in self.encodings if self.camera else ():
            report = rtcp.SenderReport(one.ssrc, ntp, one.timestamp + int(elapsed * 90_000), 1, 1)
            self._send_rtcp(rtcp.sender_report(report))
        report = rtcp.SenderReport(self.audio_ssrc, ntp, self.audio_timestamp + int(elapsed * 48_000), 1, 1)
        self._send_rtcp(rtcp.sender_report(report))

    def _send_rtcp(self, data: bytes) -> None:
        self.world.carry(self.faults, lambda: self.uplink.on_rtcp(data, self.world.now))

    def empty(self, place: int = 0) -> None:
        """Send a packet of padding on a media SSRC, as browsers do to probe."""
        one = self.encodings[place]
        data = packets.padding_only(VP8, one.sequence, 0, one.ssrc)
        one.sequence = (one.sequence + 1) & 0xFFFF
        self._send(data)

    # --- feedback from the relay -------------------------------------------------------------------

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        raise AssertionError("publishers are sent no media")

    def send_rtcp(self, packet: bytes) -> None:
        self.world.carry(self.faults, lambda: self._take(packet))

    def _take(self, data: bytes) -> None:
        self.messages.append(data)
        for part in rtcp.split(data):
            ssrc = feedback.media_ssrc(data, part)
            if part.kind == rtcp.TRANSPORT_FEEDBACK and part.subtype == feedback.NACK:
                for number in feedback.parse_nack(data, part):
                    self._repair(ssrc, number)
            elif part.kind == rtcp.PAYLOAD_FEEDBACK and part.subtype == feedback.PLI:
                self.plis.append((self.world.now, ssrc or 0))
                for one in self.encodings:
                    if one.ssrc == ssrc:
                        one.key = True

    def _repair(self, ssrc: int | None, number: int) -> None:
        for one in self.encodings:
            kept = one.kept.get(number)
            if one.ssrc != ssrc or not kept:
                continue
            self.nacked.append(number)
            payload, timestamp, marker = kept
            self._send(
                rtx.wrap(
                    payload,
                    number,
                    payload_type=RTX,
                    sequence=one.rtx_sequence,
                    timestamp=timestamp,
                    ssrc=one.rtx_ssrc,
                    marker=marker,
                    extensions=self._block(b"v", one.rid, REPAIRED_ID),
                )
            )
            one.rtx_sequence += 1
