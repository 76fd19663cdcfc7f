"""Counting what came, and whom to hear (RFC 3550 §A.1, §A.3, §A.8)."""

from __future__ import annotations

import pytest

from sip.media.reception import Reception, Sources


def feed(reception: Reception, numbers: list[int]) -> None:
    for number in numbers:
        if reception.place(number & 0xFFFF) is not None:
            reception.count(160 * number & 0xFFFFFFFF, 10 + 0.02 * number)


def test_losses_are_counted_across_the_wrap() -> None:
    reception = Reception(7, 65530)
    feed(reception, [number for number in range(65530, 65630) if number % 10])
    assert reception.highest == 65629
    assert reception.lost == 10
    assert reception.expected == 100


def test_reordered_and_doubled_packets() -> None:
    reception = Reception(7, 100)
    feed(reception, [100, 102, 101, 103, 103])
    assert reception.expected == 4
    assert reception.lost == -1


def test_one_wild_number_is_dropped_two_in_a_row_are_a_new_start() -> None:
    reception = Reception(7, 100)
    assert reception.place(101) == (101, False)
    assert reception.place(40000) is None
    assert reception.place(102) == (102, False)
    assert reception.place(50000) is None
    assert reception.place(50001) == (50001, True)
    assert reception.place(50002) == (50002, False)
    assert reception.lost <= 6  # not the 47,898 between


def test_jitter_is_zero_on_a_steady_line_and_grows_with_jitter() -> None:
    steady, rough = Reception(7, 0), Reception(7, 0)
    for number in range(400):
        steady.count(160 * number, 10 + 0.02 * number)
        rough.count(160 * number, 10 + 0.02 * number + (0.01 if number % 2 else 0.0))
    assert steady.jitter == pytest.approx(0, abs=0.01)
    assert rough.jitter / 8 == pytest.approx(10, abs=0.1)


def test_silence_of_the_sender_is_no_jitter() -> None:
    reception = Reception(7, 0)
    reception.count(0, 10.0)
    reception.count(160, 70.0)  # frozen timestamps
    assert reception.jitter == 0


def test_report_block_counts_since_the_last_one() -> None:
    reception = Reception(7, 0)
    feed(reception, [number for number in range(100) if number % 4])
    first = reception.report(0, 0)
    assert (first.ssrc, first.highest) == (7, 99)
    assert first.lost == 25
    assert first.fraction_lost == pytest.approx(256 * 0.25, abs=4)
    feed(reception, list(range(100, 200)))
    assert reception.report(0, 0).fraction_lost == 0
    assert reception.report(0, 0).fraction_lost == 0  # nothing came in between


def test_new_ssrc_is_heard_at_once_after_silence() -> None:
    sources = Sources()
    first, new = sources.choose(1, 100, 10.0)
    assert new
    first.count(0, 10.0)
    assert sources.choose(2, 5000, 10.02) is None
    second, new = sources.choose(2, 5001, 10.08)
    assert new
    assert second.ssrc == 2


def test_stray_stream_beside_the_known_one_is_never_heard() -> None:
    sources = Sources()
    for number in range(200):
        now = 10 + 0.02 * number
        known, _ = sources.choose(1, number, now)
        known.place(number)
        known.count(160 * number, now)
        assert sources.choose(2, number, now + 0.01) is None
    assert sources.current is known


def test_stream_that_replaces_another_is_heard_after_three_packets() -> None:
    sources = Sources()
    for number in range(10):
        known, _ = sources.choose(1, number, 10 + 0.02 * number)
        known.count(160 * number, 10 + 0.02 * number)
    heard = [sources.choose(2, number, 10.181 + 0.02 * number) is not None for number in range(3)]
    assert heard == [False, False, True]


def test_resumed_source_goes_on_counting() -> None:
    sources = Sources((9, 65535, 2))
    reception, new = sources.choose(9, 0, 10.0)
    assert not new
    assert reception.place(0) == (3 << 16, False)
    reception.count(0, 10.0)
    assert sources.lost == 0
