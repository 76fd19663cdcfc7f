"""Connection quality in four levels."""

from __future__ import annotations

import pytest

from onmeet.relay.quality import FAIR, GOOD, LOST, POOR, Link, Quality, rate
from tests.relay.publisher import Publisher
from tests.relay.subscriber import Subscriber
from tests.relay.world import World

FINE = Link(0.0, 0.05, 1.0, 0.5)


@pytest.mark.parametrize(
    ("link", "level"),
    [
        (FINE, GOOD),
        (FINE._replace(loss=0.03), FAIR),
        (FINE._replace(loss=0.2), POOR),
        (FINE._replace(round_trip=0.4), FAIR),
        (FINE._replace(round_trip=0.9), POOR),
        (FINE._replace(share=0.5), FAIR),
        (FINE._replace(share=0.2), POOR),
        (FINE._replace(silent=60.0), LOST),
    ],
)
def test_the_worst_figure_decides(link: Link, level: int) -> None:
    assert rate(link) == level


def test_changes_are_told_once_and_improvements_after_a_second_look() -> None:
    quality = Quality()
    bad = FINE._replace(loss=0.2)
    assert quality.update({1: [FINE, FINE], 2: [FINE, bad]}) == {1: GOOD, 2: POOR}
    assert quality.update({1: [FINE], 2: [bad]}) == {}
    assert quality.update({1: [FINE], 2: [FINE]}) == {}
    assert quality.update({1: [FINE], 2: [FINE]}) == {2: GOOD}
    assert quality.update({}) == {}
    assert quality.update({2: [FINE]}) == {2: GOOD}


def test_a_healthy_meeting_is_good_for_everybody() -> None:
    world = World()
    publishers = [Publisher(world, index) for index in (1, 2)]
    for index in (1, 2):
        subscriber = Subscriber(world, index)
        subscriber.subscribe(*[one for one in publishers if one.index != index])
        subscriber.downlink.view({f"{3 - index}:camera": (1280, 720)})
    world.run(10)
    assert world.news.levels == {1: GOOD, 2: GOOD}


def test_a_subscriber_that_falls_silent_while_media_flows_is_lost() -> None:
    world = World()
    publisher, subscriber = Publisher(world, 1), Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(5)
    subscriber.closed = True
    world.run(20)
    assert world.news.levels == {1: GOOD, 2: LOST}


def test_a_silent_room_is_no_lost_connection() -> None:
    world = World()
    publisher, subscriber = Publisher(world, 1), Subscriber(world, 2)
    subscriber.subscribe(publisher)
    world.run(5)
    publisher.stopped = subscriber.closed = True
    world.run(60)
    assert world.news.levels == {1: GOOD, 2: GOOD}
