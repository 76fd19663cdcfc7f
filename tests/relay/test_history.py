"""The ring of packets that can be sent again, and the log of arrivals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onmeet.relay.arrivals import Arrivals
from onmeet.relay.history import SEEN, History
from onmeet.rtp import rtcp, transport_cc


def filled(history: History, first: int, end: int) -> None:
    for index in range(first, end):
        history.slots[index & history.mask] = index.to_bytes(8, "big")


def test_it_holds_what_is_young_and_few() -> None:
    history = History(16, keep=1.0, limit=10_000, start=100)
    filled(history, 100, 110)
    assert history.get(105, 109) == (105).to_bytes(8, "big")
    assert history.get(99, 109) is None
    assert history.get(110, 109) is None
    filled(history, 110, 130)
    assert history.get(113, 129) is None
    assert history.get(114, 129) == (114).to_bytes(8, "big")


def test_it_forgets_by_time() -> None:
    history = History(64, keep=1.0, limit=10_000, start=0)
    filled(history, 0, 10)
    history.prune(0.0, 9, 80)
    filled(history, 10, 20)
    history.prune(0.5, 19, 160)
    history.prune(1.0, 19, 160)
    assert history.get(9, 19) is None
    assert history.get(10, 19) is not None
    assert history.octets() == 80
    history.prune(1.6, 19, 160)
    assert history.octets() == 0


def test_it_forgets_by_size() -> None:
    history = History(64, keep=100.0, limit=100, start=0)
    for step in range(6):
        filled(history, step * 10, step * 10 + 10)
        history.prune(step * 0.1, step * 10 + 9, (step + 1) * 80)
    assert history.octets() <= 180


def test_a_slot_never_shows_an_older_packet() -> None:
    history = History(16, keep=9.0, limit=10_000, start=0)
    filled(history, 0, 16)
    history.skip(16, 20)
    filled(history, 20, 21)
    for index in range(16, 20):
        assert history.get(index, 20) is None


def test_what_was_only_seen_is_not_given_out() -> None:
    history = History(16, keep=9.0, limit=10_000, start=0)
    history.slots[3] = SEEN
    assert history.get(3, 5) is None
    assert history.slots[3] is not None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=40))
def test_it_never_gives_a_packet_under_a_wrong_index(steps: list[tuple[int, int]]) -> None:
    history = History(32, keep=1.0, limit=200, start=0)
    highest, octets, now = -1, 0, 0.0
    for gap, count in steps:
        history.skip(highest + 1, highest + 1 + gap)
        filled(history, highest + 1 + gap, highest + 1 + gap + count)
        highest += gap + count
        octets += 8 * count
        now += 0.3
        history.prune(now, highest, octets)
        for index in range(max(0, highest - 70), highest + 5):
            data = history.get(index, highest)
            assert data is None or int.from_bytes(data, "big") == index


def read(message: bytes) -> dict[int, float | None]:
    (part,) = rtcp.split(message)
    found = transport_cc.parse(message, part)
    assert found is not None
    return dict(found.arrivals)


def test_a_gap_between_two_reports_counts_as_lost() -> None:
    arrivals = Arrivals()
    arrivals.log += [10, 5.0, 11, 5.001]
    (first,) = arrivals.flush(1, 2)
    arrivals.log += [14, 5.1]
    (second,) = arrivals.flush(1, 2)
    assert set(read(first)) == {10, 11}
    assert [at is None for at in read(second).values()] == [True, True, False]
    assert list(read(second)) == [12, 13, 14]
    assert arrivals.flush(1, 2) == []


def test_a_packet_after_its_report_is_told_by_itself() -> None:
    arrivals = Arrivals()
    arrivals.log += [65_534, 5.0, 0, 5.001]
    arrivals.flush(1, 2)
    arrivals.log += [65_535, 5.1, 1, 5.1]
    late, fresh = arrivals.flush(1, 2)
    assert list(read(late)) == [65_535]
    assert list(read(fresh)) == [1]


def test_a_flood_does_not_grow_the_log() -> None:
    arrivals = Arrivals()
    for number in range(20_000):
        arrivals.log += [number & 0xFFFF, 5.0 + number * 1e-5]
    messages = arrivals.flush(1, 2)
    assert 1 <= len(messages) < 10
    assert all(len(message) < 6000 for message in messages)


@given(st.lists(st.tuples(st.integers(0, 65535), st.floats(0, 1e6)), max_size=60))
def test_any_log_can_be_told(log: list[tuple[int, float]]) -> None:
    arrivals = Arrivals()
    for number, at in log:
        arrivals.log += [number, at]
    for message in arrivals.flush(1, 2):
        read(message)
