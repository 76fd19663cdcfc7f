"""What a subscriber sees of a publisher over a good network."""

from __future__ import annotations

import itertools

import pytest

from onmeet.rtp import extensions, packets, rtcp
from onmeet.rtp.sequence import timestamp_distance
from tests.relay.publisher import MID_ID, OPUS, Publisher, sealed
from tests.relay.subscriber import Received, Subscriber
from tests.relay.world import Faults, World

FULL = (1280, 720)


def pair(world: World, **options: object) -> tuple[Publisher, Subscriber]:
    publisher = Publisher(world, 1, **options)  # type: ignore[arg-type]
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    subscriber.downlink.view({"1:camera": FULL})
    return publisher, subscriber


def unbroken(received: Received) -> bool:
    return sorted(received.contents) == list(range(received.lowest, received.highest + 1))


def test_everything_arrives_once_and_in_an_unbroken_sequence() -> None:
    world = World()
    publisher, subscriber = pair(world, rids=())
    world.run(4)
    for received in subscriber.received.values():
        assert unbroken(received)
        assert received.clashes == 0
    frames = subscriber.frames(publisher.tracks["camera"])
    assert [frame.name for frame in frames] == [f"1/None/{n}" for n in range(len(frames))]
    assert len(frames) >= 118
    assert subscriber.stray == 0


@pytest.mark.parametrize("source", ["camera", "microphone"])
def test_all_numbers_wrap_without_a_break(source: str) -> None:
    world = World()
    publisher, subscriber = pair(
        world, rids=(), start_sequence=65_500, start_timestamp=(1 << 32) - 90_000, start_picture=32_760
    )
    world.run(6)
    received = subscriber.received[f"1:{source}"]
    assert unbroken(received)
    times = [received.contents[index][1] for index in sorted(received.contents)]
    assert all(timestamp_distance(b, a) >= 0 for a, b in itertools.pairwise(times))
    frames = subscriber.frames(publisher.tracks["camera"])
    assert all(
        (b.picture - a.picture) & 0x7FFF == 1 and (b.tl0 - a.tl0) & 0xFF == 1
        for a, b in itertools.pairwise(frames)
    )


def test_late_joiner_gets_a_key_frame_at_once() -> None:
    world = World()
    publisher = Publisher(world, 1)
    early = Subscriber(world, 2)
    early.subscribe(publisher)
    world.run(10)
    late = Subscriber(world, 3)
    joined = world.now
    late.subscribe(publisher)
    world.run(1)
    first = late.frames(publisher.tracks["camera"])[0]
    assert first.key
    assert first.at - joined < 0.2


def test_many_late_joiners_share_few_key_frames() -> None:
    world = World()
    publisher = Publisher(world, 1, rids=())
    world.run(2)
    for index in range(2, 12):
        Subscriber(world, index).subscribe(publisher)
        world.run(0.1)
    world.run(1)
    assert len(publisher.plis) <= 4


def test_a_muted_source_is_silent_and_comes_back_without_a_gap() -> None:
    world = World()
    publisher, subscriber = pair(world, rids=())
    world.run(2)
    for source in ("camera", "microphone"):
        publisher.uplink.mute(source, True)
    world.run(0.1)
    before = {name: len(one.contents) for name, one in subscriber.received.items()}
    world.run(3)
    assert before == {name: len(one.contents) for name, one in subscriber.received.items()}
    for source in ("camera", "microphone"):
        publisher.uplink.mute(source, False)
    world.run(2)
    for name, one in subscriber.received.items():
        assert unbroken(one)
        assert len(one.contents) > before[name] + 40
    frames = subscriber.frames(publisher.tracks["camera"])
    assert sum(frame.key for frame in frames) == 2


def test_padding_on_the_media_ssrc_leaves_no_gap() -> None:
    world = World()
    publisher, subscriber = pair(world, rids=())
    for _ in range(20):
        world.run(0.1)
        publisher.empty()
    world.run(1)
    received = subscriber.received["1:camera"]
    assert world.router.counters.dropped_empty == 20
    assert unbroken(received)
    assert received.padded == 0
    assert not publisher.nacked


