"""Layer switches and thinning: the output stays one stream that a decoder can follow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from onmeet.relay.router import Downlink
from onmeet.rtp.sequence import timestamp_distance
from tests.relay.publisher import Publisher
from tests.relay.subscriber import Frame, Subscriber
from tests.relay.world import Faults, World

SIZES = ((320, 180), (1280, 720), (640, 360))
PATTERN = (0, 2, 1, 2)


def layer(frame: Frame) -> str:
    return frame.name.split("/")[1]


def assert_one_stream(frames: list[Frame]) -> None:
    """Pictures count up by one, time runs forward, a new layer begins with a key frame."""
    for a, b in itertools.pairwise(frames):
        assert (b.picture - a.picture) & 0x7FFF == 1
        assert (b.tl0 - a.tl0) & 0xFF == (1 if b.tid <= 0 else 0)
        assert timestamp_distance(b.timestamp, a.timestamp) > 0
        if layer(a) != layer(b):
            assert b.key


@pytest.mark.parametrize("reports", [True, False])
def test_switching_layers_keeps_one_stream(reports: bool) -> None:
    world = World()
    publisher = Publisher(world, 1, start_sequence=65_000, start_picture=32_700)
    if not reports:
        publisher._send_rtcp = lambda data: None  # type: ignore[method-assign]
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    for size in SIZES * 3:
        subscriber.downlink.view({"1:camera": size})
        world.run(2)
    received = subscriber.received["1:camera"]
    assert sorted(received.contents) == list(range(received.lowest, received.highest + 1))
    frames = subscriber.frames(publisher.tracks["camera"])
    assert_one_stream(frames)
    assert {layer(frame) for frame in frames} == {"q", "h", "f"}
    assert sum(layer(a) != layer(b) for a, b in itertools.pairwise(frames)) >= 8
    steps = [timestamp_distance(b.timestamp, a.timestamp) for a, b in itertools.pairwise(frames)]
    assert max(steps) < 3 * 3000
    elapsed = timestamp_distance(frames[-1].timestamp, frames[0].timestamp) / 90_000
    assert elapsed == pytest.approx(frames[-1].at - frames[0].at, abs=0.1)


def test_switching_survives_loss() -> None:
    world = World(seed=5)
    publisher = Publisher(world, 1, faults=Faults(loss=0.05, jitter=0.003))
    subscriber = Subscriber(world, 2, faults=Faults(loss=0.05, jitter=0.003))
    subscriber.subscribe(publisher)
    for size in SIZES * 3:
        subscriber.downlink.view({"1:camera": size})
        world.run(2)
    frames = subscriber.frames(publisher.tracks["camera"])
    assert subscriber.received["1:camera"].clashes == 0
    assert len(frames) > 0.95 * 18 * 30
    for a, b in itertools.pairwise(frames):
        assert 0 < (b.picture - a.picture) & 0x7FFF < 100
        assert timestamp_distance(b.timestamp, a.timestamp) > 0
        assert layer(a) == layer(b) or b.key


@pytest.fixture
def unplanned(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Stops the plan, which would lift a limit again; it is tested elsewhere."""
    return lambda: monkeypatch.setattr(Downlink, "_plan", lambda self, now: None)


def thinned(world: World, tid: int, unplan: Callable[[], None]) -> tuple[Publisher, Subscriber]:
    publisher = Publisher(world, 1, rids=(), tids=PATTERN)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(1)
    for one in publisher.tracks["camera"].subscriptions:
        one.aim_tid(tid)
    unplan()
    return publisher, subscriber


@pytest.mark.parametrize(("tid", "share"), [(0, 0.25), (1, 0.5)])
def test_thinning_leaves_out_whole_temporal_layers(
    tid: int, share: float, unplanned: Callable[[], None]
) -> None:
    world = World()
    publisher, subscriber = thinned(world, tid, unplanned)
    world.run(4)
    received = subscriber.received["1:camera"]
    assert sorted(received.contents) == list(range(received.lowest, received.highest + 1))
    frames = subscriber.frames(publisher.tracks["camera"])
    assert_one_stream(frames)
    late = [frame for frame in frames if frame.at > 1001.2]
    assert {frame.tid for frame in late} <= set(range(tid + 1))
    assert len(late) == pytest.approx(share * 30 * 3.8, rel=0.1)


def test_thinning_ends_only_where_a_layer_may_be_joined(unplanned: Callable[[], None]) -> None:
    world = World()
    publisher, subscriber = thinned(world, 0, unplanned)
    world.run(2)
    for one in publisher.tracks["camera"].subscriptions:
        one.aim_tid(3)
    world.run(2)
    frames = subscriber.frames(publisher.tracks["camera"])
    assert_one_stream(frames)
    assert {frame.tid for frame in frames[-8:]} == {0, 1, 2}
    later = [frame for frame in frames if frame.at > 1003.02]
    first = next(frame for frame in later if frame.tid > 0)
    assert first.tid == 1  # a frame of layer 2 may refer to one of layer 1


def test_thinning_under_loss_shows_no_number_twice(unplanned: Callable[[], None]) -> None:
    world = World(seed=3)
    publisher = Publisher(world, 1, rids=(), tids=PATTERN, faults=Faults(loss=0.08, jitter=0.005))
    subscriber = Subscriber(world, 2, faults=Faults(loss=0.08))
    subscriber.subscribe(publisher)
    world.run(1)
    unplanned()
    for tid in (1, 3, 0, 3, 1):
        for one in publisher.tracks["camera"].subscriptions:
            one.aim_tid(tid)
        world.run(2)
    assert subscriber.received["1:camera"].clashes == 0
    frames = subscriber.frames(publisher.tracks["camera"])
    assert all(timestamp_distance(b.timestamp, a.timestamp) > 0 for a, b in itertools.pairwise(frames))


def test_an_invisible_track_is_not_sent_and_comes_back() -> None:
    world = World()
    publisher = Publisher(world, 1)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    subscriber.downlink.view({"1:camera": (1280, 720)})
    world.run(2)
    subscriber.downlink.view({})
    world.run(0.1)
    count = len(subscriber.received["1:camera"].contents)
    world.run(2)
    assert len(subscriber.received["1:camera"].contents) == count
    subscriber.downlink.view({"1:camera": (1280, 720)})
    world.run(1)
    frames = subscriber.frames(publisher.tracks["camera"])
    assert_one_stream(frames)
    assert frames[-1].at > world.now - 0.1


def test_a_layer_that_stops_is_replaced_by_the_next_lower() -> None:
    world = World()
    publisher = Publisher(world, 1)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    subscriber.downlink.view({"1:camera": (1280, 720)})
    world.run(3)
    publisher.encodings[2].on = False
    world.run(5)
    frames = subscriber.frames(publisher.tracks["camera"])
    assert layer(frames[-1]) == "h"
    publisher.encodings[2].on = True
    world.run(2)
    frames = subscriber.frames(publisher.tracks["camera"])
    assert layer(frames[-1]) == "f"
    assert_one_stream(frames)


def test_a_view_told_before_the_subscription_counts() -> None:
    world = World()
    publisher = Publisher(world, 1)
    subscriber = Subscriber(world, 2)
    subscriber.downlink.view({"1:camera": (1280, 720)})
    subscriber.subscribe(publisher)
    world.run(2)
    assert layer(subscriber.frames(publisher.tracks["camera"])[-1]) == "f"
