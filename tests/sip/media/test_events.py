"""Digits as telephone-events: one for each pressed key, whatever the network does to the packets."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.events import DIGITS, DigitReceiver, build_event

Packet = tuple[int, bytes, bool]


def press(digit: str, timestamp: int, updates: int = 5, ends: int = 3) -> list[Packet]:
    """All packets of a key held for `updates` times 20 ms: (timestamp, payload, marker)."""
    event = DIGITS.index(digit)
    out = [(timestamp, build_event(event, 160 * (n + 1), end=False), n == 0) for n in range(updates)]
    return out + [(timestamp, build_event(event, 160 * updates, end=True), False)] * ends


def pressed(packets: list[Packet], receiver: DigitReceiver | None = None) -> str:
    receiver = receiver or DigitReceiver()
    return "".join(receiver.feed(at, payload, marker=marker) for at, payload, marker in packets)


def keys(digits: str, start: int = 1000) -> list[list[Packet]]:
    """A press every 200 ms."""
    return [press(digit, start + 1600 * place) for place, digit in enumerate(digits)]


def test_every_key_once() -> None:
    assert pressed([packet for key in keys(DIGITS) for packet in key]) == DIGITS


def test_digit_fires_on_its_first_packet() -> None:
    assert DigitReceiver().feed(1000, build_event(5, 0, end=False), marker=True) == "5"


def test_equal_digits_in_a_row_are_told_apart() -> None:
    assert pressed([packet for key in keys("11221") for packet in key]) == "11221"


def test_two_quick_presses_of_one_key_without_any_end_packet() -> None:
    first, second = press("7", 1000, updates=2, ends=0), press("7", 1640, updates=2, ends=0)
    assert pressed(first + second) == "77"
    assert pressed(first + second[1:]) == "77"  # the marker is lost too


@pytest.mark.parametrize("kept", range(8))
def test_any_single_packet_of_a_press_is_enough(kept: int) -> None:
    assert pressed([key[kept] for key in keys("4711#")]) == "4711#"


@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 0.6))
def test_loss_and_duplication_never_double_or_change_a_digit(seed: int, share: float) -> None:
    chance = random.Random(seed)
    packets = []
    for key in keys("1234567890"):
        kept = [packet for packet in key if chance.random() >= share] or [key[-1]]
        packets += [packet for packet in kept for _ in range(chance.choice((1, 1, 2)))]
    assert pressed(packets) == "1234567890"


def test_packets_overtaking_each_other_fire_once() -> None:
    for order in itertools.permutations(press("9", 1000, updates=2, ends=2)):
        assert pressed(list(order)) == "9"


def test_stray_packet_of_an_earlier_digit_is_ignored() -> None:
    first, second = press("1", 1000), press("2", 2600)
    assert pressed([*first, *second[:2], first[-1], *second[2:]]) == "12"


def test_key_held_for_20_seconds_is_one_digit() -> None:
    # RFC 4733 §2.5.1.3: after 0xFFFF ticks the next segment begins, without a marker
    packets: list[Packet] = []
    for place, segment in enumerate((1000, 1000 + 0xFFFF, 1000 + 2 * 0xFFFF)):
        packets += [
            (segment, build_event(3, duration, end=False), place == 0 and duration == 160)
            for duration in range(160, 0x10000, 160)
        ]
        packets.append((segment, build_event(3, 0xFFFF, end=False), False))
    packets.append((1000 + 2 * 0xFFFF, build_event(3, 0xFFFF, end=True), False))
    assert pressed(packets) == "3"
    again = press("3", 1000 + 3 * 0xFFFF + 8000)
    assert pressed(packets + again) == "33"


def test_sender_that_moves_the_timestamp_while_a_key_is_held() -> None:
    packets = [(1000 + 160 * n, build_event(6, 160 * (n + 1), end=False), n == 0) for n in range(10)]
    assert pressed(packets) == "6"


def test_timestamps_that_wrap_or_begin_anew() -> None:
    assert pressed(press("1", 0xFFFFFF00) + press("2", 0x00000500)) == "12"
    assert pressed(press("1", 0x80000000) + press("2", 0x00001000)) == "12"


def test_resumed_receiver_does_not_repeat_the_digit() -> None:
    first = DigitReceiver()
    packets = press("8", 1000)
    assert pressed(packets[:3], first) == "8"
    assert pressed(packets[3:] + press("8", 4000), DigitReceiver(first.last)) == "8"


def test_events_that_are_no_digits_say_nothing() -> None:
    assert (
        pressed(
            [(1000, build_event(16, 160, end=False), True), (9000, build_event(200, 160, end=True), True)]
        )
        == ""
    )


def test_bundled_events_all_count_and_padding_does_not() -> None:
    both = build_event(1, 800, end=True) + build_event(2, 800, end=True)
    assert pressed([(1000, both, True)]) == "12"
    assert pressed([(1000, build_event(1, 800, end=True) + bytes(8), True)]) == "1"


@given(st.lists(st.tuples(st.integers(0, 0xFFFFFFFF), st.binary(max_size=64), st.booleans())))
def test_any_bytes_are_safe(packets: list[Packet]) -> None:
    assert set(pressed(packets)) <= set(DIGITS)
