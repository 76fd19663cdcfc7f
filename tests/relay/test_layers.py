"""Which layer a subscriber gets, and which layers anybody wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.relay.layers import NOTHING, Ask, Choice, Layer, allocate, fitting_layer, nominal
from tests.relay.publisher import Publisher
from tests.relay.subscriber import Subscriber
from tests.relay.world import World

CAMERA = (
    Layer(150_000, 320, 180, True),
    Layer(500_000, 640, 360, True),
    Layer(1_500_000, 1280, 720, True),
)
SCREEN = (Layer(1_200_000, 1920, 1080, False),)


def camera(key: str, width: int = 1280, height: int = 720, present: int = -1) -> Ask:
    return Ask(key, width, height, False, CAMERA, present)


@pytest.mark.parametrize(
    ("size", "layer"),
    [
        ((160, 90), 0),
        ((320, 180), 0),
        ((390, 220), 0),
        ((480, 270), 1),
        ((640, 360), 1),
        ((1280, 720), 2),
        ((3840, 2160), 2),
        ((1280, 200), 0),  # shown whole, so the height decides
    ],
)
def test_the_smallest_layer_that_looks_right_is_chosen(size: tuple[int, int], layer: int) -> None:
    assert fitting_layer(camera("a", *size)) == layer


def test_a_size_between_two_layers_keeps_the_present_one() -> None:
    assert fitting_layer(camera("a", 380, 214, present=-1)) == 0
    assert fitting_layer(camera("a", 380, 214, present=0)) == 0
    assert fitting_layer(camera("a", 380, 214, present=1)) == 1


def test_ample_budget_gives_everybody_what_fits() -> None:
    chosen = allocate([camera("a"), camera("b", 640, 360)], 10e6, strict=True)
    assert chosen == {"a": Choice(2, 3), "b": Choice(1, 3)}


def test_everybody_gets_a_small_picture_before_anybody_gets_a_large_one() -> None:
    asks = [camera(key) for key in "abcd"]
    chosen = allocate(asks, 700_000, strict=True)
    assert all(choice.layer == 0 for choice in chosen.values())


def test_a_screen_comes_before_cameras() -> None:
    asks = [camera("a"), Ask("s", 1920, 1080, True, SCREEN, 0), camera("b")]
    chosen = allocate(asks, 1_600_000, strict=True)
    assert chosen["s"] == Choice(0, 3)
    assert [chosen["a"].layer, chosen["b"].layer] == [0, 0]


def test_larger_pictures_are_improved_first() -> None:
    asks = [camera("small", 640, 360), camera("large")]
    chosen = allocate(asks, 2_000_000, strict=True)
    assert chosen == {"large": Choice(2, 3), "small": Choice(0, 3)}


def test_frame_rates_fall_before_pictures_vanish() -> None:
    asks = [camera("a"), camera("b"), camera("c")]
    chosen = allocate(asks, 420_000, strict=True)
    assert chosen["a"] == Choice(0, 3)
    assert chosen["b"] == Choice(0, 3) or chosen["b"].tid < 3
    assert chosen["c"].layer == 0
    assert chosen["c"].tid < 3
    assert allocate(asks, 10_000, strict=True) == {"a": Choice(0, 0), "b": NOTHING, "c": NOTHING}


def test_a_guess_takes_no_picture_away() -> None:
    chosen = allocate([camera(str(n)) for n in range(30)], 1e6, strict=False)
    assert all(choice == Choice(0, 3) for choice in chosen.values())


def test_going_up_needs_a_margin_and_staying_does_not() -> None:
    assert allocate([camera("a")], 1_600_000, strict=True)["a"].layer == 1
    assert allocate([camera("a", present=2)], 1_600_000, strict=True)["a"].layer == 2


@given(
    st.lists(
        st.tuples(st.integers(1, 4000), st.integers(1, 4000), st.booleans(), st.integers(-1, 2)), max_size=12
    ),
    st.floats(0, 20e6),
)
def test_a_strict_plan_never_exceeds_its_budget(
    asked: list[tuple[int, int, bool, int]], budget: float
) -> None:
    asks = [
        Ask(str(n), width, height, screen, CAMERA, present)
        for n, (width, height, screen, present) in enumerate(asked)
    ]
    chosen = allocate(asks, budget, strict=True)
    spent = 0.0
    for ask in asks:
        layer, tid = chosen[ask.key]
        assert layer <= fitting_layer(ask)
        if layer >= 0:
            spent += CAMERA[layer].rate * (1.0, 1.0, 1.0, 1.0)[tid] if tid == 3 else CAMERA[0].rate * 0.45
    smallest = CAMERA[0].rate * 0.45  # the first always gets something
    assert spent <= max(budget, smallest) + 1


def test_unknown_layers_are_guessed_by_their_place() -> None:
    assert [nominal(layer, 3).width for layer in range(3)] == [320, 640, 1280]
    assert [nominal(layer, 2).width for layer in range(2)] == [640, 1280]
    assert nominal(0, 1).width == 1280


def layers_seen(world: World, subscriber: Subscriber, publisher: Publisher) -> str:
    return subscriber.frames(publisher.tracks["camera"])[-1].name.split("/")[1]


def test_the_view_decides_the_layer() -> None:
    world = World()
    publisher = Publisher(world, 1)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    for size, rid in (((1280, 720), "f"), ((200, 112), "q"), ((640, 360), "h")):
        subscriber.downlink.view({"1:camera": size})
        world.run(2)
        assert layers_seen(world, subscriber, publisher) == rid


def test_demand_names_the_layers_that_somebody_watches() -> None:
    world = World()
    publisher = Publisher(world, 1)
    first, second = Subscriber(world, 2), Subscriber(world, 3)
    for one in (first, second):
        one.subscribe(publisher)
    first.downlink.view({"1:camera": (1280, 720)})
    second.downlink.view({"1:camera": (320, 180)})
    world.run(6)
    assert world.news.demands[1, "camera"] == ("q", "f")
    first.downlink.view({"1:camera": (640, 360)})
    world.run(1)
    assert world.news.demands[1, "camera"] == ("q", "h", "f")  # a glance elsewhere stops no encoder
    world.run(4)
    assert world.news.demands[1, "camera"] == ("q", "h")
    for one in (first, second):
        one.downlink.view({})
    world.run(5)
    assert world.news.demands[1, "camera"] == ()


def test_demand_is_told_on_change_only() -> None:
    world = World()
    publisher = Publisher(world, 1)
    subscriber = Subscriber(world, 2)
    subscriber.subscribe(publisher)
    subscriber.downlink.view({"1:camera": (1280, 720)})
    world.run(5)
    world.news.demands.clear()
    world.run(5)
    assert not world.news.demands


def test_a_narrow_path_gets_a_small_layer_and_a_wide_one_the_full() -> None:
    world = World()
    publisher = Publisher(world, 1)
    narrow, wide = Subscriber(world, 2), Subscriber(world, 3)
    for one in (narrow, wide):
        one.subscribe(publisher)
        one.downlink.view({"1:camera": (1280, 720)})
    world.run(3)
    narrow.capacity = 400_000
    for _ in range(20):
        narrow.loss_seen = 0.3 if narrow.lost_to_capacity else 0.0
        narrow.lost_to_capacity = 0
        world.run(1)
    counts = {one: len(one.frames(publisher.tracks["camera"])) for one in (narrow, wide)}
    assert layers_seen(world, wide, publisher) == "f"
    assert layers_seen(world, narrow, publisher) == "q"
    assert counts[wide] > 680
    assert world.news.levels[2] < 3
