"""What is wrong with an operator's own prompts is found and said, from the command line as well."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from onmeet import cli
from onmeet.notices import outlets
from sip.interface import RATE
from sip.ivr.checking import Finding, inspect, strangers
from sip.ivr.sounds import Prompts, decode
from sip.ivr.steps import Prompt


def tone(seconds: float, amplitude: float) -> NDArray[np.float64]:
    return amplitude * np.sin(np.arange(int(seconds * RATE)) * 0.3)


def record(folder: Path, name: str, sound: NDArray[np.float64], rate: int = RATE, channels: int = 1) -> Path:
    """A wav file in the operator's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.clip(np.round(sound), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).tobytes())
    return path


def found(folder: Path, prompt: Prompt) -> Finding:
    return next(each for each in inspect(folder, ["en"]) if each.prompt is prompt)


@pytest.mark.parametrize(
    ("sound", "problem"),
    [
        (tone(4, 4000), None),
        (tone(4, 0), "is silent"),
        (tone(4, 200), "is too quiet: -47 dBov, -35 at least"),
        (tone(4, 9000), "is too loud: -14 dBov, -15 at most"),
        (tone(4, 90000), "is clipped"),
        (tone(1, 4000), "is cut off: 1.0 seconds for 64 letters"),
        (tone(61, 4000), "is too long: only 60 seconds are played"),
        (tone(40, 4000), "takes 40 seconds for 64 letters"),
    ],
)
def test_a_recording_that_does_not_fit_is_told_with_a_figure(
    tmp_path: Path, sound: NDArray[np.float64], problem: str | None
) -> None:
    record(tmp_path, "en/pin.wav", sound)
    finding = found(tmp_path, Prompt.PIN)
    assert finding.source == "own"
    assert (problem is None) == (finding.problems == ())
    assert problem is None or any(each.startswith(problem) for each in finding.problems)


def test_the_own_recording_is_played_whatever_its_rate_and_channels(tmp_path: Path) -> None:
    record(tmp_path, "de/goodbye.wav", tone(2, 4000), rate=44100, channels=2)
    sound = Prompts(tmp_path).sound("de", Prompt.GOODBYE)
    assert sound.dtype == np.int16
    assert len(sound) == pytest.approx(2 * RATE * RATE / 44100, abs=50)
    assert np.array_equal(Prompts(None, tmp_path).sound("de", Prompt.GOODBYE), sound)


def test_the_chime_can_be_replaced_as_well(tmp_path: Path) -> None:
    path = record(tmp_path, "en/chime.wav", tone(1, 500))
    assert np.array_equal(Prompts(tmp_path).sound("en", Prompt.CHIME), decode(path))
    assert len(Prompts().sound("en", Prompt.CHIME)) == int(0.9 * RATE)


@pytest.mark.parametrize("content", [b"", b"OggS" + bytes(500), b"<html>", bytes(range(256)) * 40])
def test_a_file_without_sound_is_told_and_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "pin.opus").write_bytes(content)
    assert found(tmp_path, Prompt.PIN).problems
    assert np.array_equal(Prompts(tmp_path).sound("en", Prompt.PIN), Prompts().sound("en", Prompt.PIN))


def test_files_that_are_never_played_are_told(tmp_path: Path) -> None:
    good = record(tmp_path, "en/pin.wav", tone(4, 4000))
    wrong = [
        record(tmp_path, name, tone(1, 4000))
        for name in ("en/pins.wav", "it/pin.wav", "en/pin.aiff", "pin.wav", "en/old/pin.wav")
    ]
    assert strangers(tmp_path) == sorted(wrong)
    assert good not in strangers(tmp_path)


# -- from the command line -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path / "data"))
    for name in ("ONMEET_OPERATOR", "ONMEET_KEYS", "ONMEET_NOTICE", "ONMEET_PHONE"):
        monkeypatch.delenv(name, raising=False)


def test_check_says_that_all_is_well_and_then_what_is_not(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["prompts", "check"]) == 0
    assert capfd.readouterr().out == "all prompts can be used\n"
    record(tmp_path / "data/prompts", "fr/pin.wav", tone(4, 0))
    record(tmp_path / "data/prompts", "fr/pim.wav", tone(4, 0))
    assert cli.main(["prompts", "check", "--lang", "fr"]) == 1
    told = "fr/pin (own) is silent\nfr/pim.wav is never played: no prompt has this name\n2 problems\n"
    assert capfd.readouterr().out == told


def test_list_shows_where_each_prompt_comes_from(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    record(tmp_path / "data/prompts", "de/goodbye.wav", tone(2, 4000))
    assert cli.main(["prompts", "list", "--lang", "de", "--operator-name", "Rat & Tat"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["de/goodbye", "own", "2.0", "s"] for line in lines)
    assert any(
        line.startswith("de/greeting") and line.endswith("Willkommen bei Rat & Tat.") for line in lines
    )


def test_render_greets_in_the_operators_name_and_declares_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_OPERATOR", "Rat & Tat")
    assert cli.main(["prompts", "render", "--lang", "en"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert said[:2] == ["en/greeting", "en/called"]
    assert said[-1].startswith("4 made, 0 left as they are")
    data = tmp_path / "data"
    assert (data / "prompts/en/greeting.opus").is_file()
    assert not [path for path in outlets.unknown_files(data) if "prompts" in str(path)]
    assert cli.main(["prompts", "check", "--lang", "en"]) == 0


def test_render_wants_a_name_or_everything(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["prompts", "render"]) == 1
    assert "ONMEET_OPERATOR" in capfd.readouterr().err


def test_render_without_espeak_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["prompts", "render", "--operator-name", "Rat & Tat"]) == 1
    assert "espeak-ng is missing" in capfd.readouterr().err
