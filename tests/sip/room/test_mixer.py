"""Mix-minus: everyone but the listener, summed wide, clamped once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.interface import FRAME
from sip.room import mixer

LOUD = 32767


def flat(value: int) -> mixer.Frame:
    return np.full(FRAME, value, np.int16)


def test_nobody_hears_anything_without_anybody() -> None:
    assert mixer.mix({}, [flat(100)]) == {}


def test_each_hears_all_but_itself() -> None:
    heard = mixer.mix({"a": flat(1), "b": flat(10), "c": flat(100)}, [flat(1000), flat(2000)])
    assert {name: int(frame[0]) for name, frame in heard.items()} == {"a": 3110, "b": 3101, "c": 3011}


def test_alone_with_oneself_there_is_silence() -> None:
    assert not mixer.mix({"a": flat(LOUD)}, [])["a"].any()


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=26))
def test_no_sum_wraps_round(values: list[int]) -> None:
    heard = mixer.mix({n: flat(value) for n, value in enumerate(values)}, [])
    for n, value in enumerate(values):
        rest = sum(values) - value
        assert int(heard[n][0]) * rest >= 0, "the sign is kept"
        assert heard[n].dtype == np.int16
        if abs(rest) <= 24_000:
            assert heard[n][0] == rest


def test_limiter_bends_and_never_turns_back() -> None:
    wide = np.arange(-200_000, 200_001, 10, dtype=np.int32)
    bent = mixer.limited(wide)
    assert (np.diff(bent.astype(np.int32)) >= 0).all()
    assert bent.min() >= -32768
    assert bent.max() <= 32767


def test_prompt_is_louder_than_the_meeting_below_it() -> None:
    assert mixer.over(flat(1000), flat(3000))[0] == 3250


@pytest.mark.parametrize(("value", "expected"), [(0, -127.0), (32767, 0.0), (3277, -20.0), (-32768, 0.0)])
def test_level_in_dbov(value: int, expected: float) -> None:
    assert mixer.level(flat(value)) == pytest.approx(expected, abs=0.01)
