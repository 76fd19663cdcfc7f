"""Media without a valid SFrame header goes nowhere; lost first packets delay frames and never open a hole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.relay.router import Uplink
from onmeet.relay.sframe_check import FrameVerdicts, carries_header, key_prefix
from onmeet.rtp import extensions, packets, vp8
from tests.relay.publisher import MID_ID, VP8, Publisher, sealed
from tests.relay.subscriber import Subscriber
from tests.relay.world import World

KEY_START = b"\x10\0\0\x9d\x01\x2a\x40\x01\xb4\x00"
SSRC = 0xCAFE


@pytest.mark.promise("N1.1")
def test_clear_media_is_refused_counted_and_told() -> None:
    """The relay refuses sound or picture that is not end-to-end encrypted."""
    world = World()
    publisher = Publisher(world, 1, rids=())
    publisher.sealing = False
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(3)
    assert all(not one.contents for one in subscriber.received.values())
    assert world.news.refusals[1, "camera"] >= 60
    assert world.news.refusals[1, "microphone"] >= 100


def test_clear_media_flows_where_no_sealing_is_demanded() -> None:
    world = World(require_sframe=False)
    publisher = Publisher(world, 1, camera=None)
    publisher.sealing = False
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(1)
    assert len(subscriber.received["1:microphone"].contents) > 40
    assert not world.news.refusals


def test_a_sender_that_stops_sealing_is_cut_off_at_once() -> None:
    world = World()
    publisher = Publisher(world, 1, rids=())
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(2)
    publisher.sealing = False
    world.run(0.05)
    counts = {name: len(one.contents) for name, one in subscriber.received.items()}
    world.run(1)
    assert counts == {name: len(one.contents) for name, one in subscriber.received.items()}
    publisher.sealing = True
    world.run(1)
    for name, one in subscriber.received.items():
        assert len(one.contents) > counts[name] + 20
        assert sorted(one.contents) == list(range(one.lowest, one.highest + 1))


@pytest.mark.parametrize(
    ("frame", "passes"),
    [
        (sealed("microphone", 7, 1, b"sound"), True),
        (sealed("microphone", 8, 1, b"sound"), False),  # somebody else's key
        (sealed("camera", 7, 1, b"sound"), False),  # another class
        (b"\x90" + sealed("microphone", 7, 1, b"x" * 20)[1:], True),  # counter in the config byte
        (b"\x1b" + sealed("microphone", 7, 1, b"sound")[1:], False),  # short KID
        (b"\xab" + sealed("microphone", 7, 1, b"sound")[1:], False),  # KID of three octets
        (sealed("microphone", 7, 1, b"")[:-1], False),  # no room for the tag
        (b"\xfc\xff\xfe", False),  # Opus in clear
        (b"", False),
    ],
)
def test_the_header_must_name_class_and_sender(frame: bytes, passes: bool) -> None:
    assert carries_header(frame, 0, key_prefix("microphone", 7), True) == passes


@given(st.binary(max_size=40), st.integers(0, 40))
def test_noise_never_raises(data: bytes, at: int) -> None:
    carries_header(data, at, key_prefix("camera", 3), True)


def test_verdicts_are_bounded_and_a_refusal_stands() -> None:
    verdicts = FrameVerdicts()
    verdicts.note(1, False)
    assert verdicts.note(1, True) is False
    for timestamp in range(2, 1000):
        verdicts.note(timestamp, True)
    assert verdicts.get(1) is None
    assert verdicts.get(999) is True


class Frames:
    """A publisher whose packets a test hands over one by one."""

    def __init__(self) -> None:
        self.world = World()
        self.publisher = Publisher(self.world, 1, rids=(), microphone=False)
        self.publisher.stopped = True
        self.uplink: Uplink = self.publisher.uplink
        self.subscriber = Subscriber(self.world, 2, nacks=False)
        self.subscriber.subscribe(self.publisher)
        self.world.run(0.1)
        self.sequence = 100
        self.timestamp = 0
        self.first = True

    def make(self, count: int, *, seal: bool = True) -> list[bytes]:
        """The packets of one frame."""
        self.timestamp += 3000
        start = KEY_START if self.first else b"\x11"
        body = sealed("camera", 1, 1, b"1/f/0/" + bytes(count * 100)) if seal else bytes(count * 100)
        key, self.first = self.first, False
        assert key == (start == KEY_START)
        step = -(-len(start + body) // count)
        out = []
        for place in range(count):
            part = (start + body)[place * step : (place + 1) * step]
            out.append(
                packets.build(
                    VP8,
                    self.sequence,
                    self.timestamp,
                    SSRC,
                    vp8.build(start=place == 0, picture_id=self.timestamp // 3000) + part,
                    marker=place == count - 1,
                    extensions=extensions.block([(MID_ID, b"v")]),
                )
            )
            self.sequence += 1
        return out

    def give(self, *data: bytes) -> None:
        for one in data:
            self.uplink.on_rtp(one, self.world.now)
        self.world.run(0.05)

    def seen(self) -> int:
        return len(self.subscriber.received["1:camera"].contents)


def test_a_frame_waits_for_its_first_packet() -> None:
    frames = Frames()
    frames.give(*frames.make(3))
    assert frames.seen() == 3
    late = frames.make(4)
    frames.give(*late[1:])
    assert frames.seen() == 3
    frames.give(late[0])
    assert frames.seen() == 7
    received = frames.subscriber.received["1:camera"]
    assert sorted(received.contents) == list(range(received.lowest, received.highest + 1))


def test_a_frame_whose_first_packet_never_comes_is_never_forwarded() -> None:
    frames = Frames()
    frames.give(*frames.make(3))
    frames.give(*frames.make(4)[1:])
    frames.give(*frames.make(2))
    frames.world.run(3)
    assert frames.seen() == 5
    assert frames.world.router.counters.dropped_unverified == 3


def test_the_rest_of_a_refused_frame_is_refused_in_any_order() -> None:
    for order in ((0, 1, 2), (1, 2, 0), (2, 1, 0), (1, 0, 2)):
        frames = Frames()
        frames.give(*frames.make(2))
        bad = frames.make(3, seal=False)
        frames.give(*(bad[place] for place in order))
        frames.give(*frames.make(2))
        assert frames.seen() == 4
        assert frames.world.router.counters.dropped_refused == 3


def test_a_late_piece_follows_the_verdict_on_its_own_frame() -> None:
    frames = Frames()
    frames.give(*frames.make(2))
    good, bad = frames.make(3), frames.make(3, seal=False)
    frames.give(*good[:2], *bad[:2])
    frames.give(*frames.make(2))
    assert frames.seen() == 6
    frames.give(good[2], bad[2])
    assert frames.seen() == 7


def test_parked_packets_are_bounded() -> None:
    frames = Frames()
    frames.give(*frames.make(2))
    for _ in range(100):
        frames.give(*frames.make(10)[1:])
    counters = frames.world.router.counters
    (stream,) = frames.publisher.tracks["camera"].videos()
    assert len(stream._parked) <= 256
    assert counters.dropped_unverified >= 900 - 256
    assert frames.seen() == 2


def test_an_empty_descriptor_is_refused_without_noise() -> None:
    frames = Frames()
    frames.give(*frames.make(1))
    for payload in (b"\x10", b"\x90", b"\x90\x80", b"\x90\x80\x80", b"\x10\x00", b"\x10\x11"):
        frames.timestamp += 3000
        frames.give(packets.build(VP8, frames.sequence, frames.timestamp, SSRC, payload, marker=True))
        frames.sequence += 1
    frames.give(*frames.make(1))
    assert frames.seen() == 2
