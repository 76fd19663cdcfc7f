"""How often something may happen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sip.wire.buckets import Bucket, Buckets, Rate


def test_a_burst_goes_through_and_then_the_rate() -> None:
    bucket = Bucket(Rate(10, 5), now=0)
    assert [bucket.take(0) for _ in range(6)] == [True] * 5 + [False]
    assert not bucket.take(0.09)
    assert bucket.take(0.1001)
    assert not bucket.take(0.11)


def test_a_pause_fills_no_more_than_a_burst() -> None:
    bucket = Bucket(Rate(10, 5), now=0)
    assert sum(bucket.take(1000) for _ in range(20)) == 5


@given(st.lists(st.floats(0, 10), max_size=300))
def test_never_more_than_burst_and_rate_together(times: list[float]) -> None:
    bucket = Bucket(Rate(3, 7), now=0)
    assert sum(bucket.take(now) for now in sorted(times)) <= 7 + 3 * 10


@given(st.lists(st.floats(0, 10), max_size=300))
def test_a_clock_that_steps_back_gives_nothing_away(times: list[float]) -> None:
    bucket = Bucket(Rate(3, 7), now=0)
    assert sum(bucket.take(now) for now in times) <= 7 + 3 * 10


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(Rate(1, 2))
    assert [buckets.take("a", 0) for _ in range(3)] == [True, True, False]
    assert buckets.take("b", 0)


def test_a_flood_of_keys_costs_no_memory_and_frees_nobody() -> None:
    buckets = Buckets(Rate(1, 2), most=10)
    for key in range(1000):
        buckets.take(key, 0)
        buckets.take("often", 0)
    assert len(buckets) == 10
    assert not buckets.take("often", 0), "one in use stays known"


def test_full_buckets_make_room_first() -> None:
    buckets = Buckets(Rate(1, 2), most=2)
    for _ in range(5):
        buckets.take("empty", 0)
    buckets.take("idle", 0)
    assert not buckets.take("empty", 0.5)
    buckets.take("idle", 3.4)
    buckets.take("empty", 3.5)
    buckets.take("new", 100)
    assert len(buckets) == 1, "both had been full again for long"
