"""Tones in the sound: recognised within the limits of ITU-T Q.24, never in speech."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from sip.media.g711 import ALAW
from sip.media.inband import COLUMNS, KEYS, ROWS, ToneDetector
from sip.media.resample import Downsampler

ALL = "".join(KEYS)


def keypress(
    key: str, rate: int, ms: float, *, low_db: float = -13.0, high_db: float = -11.0, off: float = 0.0
) -> np.ndarray:
    """Both tones for so long; levels in dB of full scale; `off`: by which share the tones are wrong."""
    row = next(place for place, line in enumerate(KEYS) if key in line)
    column = KEYS[row].index(key)
    at = 2 * np.pi * np.arange(round(ms * rate / 1000)) / rate * (1 + off)
    low, high = 32767 * 10 ** (low_db / 20), 32767 * 10 ** (high_db / 20)
    return low * np.sin(at * ROWS[row]) + high * np.sin(at * COLUMNS[column] + 1.0)


def dialled(keys: str, rate: int, ms: float, pause: float, **facts: float) -> np.ndarray:
    silence = np.zeros(round(pause * rate / 1000))
    parts = [silence]
    for key in keys:
        parts += [keypress(key, rate, ms, **facts), silence]
    return np.concatenate([*parts, silence])


def heard(sound: np.ndarray, rate: int = 8000) -> str:
    detector, size = ToneDetector(rate), rate // 50
    samples = np.clip(sound, -32768, 32767).astype(np.int16)
    return "".join(detector.feed(samples[at : at + size]) for at in range(0, len(samples), size))


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("ms", [40, 50, 70, 100, 1000])
def test_every_key_once_however_long_it_is_held(rate: int, ms: int) -> None:
    assert heard(dialled(ALL + "1122", rate, ms, 50), rate) == ALL + "1122"


@pytest.mark.parametrize("offset", range(0, 102, 17))
def test_40_ms_are_enough_wherever_the_blocks_begin(offset: int) -> None:
    sound = np.concatenate([np.zeros(offset), dialled(ALL, 8000, 40, 40)])
    assert heard(sound) == ALL


@pytest.mark.parametrize("off", [-0.015, 0.015])
def test_frequencies_may_be_wrong_by_1_5_percent(off: float) -> None:
    assert heard(dialled(ALL, 8000, 70, 50, off=off)) == ALL


@pytest.mark.parametrize("off", [-0.04, 0.04])
def test_frequencies_wrong_by_4_percent_are_other_tones(off: float) -> None:
    assert heard(dialled(ALL, 8000, 70, 50, off=off)) == ""


@pytest.mark.parametrize(("low_db", "high_db"), [(-4, -4), (-30, -30), (-10, -16.5), (-16, -12.7)])
def test_levels_and_twist_within_limits(low_db: float, high_db: float) -> None:
    assert heard(dialled(ALL, 8000, 70, 50, low_db=low_db, high_db=high_db)) == ALL


@pytest.mark.parametrize(("low_db", "high_db"), [(-10, -22), (-22, -10), (-50, -50)])
def test_levels_and_twist_beyond_limits(low_db: float, high_db: float) -> None:
    assert heard(dialled(ALL, 8000, 70, 50, low_db=low_db, high_db=high_db)) == ""


def test_23_ms_are_too_short() -> None:
    assert heard(dialled(ALL, 8000, 20, 60)) == ""


def test_a_gap_of_10_ms_does_not_make_two_of_one() -> None:
    silence = np.zeros(80)
    sound = np.concatenate([keypress("5", 8000, 60), silence, keypress("5", 8000, 60), np.zeros(800)])
    assert heard(sound) == "5"


def test_noise_at_15_db_below_and_companding_do_no_harm() -> None:
    sound = dialled(ALL, 8000, 70, 60)
    sound += np.random.default_rng(5).standard_normal(len(sound)) * 32767 * 10 ** (-29 / 20)
    coded = ALAW.decode(ALAW.encode(np.clip(sound, -32768, 32767).astype(np.int16)))
    assert heard(coded) == ALL


def test_noise_and_single_tones_dial_nothing() -> None:
    noise = np.random.default_rng(6).standard_normal(8000 * 60) * 5000
    assert heard(noise) == ""
    at = np.arange(8000 * 2) / 8000
    for hertz in (*ROWS, *COLUMNS, 440, 425, 350):
        assert heard(10000 * np.sin(2 * np.pi * hertz * at)) == ""


SPEECH = {
    "en-gb": "Six people asked whether the meeting, which began at ten past two, would ever come to an end. "
    "We see nine easy pieces of evidence here; please read these three pages before Monday evening. ",
    "de": "Sieben Menschen fragten, ob die Besprechung, die um zehn nach zwei begann, jemals enden würde. "
    "Wir sehen hier neun einfache Beweise; bitte lesen Sie diese drei Seiten bis Montagabend. ",
    "fr": "Six personnes ont demandé si la réunion, commencée à deux heures dix, finirait un jour. "
    "Voici neuf preuves faciles ; lisez ces trois pages avant lundi soir, s'il vous plaît. ",
}


@pytest.mark.parametrize("voice", ["en-gb", "en-gb+f3", "de", "de+f2", "fr", "fr+f4"])
def test_speech_dials_nothing(voice: str, tmp_path: Path) -> None:
    text, file = SPEECH[voice.partition("+")[0]] * 6, tmp_path / "speech.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-p", "60", "-w", str(file), text], check=True, timeout=50)
    with wave.open(str(file)) as sound:
        rate, samples = sound.getframerate(), np.frombuffer(sound.readframes(1 << 30), np.int16)
    assert len(samples) > 40 * rate
    at = np.arange(0, len(samples) / rate, 1 / 16000)
    wide = np.interp(at, np.arange(len(samples)) / rate, samples).astype(np.int16)
    narrow = Downsampler().feed(wide[: len(wide) // 2 * 2])
    assert heard(narrow.astype(float)) == ""
    assert heard(wide.astype(float), 16000) == ""