def test_a_new_ssrc_goes_on_in_the_same_output() -> None:
    world = World()
    publisher, subscriber = pair(world, rids=())
    world.run(2)
    publisher.encodings[0].ssrc += 1
    publisher.encodings[0].sequence = 7
    publisher.encodings[0].picture = 9
    publisher.encodings[0].timestamp += 123_456_789
    publisher.audio_ssrc += 1
    world.run(3)
    for received in subscriber.received.values():
        assert unbroken(received)
    frames = subscriber.frames(publisher.tracks["camera"])
    assert len(frames) > 120
    steps = [timestamp_distance(b.timestamp, a.timestamp) for a, b in itertools.pairwise(frames)]
    assert min(steps) > 0
    assert max(steps) < 90_000


def test_a_leap_of_the_sequence_is_taken_at_the_second_packet() -> None:
    world = World()
    publisher, subscriber = pair(world, rids=(), camera=None)
    world.run(1)
    publisher.audio_sequence = (publisher.audio_sequence + 30_000) & 0xFFFF
    world.run(1)
    received = subscriber.received["1:microphone"]
    assert unbroken(received)
    assert world.router.counters.dropped_restart == 1
    assert len(received.contents) >= 97


def test_sound_and_picture_keep_one_clock() -> None:
    world = World()
    _publisher, subscriber = pair(world)
    for size in ((1280, 720), (320, 180), (640, 360)):
        subscriber.downlink.view({"1:camera": size})
        world.run(5)
    shown = {}
    for name, rate in (("1:camera", 90_000), ("1:microphone", 48_000)):
        received = subscriber.received[name]
        newest = max(received.contents)
        report = received.reports[-1]
        ahead = timestamp_distance(received.contents[newest][1], report.rtp) / rate
        shown[name] = report.ntp / (1 << 32) + ahead - received.arrivals[newest]
    assert abs(shown["1:camera"] - shown["1:microphone"]) < 0.02


def test_sender_reports_count_what_was_forwarded() -> None:
    world = World()
    _, subscriber = pair(world, rids=())
    world.run(10)
    received = subscriber.received["1:microphone"]
    report = received.reports[-1]
    assert report.ssrc == received.spec.ssrc
    assert 400 < report.packets <= len(received.contents)
    assert report.octets > 50 * report.packets


def test_unusual_headers_are_understood() -> None:
    world = World(loudest=1)
    publisher, subscriber = pair(world, camera=None)
    publisher.audio_on = False
    body = sealed("microphone", 1, 1, b"x" * 30)
    ssrc = 0xABC
    two_byte = bytes.fromhex("10000002 0101") + b"a" + bytes.fromhex("04018500 00")
    padded = bytearray(packets.build(OPUS, 101, 960, ssrc, body + b"\0\0\3"))
    padded[0] |= packets.PADDING
    mixed = bytearray(packets.build(OPUS, 102, 1920, ssrc, b"CSRC" + body))
    mixed[0] |= 1
    first = packets.build(OPUS, 100, 0, ssrc, body, extensions=extensions.block([(MID_ID, b"a")]))
    second = packets.build(OPUS, 103, 2880, ssrc, body, extensions=two_byte)
    for data in (first, bytes(padded), bytes(mixed), second):
        world.run(0.02)
        publisher.uplink.on_rtp(data, world.now)
    world.run(0.1)
    received = subscriber.received["1:microphone"]
    assert [received.contents[index][0] for index in sorted(received.contents)] == [body] * 4
    assert world.router.counters.dropped_malformed == 0


def test_subscribing_again_begins_a_new_output() -> None:
    world = World()
    publisher, subscriber = pair(world, rids=())
    world.run(1)
    old = subscriber.received["1:camera"]
    new = subscriber.add(publisher.tracks["camera"])
    world.run(0.05)
    count = len(old.contents)
    world.run(2)
    assert len(old.contents) == count
    assert unbroken(new)
    assert len(new.contents) > 40


def test_a_track_that_ended_cannot_be_subscribed() -> None:
    world = World()
    publisher, subscriber = pair(world)
    publisher.uplink.set_tracks(publisher.specs[:1])
    with pytest.raises(KeyError):
        subscriber.add(publisher.tracks["camera"])
    world.run(1)
    assert len(subscriber.received["1:microphone"].contents) > 40


def test_publishers_learn_that_their_ssrcs_are_known() -> None:
    world = World()
    publisher, _ = pair(world, faults=Faults(delay=0.005))
    world.run(0.3)
    known = set()
    for data in publisher.messages:
        for part in rtcp.split(data):
            report = rtcp.parse_report_blocks(data, part) if part.kind == rtcp.RR else None
            known |= {block.ssrc for block in report.blocks} if report else set()
    assert known >= {publisher.audio_ssrc, *(one.ssrc for one in publisher.encodings)}
