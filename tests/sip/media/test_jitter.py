"""The jitter buffer alone: order, lateness, jumps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.jitter import JitterBuffer

PAYLOAD = bytes(160)


def fed(buffer: JitterBuffer, numbers: list[int], *, start: float = 10.0, first: int = 0) -> list[str]:
    """Packets with these numbers, each arriving when its turn is."""
    return [
        buffer.put(
            number, (first + 160 * number) & 0xFFFFFFFF, bytes([number & 255]) * 160, start + 0.02 * number
        )
        for number in numbers
    ]


def played(buffer: JitterBuffer, start: float, frames: int) -> list[int | None]:
    """Read so many frames of 20 ms; the number in each packet, None where something is made up."""
    out: list[int | None] = []
    for beat in range(frames):
        taken = buffer.take(start + 0.02 * beat)
        if isinstance(taken, bytes):
            out.append(taken[0])
        else:
            buffer.filled(taken or 160)
            out.append(None)
    return out


def test_packets_come_out_in_order() -> None:
    buffer = JitterBuffer()
    assert fed(buffer, [0, 2, 1, 4, 3]) == ["kept"] * 5
    assert played(buffer, 10.1, 5) == [0, 1, 2, 3, 4]


def test_timestamps_wrap() -> None:
    buffer = JitterBuffer()
    fed(buffer, list(range(6)), first=0xFFFFFFFF - 300)
    assert played(buffer, 10.2, 6) == [0, 1, 2, 3, 4, 5]


def test_duplicates_and_empty_packets_are_told() -> None:
    buffer = JitterBuffer()
    assert fed(buffer, [0, 1, 1]) == ["kept", "kept", "duplicate"]
    assert buffer.put(9, 9999, b"", 10.0) == "unusable"
    assert buffer.put(9, 9999, bytes(2000), 10.0) == "unusable"


def test_lost_packet_leaves_a_gap_of_its_length() -> None:
    buffer = JitterBuffer()
    fed(buffer, [0, 1, 3, 4])
    assert played(buffer, 10.1, 5) == [0, 1, None, 3, 4]


def test_late_packet_is_played_if_its_place_is_still_free() -> None:
    buffer = JitterBuffer()
    fed(buffer, [0, 1])
    assert played(buffer, 10.06, 4) == [0, 1, None, None]
    assert buffer.put(2, 320, b"\x02" * 160, 10.15) == "kept"
    assert played(buffer, 10.16, 1) == [2]


def test_packet_whose_place_was_passed_is_late() -> None:
    buffer = JitterBuffer()
    fed(buffer, [0, 1, 3])
    assert played(buffer, 10.1, 4) == [0, 1, None, 3]
    assert buffer.put(2, 320, PAYLOAD, 10.2) == "late"


def test_packet_that_is_partly_late_is_played_from_where_it_is_needed() -> None:
    buffer = JitterBuffer()
    fed(buffer, [0])
    assert played(buffer, 10.06, 1) == [0]
    assert buffer.put(1, 80, b"\x01" * 160, 10.07) == "kept"
    assert buffer.take(10.08) == b"\x01" * 80


def test_another_start_of_the_timestamps_does_not_stop_the_sound() -> None:
    for jump in (-5_000_000, 5_000_000, -100_000, 100_000, -2_000):
        buffer = JitterBuffer()
        fed(buffer, list(range(10)), first=10_000_000)
        played(buffer, 10.2, 10)
        for number in range(10, 20):
            timestamp = 10_000_000 + jump + 160 * number
            assert buffer.put(number, timestamp, bytes([number]) * 160, 10.0 + 0.02 * number) == "kept"
        assert played(buffer, 10.5, 10) == list(range(10, 20))


def test_a_burst_after_a_stall_is_cut_to_its_latest_part() -> None:
    buffer = JitterBuffer()
    fed(buffer, list(range(100)))
    played(buffer, 12.05, 100)
    for number in range(100, 200):  # 2 s later, all at once
        buffer.put(number, 160 * number, bytes([number]) * 160, 14.0)
    assert buffer.waiting <= 3360
    assert buffer.dropped >= 78
    first, *more = played(buffer, 14.02, 4)
    assert first is None  # a few ms to join the parts
    assert more[0] is not None
    assert more[0] >= 178
    assert more == [more[0], more[0] + 1, more[0] + 2]


def test_what_waited_in_the_socket_before_the_leg_was_made_adds_no_delay() -> None:
    buffer = JitterBuffer()
    for number in range(30):  # 600 ms
        buffer.put(number, 160 * number, bytes([number]) * 160, 10.0)
    out = []
    for number in range(30, 100):
        now = 10.0 + 0.02 * (number - 29)
        buffer.put(number, 160 * number, bytes([number]) * 160, now)
        out += played(buffer, now + 0.01, 1)
    sounds = [one for one in out if one is not None]
    assert len(sounds) >= 68
    assert sounds == list(range(sounds[0], sounds[0] + len(sounds)))
    assert sounds[-1] >= 97  # at most 60 ms behind


def test_buffer_never_holds_more_than_half_a_second() -> None:
    buffer = JitterBuffer()
    for number in range(1000):
        buffer.put(number, 160 * number, PAYLOAD, 10.0)
        assert buffer.waiting <= 3360


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1 << 40), st.integers(0, 0xFFFFFFFF), st.integers(0, 1700), st.integers(0, 50)
        ),
        max_size=60,
    )
)
def test_any_packets_are_safe(packets: list[tuple[int, int, int, int]]) -> None:
    buffer, now = JitterBuffer(), 10.0
    for index, timestamp, size, pause in packets:
        now += pause / 1000
        buffer.put(index, timestamp, bytes(size), now)
        taken = buffer.take(now)
        if isinstance(taken, int):
            assert taken >= 0
            buffer.filled(taken or 160)
        assert buffer.waiting <= 5000


@pytest.mark.parametrize("seconds", [0.3, 3.0, 300.0])
def test_sender_that_was_silent_goes_on_without_a_rush(seconds: float) -> None:
    buffer = JitterBuffer()
    fed(buffer, list(range(50)))
    played(buffer, 10.033, 50)
    silent = round(seconds / 0.02)
    assert played(buffer, 11.033, silent).count(None) >= silent - 2
    numbers = range(50 + silent, 60 + silent)
    out = []
    for place, number in enumerate(numbers):
        buffer.put(50 + place, 160 * number, bytes([place]) * 160, 10.0 + 0.02 * number)
        out += played(buffer, 10.033 + 0.02 * number, 1)
    kept = [one for one in out if one is not None]
    assert kept == list(range(len(kept)))
    assert len(kept) >= 7
