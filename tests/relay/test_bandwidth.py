"""The estimate of what a subscriber can take."""

from __future__ import annotations

import itertools

from onmeet.relay.bandwidth import RembEstimator


def grow(estimator: RembEstimator, sent: float, start: float, seconds: float) -> float:
    now = start
    while now < start + seconds:
        now += 0.25
        estimator.tick(sent, now)
    return now


def test_it_begins_with_enough_for_a_full_camera() -> None:
    assert RembEstimator(0.0).bitrate >= 1_500_000 * 1.15


def test_it_rises_a_bounded_way_above_what_is_sent() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 2_000_000, 0.0, 60)
    high = estimator.bitrate
    assert 4_000_000 < high < 6_000_000
    grow(estimator, 2_000_000, now, 60)
    assert estimator.bitrate == high


def test_an_echo_of_the_present_rate_is_no_limit() -> None:
    estimator = RembEstimator(0.0)
    now = 0.0
    for _ in range(60):
        now = grow(estimator, 500_000, now, 1)
        estimator.on_remb(760_000, now)  # a browser says 1.5 times what it receives
    assert estimator.bitrate >= 1_700_000


def test_a_remb_that_falls_is_believed() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 2_000_000, 0.0, 5)
    estimator.on_remb(2_900_000, now)
    estimator.on_remb(1_700_000, now)
    assert estimator.bitrate == 1_700_000
    assert estimator.congested(now)


def test_one_fall_takes_at_most_half_and_the_next_one_more() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 2_000_000, 0.0, 5)
    estimator.on_remb(2_900_000, now)
    estimator.on_remb(20_000, now)  # the receiver hung for a moment
    assert estimator.bitrate == 1_000_000
    now = grow(estimator, 200_000, now, 4)
    estimator.on_remb(15_000, now)
    assert estimator.bitrate < 500_000


def test_a_remb_that_lags_behind_a_new_layer_is_no_complaint() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 150_000, 0.0, 5)
    for step in range(20):
        estimator.on_remb(235_000 + 1000 * step, now)
        now = grow(estimator, 650_000, now, 1)
    assert not estimator.congested(now)
    assert estimator.bitrate > 2_000_000


def test_a_remb_that_stays_below_what_is_sent_is_meant() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 2_000_000, 0.0, 5)
    for _ in range(5):
        estimator.on_remb(400_000, now)
        now = grow(estimator, 2_000_000, now, 1)
    assert estimator.bitrate == 400_000
    assert estimator.congested(now)


def test_a_path_found_narrow_by_mistake_is_tried_again() -> None:
    # seen with a browser on a starved machine: one fall to 38 kbit/s, and never another word
    estimator = RembEstimator(0.0)
    now = grow(estimator, 200_000, 0.0, 5)
    estimator.on_remb(170_000, now)
    estimator.on_remb(38_000, now)
    assert estimator.bitrate == 100_000
    for _ in range(20):
        now = grow(estimator, 33_000, now, 1)
        estimator.on_remb(38_000, now)
    assert estimator.bitrate > 600_000


def test_heavy_loss_lowers_and_some_loss_holds() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 2_000_000, 0.0, 5)
    before = estimator.bitrate
    estimator.on_loss(0.05, now)
    assert estimator.bitrate == before
    assert not estimator.congested(now)
    estimator.on_loss(0.5, now)
    assert estimator.bitrate == 1_500_000


def test_it_recovers_after_congestion() -> None:
    estimator = RembEstimator(0.0)
    now = grow(estimator, 2_000_000, 0.0, 5)
    estimator.on_remb(2_900_000, now)
    estimator.on_remb(300_000, now)
    now = grow(estimator, 250_000, now, 60)
    assert estimator.bitrate > 1_000_000
    assert not estimator.congested(now)


def test_tries_that_fail_become_rarer() -> None:
    estimator = RembEstimator(0.0)
    now, falls = 0.0, []
    while now < 300:
        sent = 1_500_000.0 if estimator.bitrate > 1_700_000 else 500_000.0
        now = grow(estimator, sent, now, 0.5)
        estimator.on_remb(1_200_000, now)
        if sent > 1_000_000:
            estimator.on_remb(800_000, now)
            falls.append(now)
    gaps = [b - a for a, b in itertools.pairwise(falls)]
    assert gaps[-1] > 2 * gaps[0]
    assert len(falls) < 20


def test_a_remb_far_above_what_is_sent_vouches() -> None:
    estimator = RembEstimator(0.0)
    estimator.tick(1_000_000, 0.25)
    estimator.on_remb(20_000_000, 0.3)
    grow(estimator, 1_000_000, 0.3, 5)
    assert estimator.bitrate == 20_000_000


def test_it_never_falls_to_nothing() -> None:
    estimator = RembEstimator(0.0)
    estimator.tick(100_000, 0.25)
    for step in range(50):
        estimator.on_loss(1.0, 1.0 + step)
        estimator.on_remb(0, 1.0 + step)
    assert estimator.bitrate >= 50_000
