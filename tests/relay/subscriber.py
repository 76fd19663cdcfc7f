"""A browser's receiving side in virtual time: asks for what is missing, remembers everything.

Every output packet is kept, so that a test can tell whether a sequence number ever showed two contents.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from onmeet.relay.interface import DownSpec
from onmeet.relay.router import Track
from onmeet.rtp import extensions, feedback, packets, rtcp, vp8
from onmeet.rtp.sequence import extend
from tests.relay.publisher import OPUS, RTX, VP8, Publisher
from tests.relay.world import Faults, World

STAMP_ID = 6


@dataclass
class Frame:
    """One complete frame as a subscriber saw it."""

    name: str  # "<publisher>/<rid>/<number>"
    timestamp: int
    picture: int
    tl0: int
    tid: int
    key: bool
    at: float
    first: int  # index of its first packet


@dataclass
class Received:
    """One track at a subscriber: packets by index, and what was made of them."""

    spec: DownSpec
    track: Track
    contents: dict[int, tuple[bytes, int]] = field(default_factory=dict)  # index → payload, timestamp
    markers: set[int] = field(default_factory=set)
    arrivals: dict[int, float] = field(default_factory=dict)
    highest: int = -1
    lowest: int = -1
    missing: dict[int, float] = field(default_factory=dict)
    repaired: int = 0
    clashes: int = 0
    padded: int = 0
    reports: list[rtcp.SenderReport] = field(default_factory=list)
    reported_at: float = 0.0
    first_at: float | None = None


class Subscriber:
    """A browser's receiving side: asks for what is missing, remembers everything."""

    def __init__(self, world: World, index: int, *, faults: Faults | None = None, nacks: bool = True) -> None:
        self.world, self.index = world, index
        self.faults = faults or Faults()
        self.nacks = nacks
        self.downlink = world.router.add_downlink(index, self)
        self.received: dict[str, Received] = {}
        self._by_ssrc: dict[int, Received] = {}
        self.gone: set[int] = set()
        self.stray = 0
        self.closed = False
        self.loss_seen = 0.0  # what the reports claim
        self.capacity: float | None = None  # bit/s; what is above is lost
        self._window: list[tuple[float, int]] = []
        self.lost_to_capacity = 0
        world.later(0.02, self._ask)
        world.later(1.0, self._report)

    def subscribe(self, *publishers: Publisher) -> None:
        for publisher in publishers:
            for track in publisher.tracks.values():
                self.add(track)

    def add(self, track: Track) -> Received:
        ssrc = next(self.world.ssrcs)
        video = track.kind == "video"
        spec = DownSpec(
            ssrc, ssrc + 1 if video else None, VP8 if video else OPUS, RTX if video else None, STAMP_ID
        )
        received = Received(spec, track)
        if track.id in self.received:
            self.gone.add(self.received[track.id].spec.ssrc)
        self.received[track.id] = received
        self._by_ssrc[ssrc] = received
        if video:
            self._by_ssrc[ssrc + 1] = received
        self.downlink.subscribe(track, spec)
        return received

    # --- packets -----------------------------------------------------------------------------------

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        data = bytes(packet)
        if self.capacity is not None and not self._fits(len(data)):
            self.lost_to_capacity += 1
            return
        self.world.carry(self.faults, lambda: self._take(data))

    def _fits(self, size: int) -> bool:
        now = self.world.now
        self._window = [one for one in self._window if now - one[0] < 0.25]
        if 8 * sum(one[1] for one in self._window) > 0.25 * (self.capacity or 0):
            return False
        self._window.append((now, size))
        return True

    def send_rtcp(self, packet: bytes) -> None:
        for part in rtcp.split(packet):
            if part.kind == rtcp.SR:
                report = rtcp.parse_sender(packet, part)
                assert report is not None
                one = self._by_ssrc.get(report.ssrc)
                if one is not None:
                    one.reports.append(report)
                    one.reported_at = self.world.now

    def _take(self, data: bytes) -> None:
        header = packets.parse(data)
        assert header is not None, "the relay sends well-formed packets"
        received = self._by_ssrc.get(header.ssrc)
        if received is None:
            self.stray += 1
            return
        payload, sequence, repaired = data[header.start : header.end], header.sequence, False
        if header.ssrc == received.spec.rtx_ssrc:
            assert header.payload_type == RTX
            sequence, payload, repaired = payload[0] << 8 | payload[1], payload[2:], True
        else:
            assert header.payload_type == received.spec.pt
            assert STAMP_ID in extensions.read(data, header) or not payload
        self._store(received, sequence, payload, header, repaired)

    def _store(
        self, one: Received, sequence: int, payload: bytes, header: packets.Header, repaired: bool
    ) -> None:
        if one.highest < 0:
            if repaired:
                return
            one.highest = one.lowest = sequence + 0x10000
            one.first_at = self.world.now
        index = extend(sequence, one.highest)
        if index > one.highest:
            for gap in range(one.highest + 1, index):
                one.missing[gap] = self.world.now
            one.highest = index
        one.missing.pop(index, None)
        one.repaired += repaired
        one.padded += not payload
        before = one.contents.get(index)
        if before is not None and before != (payload, header.timestamp):
            one.clashes += 1
        one.contents[index] = (payload, header.timestamp)
        one.arrivals.setdefault(index, self.world.now)
        if header.marker:
            one.markers.add(index)

    # --- feedback ----------------------------------------------------------------------------------

    def _ask(self) -> None:
        if self.closed:
            return
        self.world.later(0.03, self._ask)
        for one in self.received.values():
            if one.track.kind != "video" or not self.nacks:
                continue
            late = [index for index, since in one.missing.items() if self.world.now - since < 1.5]
            if late:
                self.send(feedback.nack(2, one.spec.ssrc, sorted(late)[:100]))

    def send(self, data: bytes) -> None:
        self.world.carry(self.faults, lambda: self.downlink.on_rtcp(data, self.world.now))

    def _report(self) -> None:
        if self.closed:
            return
        self.world.later(1.0, self._report)
        blocks = [
            rtcp.ReportBlock(one.spec.ssrc, int(256 * self.loss_seen), 0, one.highest, 0, *self._echo(one))
            for one in self.received.values()
            if one.highest >= 0
        ]
        if blocks:
            self.send(rtcp.receiver_report(2, blocks))

    def _echo(self, one: Received) -> tuple[int, int]:
        if not one.reports:
            return 0, 0
        delay = self.world.now - one.reported_at
        return rtcp.compact_ntp(one.reports[-1].ntp), int(delay * 65536)

    # --- what came of it -----------------------------------------------------------------------------

    def frames(self, track: Track) -> list[Frame]:
        """The complete frames of a video track, in order; asserts that none is garbage."""
        one = self.received[track.id]
        found: list[Frame] = []
        parts: list[int] = []
        for index in range(one.lowest, one.highest + 1):
            content = one.contents.get(index)
            if content is None or not content[0]:  # missing, or padding where a frame was left out
                parts = []
                continue
            frame = vp8.parse(content[0], 0, len(content[0]))
            assert frame is not None
            if frame.starts_frame:
                parts = [index]
            elif parts:
                parts.append(index)
            if parts and index in one.markers:
                found.append(self._join(one, parts))
                parts = []
        return found

    def _join(self, one: Received, parts: list[int]) -> Frame:
        times = {one.contents[index][1] for index in parts}
        assert len(times) == 1, "a frame has one timestamp"
        body = b""
        pictures = set()
        for index in parts:
            payload = one.contents[index][0]
            descriptor = vp8.parse(payload, 0, len(payload))
            assert descriptor is not None
            pictures.add((descriptor.picture_id, descriptor.tl0, descriptor.tid))
            body += payload[descriptor.payload :]
        assert len(pictures) == 1, "a frame has one picture id"
        picture, tl0, tid = pictures.pop()
        key = not body[0] & 1
        sframe = body[10 if key else 1 :]
        assert sframe[:1] == b"\x9b"
        assert sframe.endswith(b"T" * 16), "a frame is whole"
        name = sframe[7:].split(b"\0")[0].decode()
        at = max(one.arrivals[index] for index in parts)
        return Frame(name.rstrip("/T"), times.pop(), picture, tl0, tid, key, at, parts[0])
