"""Packets that Chromium and Firefox sent in a meeting of ours (`tests/captures/rtp`, long ones cut short).

Both were participant 0, with a fake camera in three layers and everything sealed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from onmeet.relay.interface import DownSpec, TrackSpec
from onmeet.relay.router import Router
from onmeet.relay.sframe_check import carries_header, key_prefix
from onmeet.rtp import extensions, feedback, packets, rtcp, rtx, vp8
from tests.relay.world import News

FOLDER = Path(__file__).parent.parent / "captures" / "rtp"


class Browser(NamedTuple):
    name: str
    opus: int
    vp8: int
    rtx: int
    mid: int
    level: int
    transport: int
    rid: int
    repaired: int

    def packet(self, name: str) -> tuple[bytes, packets.Header]:
        data = self.data(name)
        header = packets.parse(data)
        assert header is not None
        return data, header

    def data(self, name: str) -> bytes:
        return bytes.fromhex(json.loads((FOLDER / f"{self.name}.json").read_text())[name])

    def specs(self) -> list[TrackSpec]:
        sound = {
            extensions.MID: self.mid,
            extensions.AUDIO_LEVEL: self.level,
            extensions.TRANSPORT_CC: self.transport,
        }
        layers = {extensions.RID: self.rid, extensions.REPAIRED_RID: self.repaired}
        return [
            TrackSpec("0", "audio", "microphone", {self.opus: "opus"}, {}, sound),
            TrackSpec(
                "1",
                "video",
                "camera",
                {self.vp8: "VP8", self.rtx: "rtx"},
                {self.rtx: self.vp8},
                sound | layers,
                ("q", "h", "f"),
            ),
        ]


CHROMIUM = Browser("chromium", 111, 96, 97, 4, 1, 3, 10, 11)
FIREFOX = Browser("firefox", 109, 120, 124, 3, 1, 7, 9, 10)
BOTH = pytest.mark.parametrize("browser", [CHROMIUM, FIREFOX], ids=lambda browser: browser.name)


@BOTH
def test_sound_carries_level_and_seal(browser: Browser) -> None:
    for name in ("sound", "sound with mid"):
        data, header = browser.packet(name)
        elements = extensions.read(data, header)
        assert len(elements[browser.level]) == 1
        assert len(elements[browser.transport]) == 2
        assert carries_header(data, header.start, key_prefix("microphone", 0), True)
    assert extensions.text(elements[browser.mid]) == "0"


@BOTH
@pytest.mark.parametrize("first", ["", "first "])
def test_frames_carry_descriptor_and_seal(browser: Browser, first: str) -> None:
    data, header = browser.packet(f"{first}key frame")
    frame = vp8.parse(data, header.start, header.end)
    assert frame is not None
    assert frame.starts_frame
    assert (frame.picture_bits, frame.tid) == (15, 0)
    assert frame.tl0 >= 0
    assert not data[frame.payload] & 1
    assert vp8.dimensions(data, frame.payload) in [(320, 180), (640, 360), (1280, 720)]
    assert carries_header(data, frame.payload + 10, key_prefix("camera", 0), False)
    rid = extensions.text(extensions.read(data, header).get(browser.rid))
    assert rid in (["q", "h", "f"] if first else [None])


@BOTH
def test_upper_temporal_layers_say_so(browser: Browser) -> None:
    data, header = browser.packet("frame of temporal layer 1")
    frame = vp8.parse(data, header.start, header.end)
    assert frame is not None
    assert frame.tid == 1
    assert carries_header(data, frame.payload + 1, key_prefix("camera", 0), False)


@BOTH
def test_repairs_unwrap_to_what_was_lost(browser: Browser) -> None:
    data, header = browser.packet("first repair")
    assert extensions.text(extensions.read(data, header)[browser.repaired]) in ("q", "h", "f")
    original = rtx.unwrap(data, header, browser.vp8, 7)
    assert original is not None
    again = packets.parse(original)
    assert again is not None
    frame = vp8.parse(original, again.start, again.end)
    assert frame is not None
    assert frame.picture_bits == 15


@BOTH
def test_probes_on_the_repair_stream_are_empty(browser: Browser) -> None:
    for name in ("padding on rtx", "first padding on rtx"):
        data, header = browser.packet(name)
        assert header.start == header.end
        assert rtx.unwrap(data, header, browser.vp8, 7) is None


@BOTH
def test_reports_are_understood(browser: Browser) -> None:
    data = browser.data("publisher sr+sdes")
    report = rtcp.parse_sender(data, rtcp.split(data)[0])
    assert report is not None
    assert report.ntp > 3_900_000_000 << 32
    data = browser.data("subscriber rr+remb")
    first, second = rtcp.split(data)
    assert rtcp.parse_report_blocks(data, first) is not None
    estimate = feedback.parse_remb(data, second)
    assert estimate is not None
    assert 50_000 < estimate.bitrate < 1_000_000


class Sink:
    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        self.packets.append(bytes(packet))

    def send_rtcp(self, packet: bytes) -> None: ...


@BOTH
def test_a_browser_s_first_packets_are_learned_and_forwarded(browser: Browser) -> None:
    router = Router(lambda: 1.0, News())
    uplink, sink = router.add_uplink(0, Sink()), Sink()
    sound, camera = uplink.set_tracks(browser.specs())
    downlink = router.add_downlink(1, sink)
    downlink.subscribe(sound, DownSpec(50, None, 111, None, 4))
    downlink.subscribe(camera, DownSpec(60, 61, 96, 97, 4))
    router.tick(1.0)
    for name in ("sound with mid", "sound", "first key frame"):
        uplink.on_rtp(browser.data(name), 1.0)
    for name in ("padding on rtx", "first padding on rtx", "publisher sr+sdes"):
        uplink.on_rtp(browser.data(name), 1.0)
        uplink.on_rtcp(browser.data(name), 1.0)
    sent = [packets.parse(packet) for packet in sink.packets]
    assert [header.ssrc for header in sent if header] == [50, 50, 60]
    assert [header.payload_type for header in sent if header] == [111, 111, 96]
    for name, packet in zip(("sound with mid", "sound", "first key frame"), sink.packets, strict=True):
        data, header = browser.packet(name)
        out = packets.parse(packet)
        assert out is not None
        assert packet[out.start :] == data[header.start :]
    assert router.counters.dropped_malformed == router.counters.dropped_refused == 0
