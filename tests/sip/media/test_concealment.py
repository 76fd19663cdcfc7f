"""Filling a gap: it begins where the sound broke off, keeps the pitch, and fades."""

from __future__ import annotations

import numpy as np
import pytest

from sip.media.concealment import Concealment
from sip.media.pitch import best_lag, lengthened, shortened


def voice(seconds: float, rate: int, pitch: float = 120.0) -> np.ndarray:
    """A voiced sound: a fundamental and its harmonics."""
    at = np.arange(round(seconds * rate)) / rate
    return sum(3000 / n * np.sin(2 * np.pi * pitch * n * at + n) for n in range(1, 12)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_gap_goes_on_at_the_pitch_of_the_voice(rate: int) -> None:
    sound = voice(0.2, rate)
    past, after = sound[: round(0.1 * rate)], sound[round(0.1 * rate) :]
    size = round(0.01 * rate)
    made = Concealment(past[-round(0.04 * rate) :], rate).make(size)
    assert np.corrcoef(made, after[:size])[0, 1] > 0.95


@pytest.mark.parametrize("rate", [8000, 16000])
def test_gap_begins_where_the_sound_broke_off_even_in_noise(rate: int) -> None:
    chance = np.random.default_rng(1)
    steps = []
    for _ in range(50):
        past = (chance.standard_normal(round(0.04 * rate)) * 300).astype(np.float32)
        past[-1] = 9000  # whatever the last value was
        made = Concealment(past, rate).make(round(0.02 * rate))
        steps.append(abs(made[0] - past[-1]))
    assert max(steps) < 3000


def test_frames_of_a_gap_join() -> None:
    past = voice(0.05, 8000)
    whole, parts = Concealment(past, 8000), Concealment(past, 8000)
    assert np.array_equal(whole.make(480), np.concatenate([parts.make(160) for _ in range(3)]))


@pytest.mark.parametrize(("short", "gone"), [(False, 0.06), (True, 0.025)])
def test_gap_fades_and_says_how_far(short: bool, gone: float) -> None:
    filling = Concealment(voice(0.05, 8000), 8000, short=short)
    assert filling.faded == 0
    start = filling.make(80)
    filling.make(round((gone - 0.01) * 8000))
    assert filling.faded == 1
    assert np.abs(start).max() > 1000
    assert not filling.make(160).any()


def test_silence_stays_silent() -> None:
    assert not Concealment(np.zeros(320, np.float32), 8000).make(160).any()


def test_periods_can_be_taken_out_and_put_in_without_a_seam() -> None:
    sound = voice(0.2, 8000)
    lag, likeness = best_lag(sound[400:], 80, 20, 120)
    assert lag == pytest.approx(8000 / 120, abs=1)
    assert likeness > 0.95
    inside = np.abs(np.diff(sound)).max()
    for changed, size in (
        (shortened(sound[400:], lag, 80), 1200 - lag),
        (lengthened(sound[:400], sound[400:], lag, 80), 1200 + lag),
    ):
        assert len(changed) == size
        assert abs(changed[0] - sound[399]) <= inside
        assert np.array_equal(changed[-200:], sound[-200:])
        assert np.abs(np.diff(changed)).max() <= 1.1 * inside
