"""Comfort noise: level and colour as described, and a background that is never mistaken for speech."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.noise import SILENT, Background, ComfortNoise, level_of


def made(noise: ComfortNoise, size: int = 16000) -> np.ndarray:
    """As frames of 20 ms at 8 kHz."""
    return np.concatenate([noise.make(160) for _ in range(size // 160)])


def db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)) - 20 * np.log10(32768))


@pytest.mark.parametrize("level", [30, 50, 70])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_level_is_the_described_one(level: int, rate: int) -> None:
    noise = ComfortNoise(rate, seed=1)
    noise.describe(bytes([level]))
    assert db(made(noise)) == pytest.approx(-level, abs=0.3)


def test_described_spectrum_is_followed() -> None:
    # RFC 3389 §3.2: one reflection coefficient of -0.9 makes a low-pass of first order
    noise = ComfortNoise(8000, seed=1)
    noise.describe(bytes([40, 127 - 115]))
    sound = made(noise, 64000)
    power = np.abs(np.fft.rfft(sound)) ** 2
    low, high = power[: len(power) // 8].sum(), power[-len(power) // 2 :].sum()
    assert low > 20 * high
    assert db(sound) == pytest.approx(-40, abs=1)


def test_wide_band_leg_gets_the_same_colour_and_no_more_than_4_khz() -> None:
    noise = ComfortNoise(16000, seed=1)
    noise.describe(bytes([40, 127 - 115]))
    sound = np.concatenate([noise.make(320) for _ in range(200)])
    power = np.abs(np.fft.rfft(sound)) ** 2
    assert power[: len(power) // 16].sum() > 20 * power[len(power) // 2 :].sum()


def test_noise_has_no_seam_between_frames() -> None:
    noise = ComfortNoise(8000, seed=1)
    noise.describe(bytes([30, 12]))
    frames = [noise.make(160) for _ in range(400)]
    inside = np.mean([np.mean(np.diff(frame) ** 2) for frame in frames])
    between = np.mean([(after[0] - before[-1]) ** 2 for before, after in itertools.pairwise(frames)])
    assert between < 1.5 * inside


@given(st.binary(max_size=40))
def test_any_description_gives_finite_noise(payload: bytes) -> None:
    noise = ComfortNoise(8000, seed=1)
    noise.describe(payload)
    sound = noise.make(160)
    assert np.all(np.isfinite(sound))
    assert len(sound) == 160


def test_silence_is_silent() -> None:
    noise = ComfortNoise(8000, seed=1)
    assert not noise.make(160).any()
    noise.plain(-120.0)
    assert not noise.make(160).any()


def test_level_of_known_sounds() -> None:
    assert level_of(np.zeros(320, np.int16)) == SILENT
    assert level_of(np.zeros(0, np.int16)) == SILENT
    assert level_of(np.full(320, -32768, np.int16)) == pytest.approx(0.0, abs=0.001)
    sine = (32767 * np.sin(2 * np.pi * np.arange(320) / 16)).astype(np.int16)
    assert level_of(sine) == pytest.approx(-3.01, abs=0.01)


def test_background_is_what_lies_between_the_words() -> None:
    background = Background()
    for place in range(500):
        background.hear(-20.0 if place % 50 < 35 else -62.0)
    assert background.level == pytest.approx(-61, abs=1.5)


def test_speech_without_a_pause_is_no_background() -> None:
    background = Background()
    for _ in range(5000):
        background.hear(-15.0)
    assert background.level <= -50


def test_quieter_background_is_learnt_at_once_and_louder_slowly() -> None:
    background = Background()
    for _ in range(100):
        background.hear(-55.0)
    for _ in range(10):
        background.hear(-75.0)
    assert background.level < -74
    for _ in range(10):
        background.hear(-55.0)
    assert background.level < -73
