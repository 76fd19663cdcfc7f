"""Loss, reordering and duplication on both sides, and what keeps repairs within bounds."""

from __future__ import annotations

from collections import Counter

import pytest

from onmeet.relay.losses import Losses
from onmeet.relay.retransmit import RepairBudget
from onmeet.rtp import feedback, packets, rtcp, transport_cc
from tests.relay.publisher import Publisher
from tests.relay.subscriber import Subscriber
from tests.relay.world import Faults, World

FULL = {"1:camera": (1280, 720)}


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (Faults(loss=0.05), Faults(loss=0.05)),
        (Faults(loss=0.05, delay=0.05), Faults(loss=0.05, delay=0.05)),
        (Faults(loss=0.05, jitter=0.004, duplicate=0.02), Faults(loss=0.05, jitter=0.004, duplicate=0.02)),
        (Faults(loss=0.1), Faults(loss=0.1)),
        (Faults(jitter=0.03), Faults(jitter=0.03)),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_frames_survive_loss_and_disorder_on_both_sides(up: Faults, down: Faults, seed: int) -> None:
    world = World(seed=seed)
    publisher = Publisher(world, 1, faults=up)
    subscriber = Subscriber(world, 2, faults=down)
    subscriber.subscribe(publisher)
    subscriber.downlink.view(FULL)
    world.run(20)
    frames = subscriber.frames(publisher.tracks["camera"])  # asserts that no frame is garbage
    received = subscriber.received["1:camera"]
    assert len(frames) >= 0.95 * publisher.encodings[2].frames
    assert received.clashes == 0
    assert len({frame.name for frame in frames}) == len(frames)
    assert len(publisher.plis) <= 6


def test_duplicates_are_not_forwarded() -> None:
    world = World()
    publisher = Publisher(world, 1, rids=(), faults=Faults(duplicate=1.0))
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(2)
    publisher.stopped = True
    world.run(0.1)
    counters = world.router.counters
    assert counters.dropped_duplicate > 100
    assert counters.packets_out == sum(len(one.contents) for one in subscriber.received.values())


def test_a_storm_of_nacks_repeats_nothing_more_than_three_times() -> None:
    world = World()
    publisher = Publisher(world, 1, rids=())
    subscriber = Subscriber(world, 2, nacks=False)
    subscriber.subscribe(publisher)
    world.run(2)
    received = subscriber.received["1:camera"]
    numbers = [index & 0xFFFF for index in sorted(received.contents)[-60:-20]]
    sent: Counter[int] = Counter()
    send = subscriber.send_rtp

    def count(packet: bytes | bytearray | memoryview) -> None:
        header = packets.parse(bytes(packet))
        assert header is not None
        if header.ssrc == received.spec.rtx_ssrc:
            sent[packet[header.start] << 8 | packet[header.start + 1]] += 1
        send(packet)

    for one in publisher.tracks["camera"].subscriptions:
        one.send = count
    for _ in range(500):
        subscriber.send(feedback.nack(2, received.spec.ssrc, numbers))
        world.run(0.002)
    assert set(sent) == set(numbers)
    assert set(sent.values()) == {3}
    assert world.router.counters.retransmissions_denied > 10_000


def test_repairs_stay_within_a_budget() -> None:
    budget = RepairBudget(now=0.0)
    assert sum(budget.spend(1000) for _ in range(1000)) == 150
    budget.refill(2_000_000, 0.1)
    assert sum(budget.spend(1000) for _ in range(1000)) == 12


def test_what_is_too_old_or_was_never_sent_is_not_repeated() -> None:
    world = World()
    publisher = Publisher(world, 1, rids=())
    subscriber = Subscriber(world, 2, nacks=False)
    subscriber.subscribe(publisher)
    world.run(4)
    received = subscriber.received["1:camera"]
    ssrc = received.spec.ssrc
    old = [index & 0xFFFF for index in sorted(received.contents)[:20]]
    future = [(received.highest + 500 + step) & 0xFFFF for step in range(20)]
    subscriber.send(feedback.nack(2, ssrc, old))
    subscriber.send(feedback.nack(2, ssrc, sorted(future)))
    subscriber.send(feedback.nack(2, ssrc + 999, old))
    world.run(0.5)
    assert world.router.counters.retransmissions == 0


