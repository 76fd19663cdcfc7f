"""The shipped prompts: all there, what they should say, well levelled, and still clear after a telephone."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sip.interface import FRAME, RATE
from sip.ivr import rendering
from sip.ivr.checking import inspect, strangers
from sip.ivr.levels import measure
from sip.ivr.rendering import speak, voiced
from sip.ivr.sounds import SHIPPED, Prompts, chime, decode
from sip.ivr.steps import DIGITS, LANGUAGES, Prompt
from sip.ivr.texts import TEXTS, is_named, text
from sip.media.codecs import make

EVERY = [(language, prompt) for language in LANGUAGES for prompt in voiced()]


# -- words ---------------------------------------------------------------------------------------------------


def test_every_prompt_has_words_in_every_language() -> None:
    assert set(TEXTS) == set(Prompt) - {Prompt.CHIME}
    for language, prompt in EVERY:
        words = text(prompt, language)
        assert words == words.strip()
        assert "{" not in words
        assert "  " not in words
        assert prompt in DIGITS.values() or words[-1] in ".:", (language, prompt)


def test_no_two_prompts_of_a_language_say_the_same() -> None:
    for language in LANGUAGES:
        words = [text(prompt, language) for prompt in voiced()]
        assert len(set(words)) == len(words)


def test_callers_are_addressed_politely() -> None:
    """German with Sie, French with vous, and nobody is taken for a man or a woman."""
    for prompt in voiced():
        assert not re.search(r"\b(du|dich|dir|dein\w*|euch|euer)\b", text(prompt, "de"), re.IGNORECASE)
        assert not re.search(r"\b(tu|te|toi|ton|tes)\b", text(prompt, "fr"), re.IGNORECASE)
        assert not re.search(r"\b(appelé|seul|connecté|admis)\b", text(prompt, "fr"))


def test_the_key_comes_after_what_it_does() -> None:
    """Nobody has to remember a key before they know whether they want it."""
    order = {"de": r"(Für|Um) .*(Stern|Eins|Zwei|Drei)", "en": r"(For|To) .*press", "fr": r"Pour .*tapez"}
    for language, pattern in order.items():
        for prompt in (Prompt.CHOOSE_1, Prompt.CHOOSE_2, Prompt.CHOOSE_3, Prompt.HELP):
            assert re.match(pattern, text(prompt, language))


def test_the_name_of_the_operator_is_spoken_where_it_has_a_place() -> None:
    for language in LANGUAGES:
        for prompt in voiced():
            said = text(prompt, language, "Rat {0} & Tat [[x]]")
            assert ("Rat {0} & Tat [[x]]" in said) == is_named(prompt)
    assert text(Prompt.GREETING, "de", "Rat & Tat") == "Willkommen bei Rat & Tat."


# -- files ---------------------------------------------------------------------------------------------------


def test_the_shipped_prompts_are_complete_and_small() -> None:
    files = [file for file in SHIPPED.rglob("*") if file.is_file()]
    assert len(files) == len(EVERY)
    assert not strangers(SHIPPED)
    assert sum(file.stat().st_size for file in files) <= 3_000_000


def test_every_shipped_prompt_can_be_used() -> None:
    assert [(found.language, found.prompt, found.problems) for found in inspect(None) if found.problems] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_prompts_are_as_long_as_their_words_and_equally_loud(language: str) -> None:
    for prompt in voiced():
        level = measure(decode(SHIPPED / language / f"{prompt}.opus"))
        letters = len(text(prompt, language))
        assert 0.25 <= level.seconds <= 20, prompt
        assert letters < 20 or 8 <= letters / level.seconds <= 22, (prompt, letters / level.seconds)
        assert -25 <= level.speech <= -21, prompt
        assert level.peak < -2, prompt
        assert level.clipped == 0, prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_prompts_begin_and_end_softly_and_soon(language: str) -> None:
    for prompt in voiced():
        sound = decode(SHIPPED / language / f"{prompt}.opus").astype(float)
        loud = np.flatnonzero(np.abs(sound) > 300)
        assert abs(sound[0]) < 150, prompt
        assert abs(sound[-1]) < 150, prompt
        assert loud[0] < 0.15 * RATE, prompt
        assert len(sound) - loud[-1] < 0.3 * RATE, prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_prompts_were_made_from_the_words_of_today(language: str) -> None:
    """Whoever changes a text or a voice has to render anew: python -m sip.ivr render --all --folder …"""
    stale = [
        prompt
        for prompt in voiced()
        if rendering.mark_of(SHIPPED / language / f"{prompt}.opus")
        != rendering.mark(text(prompt, language), language)
    ]
    assert stale == []


# -- how clear they are --------------------------------------------------------------------------------------


def envelopes(sound: NDArray[np.int16]) -> NDArray[np.float64]:
    """Energy in each 20 ms of seven bands between 300 and 3400 Hz, in dB above the noise of a quiet line."""
    frames = len(sound) // FRAME
    power = np.abs(np.fft.rfft(sound[: frames * FRAME].reshape(frames, FRAME) * np.hanning(FRAME))) ** 2
    edges = [300, 450, 650, 900, 1250, 1750, 2450, 3400]
    bins = np.fft.rfftfreq(FRAME, 1 / RATE)
    bands = [power[:, (bins >= low) & (bins < high)].sum(axis=1) for low, high in pairwise(edges)]
    return np.asarray(10 * np.log10(np.array(bands) + 1e5))


def alike(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    """Correlation of the two envelopes at the best of all shifts up to 30 ms."""
    best = -1.0
    for shift in range(0, int(0.03 * RATE), 40):
        for first, second in ((one, other[shift:]), (one[shift:], other)):
            length = min(len(first), len(second))
            a, b = envelopes(first[:length]), envelopes(second[:length])
            best = max(best, float(np.corrcoef(a.ravel(), b.ravel())[0, 1]))
    return best


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["PCMA", "PCMU", "G722"])
def test_what_a_telephone_plays_is_what_was_spoken(language: str, name: str) -> None:
    codec = make(name)  # type: ignore[arg-type]
    sound = decode(SHIPPED / language / f"{Prompt.PIN}.opus")
    whole = np.concatenate([sound, np.zeros(-len(sound) % FRAME, np.int16)])
    heard = np.concatenate(
        [codec.decode(codec.encode(whole[at : at + FRAME])) for at in range(0, len(whole), FRAME)]
    )
    if codec.rate == RATE // 2:
        heard = np.repeat(heard, 2)
    assert alike(sound, heard) > 0.95
    assert abs(measure(heard).speech - measure(sound).speech) < 2.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_encoding_keeps_what_was_spoken(language: str) -> None:
    for prompt in (Prompt.PIN, Prompt.LOBBY, *DIGITS.values()):
        spoken = speak(text(prompt, language), language)
        assert alike(spoken, decode(SHIPPED / language / f"{prompt}.opus")) > 0.9, prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_digits_sound_alike(language: str) -> None:
    """The code is compared digit by digit: each has to differ from every other one."""
    prompts = Prompts()
    sounds = [prompts.sound(language, prompt) for prompt in DIGITS.values()]
    for index, one in enumerate(sounds):
        for other in sounds[index + 1 :]:
            assert alike(one, other) < 0.93


# -- making them ---------------------------------------------------------------------------------------------


def test_rendering_twice_gives_the_same_bytes() -> None:
    one, other = (rendering.encode(speak("Good day.", "en"), "mark") for _ in range(2))
    assert one == other


def test_only_prompts_with_the_operators_name_are_made_and_again_when_it_changes(tmp_path: Path) -> None:
    def made(operator: str) -> set[str]:
        done = rendering.render(tmp_path, operator=operator, languages=["fr"])
        return {str(prompt) for _language, prompt, wanted in done if wanted}

    assert made("Rat & Tat") == {"greeting", "called", "notice-number", "notice-times"}
    assert made("Rat & Tat") == set()
    assert made("Rat") == {"greeting", "called", "notice-number", "notice-times"}
    assert {file.name for file in (tmp_path / "fr").iterdir()} == {
        "greeting.opus", "called.opus", "notice-number.opus", "notice-times.opus",
    }  # fmt: skip


def test_an_operators_recording_is_never_written_over_unless_forced(tmp_path: Path) -> None:
    own = tmp_path / "de" / "greeting.opus"
    own.parent.mkdir()
    own.write_bytes(rendering.encode(chime(), "recorded in a studio"))
    shutil.copy(own, own.with_name("called.mp3"))
    before = own.read_bytes()
    assert rendering.greet(tmp_path, "Rat & Tat", ["de"]) == 2
    assert own.read_bytes() == before
    assert not own.with_name("called.opus").exists()
    list(rendering.render(tmp_path, operator="Rat & Tat", languages=["de"], force=True))
    assert rendering.mark_of(own)


@pytest.mark.parametrize(
    "name", ["--help", "-f /etc/passwd", "[[h@l'oU]]", '"; true', "Ärzte für Ähnlichkeit"]
)
def test_any_name_is_only_spoken(name: str) -> None:
    level = measure(speak(text(Prompt.GREETING, "de", name), "de"))
    assert -25 < level.speech < -21
    assert level.seconds > 0.8


def test_without_espeak_the_neutral_prompts_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert rendering.greet(tmp_path / "prompts", "Rat & Tat") == 0
    with pytest.raises(rendering.ProviderError, match="espeak-ng is missing"):
        speak("Good day.", "en")


def test_a_synthesiser_that_fails_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "espeak-ng"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert rendering.greet(tmp_path / "prompts", "Rat & Tat") == 0


def test_words_without_a_sound_are_an_error() -> None:
    with pytest.raises(rendering.ProviderError):
        speak("", "en")
