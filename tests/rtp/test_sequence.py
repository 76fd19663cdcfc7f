"""Numbers that wrap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp.sequence import extend, is_newer_timestamp, timestamp_distance

INDEX = st.integers(1 << 16, (1 << 48) - 1)


@given(INDEX, st.integers(-0x7FFF, 0x7FFF))
def test_an_index_is_found_again_from_its_sequence(near: int, away: int) -> None:
    index = near + away
    assert extend(index & 0xFFFF, near) == index


@given(st.integers(0, 65535), st.integers(0, 1 << 20))
def test_an_extended_sequence_keeps_its_low_bits_and_is_never_negative(sequence: int, near: int) -> None:
    index = extend(sequence, near)
    assert index & 0xFFFF == sequence
    assert index >= 0


def test_the_wrap_goes_on_upwards() -> None:
    assert extend(0, 0x1FFFF) == 0x20000
    assert extend(0xFFFF, 0x20000) == 0x1FFFF


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31) + 1, 2**31 - 1))
def test_timestamp_distance_undoes_addition(start: int, step: int) -> None:
    later = (start + step) & 0xFFFFFFFF
    assert timestamp_distance(later, start) == step
    assert is_newer_timestamp(later, start) == (step > 0)