def test_repeats_after_layer_switches_show_the_same_contents() -> None:
    world = World()
    publisher = Publisher(world, 1)
    subscriber = Subscriber(world, 2, faults=Faults(loss=0.15))
    subscriber.subscribe(publisher)
    for size in ((320, 180), (1280, 720), (640, 360), (1280, 720)) * 3:
        subscriber.downlink.view({"1:camera": size})
        world.run(1.5)
    received = subscriber.received["1:camera"]
    assert received.repaired > 100
    assert received.clashes == 0
    assert len(subscriber.frames(publisher.tracks["camera"])) > 0.9 * 18 * 30


def test_sound_without_rtx_is_never_resent() -> None:
    world = World()
    publisher = Publisher(world, 1, camera=None)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(1)
    received = subscriber.received["1:microphone"]
    subscriber.send(feedback.nack(2, received.spec.ssrc, [received.highest & 0xFFFF]))
    world.run(0.5)
    assert world.router.counters.retransmissions == 0
    assert received.clashes == 0


def test_publishers_are_not_asked_for_what_nobody_watches() -> None:
    world = World()
    publisher = Publisher(world, 1, faults=Faults(loss=0.1))
    world.run(5)
    assert not publisher.nacked
    assert not publisher.plis


def test_a_lost_packet_is_asked_for_until_a_second_has_passed() -> None:
    losses = Losses()
    losses.open(100, 103, now=10.0)
    asked = Counter[int]()
    for step in range(200):
        asked.update(losses.due(10.0 + step * 0.02))
    assert set(asked) == {100, 101, 102}
    assert all(3 <= times <= 10 for times in asked.values())
    assert len(losses) == 0
    assert losses.given_up == 3


def test_a_huge_gap_does_not_grow_the_list() -> None:
    losses = Losses()
    losses.open(0, 100_000, now=1.0)
    losses.open(200_000, 200_400, now=1.1)
    assert len(losses) <= 512
    assert max(losses.due(2.0)) == 200_399


def test_reordering_makes_the_relay_more_patient() -> None:
    losses = Losses()
    losses.open(1, 2, now=0.0)
    losses.arrived(1, now=0.03)
    losses.open(5, 6, now=1.0)
    assert losses.due(1.02) == []
    assert losses.due(1.04) == [5]


def test_the_round_trip_is_measured_from_repairs() -> None:
    losses = Losses()
    for step in range(50):
        losses.open(step, step + 1, now=float(step))
        losses.due(step + 0.01)
        losses.repaired(step, now=step + 0.04)
    assert losses.rtt == pytest.approx(0.03, abs=0.005)


def test_transport_feedback_names_every_packet_once() -> None:
    world = World()
    publisher = Publisher(world, 1, faults=Faults(loss=0.05, jitter=0.004))
    received: set[int] = set()
    world.run(4)
    for data in publisher.messages:
        for part in rtcp.split(data):
            if part.kind == rtcp.TRANSPORT_FEEDBACK and part.subtype == transport_cc.FORMAT:
                found = transport_cc.parse(data, part)
                assert found is not None
                now = {sequence for sequence, at in found.arrivals if at is not None}
                assert not now & received
                received |= now
    assert len(received) > 0.85 * world.router.counters.packets_in


def test_probes_with_old_repairs_do_not_restart_a_stream() -> None:
    world = World()
    publisher = Publisher(world, 1, rids=(), start_sequence=5_000)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(20)
    publisher.encodings[0].kept.update((n, (b"\x10\x11" + bytes(60), 0, True)) for n in range(5_000, 5_020))
    for number in range(5_000, 5_020):
        publisher._repair(publisher.encodings[0].ssrc, number)
    world.run(1)
    counters = world.router.counters
    assert counters.dropped_restart == 0
    assert counters.dropped_late == 20
    frames = subscriber.frames(publisher.tracks["camera"])
    assert len(frames) >= 628
