"""Transport-wide congestion feedback: chunks, deltas, and what a message covers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp import rtcp, transport_cc

TICK = 0.000250


def read(data: bytes) -> transport_cc.Feedback:
    (part,) = rtcp.split(data)
    assert (part.kind, part.subtype) == (rtcp.TRANSPORT_FEEDBACK, transport_cc.FORMAT)
    found = transport_cc.parse(data, part)
    assert found is not None
    return found


def test_a_run_of_small_deltas_is_one_chunk() -> None:
    arrivals = [(1000 + n, 6.4 + n * 0.001) for n in range(20)]
    data, used = transport_cc.build(1, 2, 7, 1000, arrivals)
    assert used == 20
    # base 1000, count 20, reference 100 × 64 ms, number 7, run of 20 small, deltas of 4 ticks
    assert data[12:20] == bytes.fromhex("03e80014 00006407")
    assert data[20:22] == bytes.fromhex("2014")
    assert data[22:42] == bytes([0] + [4] * 19)
    assert len(data) % 4 == 0


def test_loss_and_reordering_use_status_vectors() -> None:
    arrivals = [(5, 1.0), (7, 1.01), (8, 1.005), (11, 1.2)]
    data, used = transport_cc.build(1, 2, 0, 3, arrivals)
    found = read(data)
    assert used == 4
    assert [sequence for sequence, _ in found.arrivals] == list(range(3, 12))
    received = {sequence: at for sequence, at in found.arrivals if at is not None}
    assert received.keys() == {5, 7, 8, 11}
    for index, at in arrivals:
        assert abs(received[index] - at) <= TICK / 2 + 1e-9


def test_a_long_pause_begins_a_new_message() -> None:
    data, used = transport_cc.build(1, 2, 0, 1, [(1, 1.0), (2, 60.0)])
    assert used == 1
    assert len(read(data).arrivals) == 1


def test_a_wide_gap_begins_a_new_message() -> None:
    _, used = transport_cc.build(1, 2, 0, 1, [(1, 1.0), (1 + transport_cc.MAX_SPAN, 1.001)])
    assert used == 1


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(-3000, 30000)), min_size=1, max_size=200),
    st.integers(0, 65535),
    st.integers(0, 30),
)
def test_everything_that_a_message_covers_is_read_back(
    steps: list[tuple[int, int]], start: int, leading: int
) -> None:
    index, ticks = 0x10000 + start, 40_000_000
    arrivals: list[tuple[int, float]] = []
    for ahead, later in steps:
        index, ticks = index + ahead, ticks + later
        arrivals.append((index, ticks * TICK))
    data, used = transport_cc.build(1, 2, 3, arrivals[0][0] - leading, arrivals)
    assert 1 <= used <= len(arrivals)
    found = read(data)
    wrap = 64 * 2**24 / 1000
    received = {sequence: at for sequence, at in found.arrivals if at is not None}
    assert received.keys() == {index & 0xFFFF for index, _ in arrivals[:used]}
    for index, at in arrivals[:used]:
        assert abs(received[index & 0xFFFF] - at % wrap) < TICK
    assert len(found.arrivals) == arrivals[used - 1][0] - arrivals[0][0] + leading + 1


@given(st.binary(max_size=60))
def test_noise_never_raises(noise: bytes) -> None:
    data = rtcp.join(rtcp.TRANSPORT_FEEDBACK, transport_cc.FORMAT, noise[: len(noise) // 4 * 4])
    for part in rtcp.split(data):
        transport_cc.parse(data, part)


def test_a_run_of_nothing_is_refused() -> None:
    data = rtcp.join(
        rtcp.TRANSPORT_FEEDBACK, transport_cc.FORMAT, bytes(8) + bytes.fromhex("00010005 00000000 00000000")
    )
    (part,) = rtcp.split(data)
    assert transport_cc.parse(data, part) is None
