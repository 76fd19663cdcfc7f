"""Prompts made from their texts by espeak-ng: spoken, trimmed, band-limited, levelled, written as Ogg Opus.

Every file that is made here carries a mark of its words, so that a changed name or text is noticed and an
operator's own recording is never written over. Needs the program espeak-ng; nothing else here does.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soxr
import structlog
from numpy.typing import NDArray

from onmeet.errors import ProviderError
from sip.interface import FRAME, RATE
from sip.ivr.levels import FULL, active
from sip.ivr.sounds import find
from sip.ivr.steps import LANGUAGES, Prompt
from sip.ivr.texts import RESPELLED, is_named, text

__all__ = [
    "LEVEL", "VOICES", "Voice", "available", "encode", "greet", "mark", "mark_of", "render", "speak",
    "voiced",
]  # fmt: skip

log = structlog.get_logger()

LEVEL = -23.0
"""dBov of the speech in a rendered prompt."""

_PEAK = 10 ** (-3 / 20) * FULL
_BAND = (150.0, 7000.0)
"""Hertz: what a wideband call (G.722) carries; a narrowband leg cuts off more by itself."""

_BIT_RATE = 24_000
_SECONDS = 30
"""After which a synthesiser that does not end is given up."""


@dataclass(frozen=True, slots=True)
class Voice:
    """espeak-ng's voice, words a minute, pitch 0–99, pause between words in units of 10 ms."""

    name: str
    speed: int
    pitch: int
    gap: int


VOICES = {
    "de": Voice("de+m3", 145, 50, 1),
    "en": Voice("en+m3", 145, 60, 1),
    "fr": Voice("fr+m3", 142, 60, 1),
}
"""Of espeak-ng's own voices and variants those that keep most of their envelope (short-time objective
intelligibility) through 300–3400 Hz, A-law and noise at 0 and 5 dB."""


def available() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which("espeak-ng") is not None


def render(
    folder: Path,
    *,
    operator: str = "",
    languages: Iterable[str] = LANGUAGES,
    everything: bool = False,
    force: bool = False,
) -> Iterator[tuple[str, Prompt, bool]]:
    """Make the prompts that a folder lacks, one after the other: language, prompt, whether it was made.

    Only those with the operator's name, or everything. What is there already with these words stays, and so
    does a recording that was not made here, unless forced. Raises ProviderError without espeak-ng.
    """
    for language in languages:
        for prompt in voiced():
            if not (everything or (operator and is_named(prompt))):
                continue
            words = text(prompt, language, operator)
            there = find(folder, language, prompt)
            wanted = force or there is None or mark_of(there) not in ("", mark(words, language))
            if wanted:
                _write(folder / language / f"{prompt}.opus", speak(words, language), mark(words, language))
            yield language, prompt, wanted


def greet(folder: Path, operator: str, languages: Iterable[str] = LANGUAGES) -> int:
    """At the start of the gateway: make what names the operator, where espeak-ng is there. In a thread.

    How many were made; without espeak-ng, or where it fails, the neutral prompts are spoken. Never raises
    because of them.
    """
    made = 0
    try:
        if operator and available():
            for _language, _prompt, wanted in render(folder, operator=operator, languages=languages):
                made += wanted
    except (ProviderError, OSError):
        log.warning(
            "prompts with the operator's name cannot be made: the neutral ones are spoken", exc_info=True
        )
    return made


def voiced() -> tuple[Prompt, ...]:
    """The prompts that have words."""
    return tuple(prompt for prompt in Prompt if prompt is not Prompt.CHIME)


def speak(words: str, language: str) -> NDArray[np.int16]:
    """Words as a finished prompt: 16 kHz, int16, at LEVEL. Raises ProviderError."""
    sound = _limited(_trimmed(_synthesise(words, language)))
    speech = sound[active(sound)]
    sound = sound * (10 ** (LEVEL / 20) * FULL / np.sqrt(np.mean(speech**2)))
    return np.asarray(np.round(_faded(_softened(sound))), np.int16)


def encode(sound: NDArray[np.int16], mark: str) -> bytes:
    """As Ogg Opus with a mark; the same bytes for the same sound and library."""
    target = io.BytesIO()
    with av.open(target, "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        container.metadata["comment"] = mark
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = _BIT_RATE
        stream.options = {"application": "voip", "frame_duration": "20", "vbr": "on"}
        whole = np.concatenate([sound, np.zeros(-len(sound) % FRAME, np.int16)])
        for start in range(0, len(whole), FRAME):
            frame = av.AudioFrame.from_ndarray(
                whole[None, start : start + FRAME], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def mark_of(path: Path) -> str:
    """The mark of a file that was made here; "" for any other."""
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            found = dict(container.metadata)
            for stream in container.streams:
                found |= stream.metadata
    except (av.FFmpegError, OSError, ValueError):
        return ""
    value = next((found[key] for key in found if key.lower() == "comment"), "")
    return value if value.startswith(_MADE) else ""


_MADE = "made by espeak-ng from "


def mark(words: str, language: str) -> str:
    """The mark of a file made from these words with the voice of today."""
    made_of = repr((words, VOICES[language], LEVEL, _BAND))
    return _MADE + hashlib.sha256(made_of.encode()).hexdigest()[:16]


def _write(path: Path, sound: NDArray[np.int16], mark: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}")
    new.write_bytes(encode(sound, mark))
    os.replace(new, path)


# -- sound ---------------------------------------------------------------------------------------------------


def _synthesise(words: str, language: str) -> NDArray[np.float64]:
    """What espeak-ng says, at 16 kHz. Words come by its standard input: no name can be an option."""
    voice = VOICES[language]
    for wrong, right in RESPELLED[language].items():
        words = words.replace(wrong, right)
    command = [
        "espeak-ng", "-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch), "-g", str(voice.gap),
        "-b", "1", "--stdin", "--stdout",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the words are its input
            command, input=words.replace("[[", "").encode(), capture_output=True, timeout=_SECONDS, check=True
        )
        with wave.open(io.BytesIO(done.stdout)) as file:
            rate, samples = file.getframerate(), file.readframes(60 * file.getframerate())
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
        raise ProviderError("espeak-ng is missing or does not speak: see docs/phone/prompts.md") from error
    sound = np.frombuffer(samples, np.int16).astype(np.float64)
    if not sound.any():
        raise ProviderError("espeak-ng has nothing to say for these words")
    return np.asarray(soxr.resample(sound, rate, RATE, quality="VHQ"), np.float64)


def _trimmed(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without silence before and after, but for a breath."""
    loud = np.flatnonzero(np.abs(sound) >= np.abs(sound).max() * 0.01)
    return sound[max(loud[0] - RATE // 50, 0) : loud[-1] + RATE // 20]


def _limited(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Only the band of a telephone, with soft edges half an octave wide below and 400 Hz above."""
    padded = np.concatenate([sound, np.zeros(RATE // 10)])
    spectrum = np.fft.rfft(padded)
    frequencies = np.fft.rfftfreq(len(padded), 1 / RATE)
    low, high = _BAND
    rise = np.clip((frequencies - low / 1.41) / (low - low / 1.41), 0, 1)
    fall = np.clip((high + 400 - frequencies) / 400, 0, 1)
    shaped = np.fft.irfft(
        spectrum * np.sin(rise * np.pi / 2) ** 2 * np.sin(fall * np.pi / 2) ** 2, len(padded)
    )
    return np.asarray(shaped[: len(sound)])


def _softened(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Peaks above half of what is allowed are bent, so that none is ever cut."""
    knee = _PEAK / 2
    over = np.maximum(np.abs(sound) - knee, 0) / knee
    bent = np.sign(sound) * (knee + knee * np.tanh(over))
    return np.where(np.abs(sound) > knee, bent, sound)


def _faded(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """In within 5 ms, out within 20 ms."""
    sound = sound.copy()
    into, out = RATE // 200, RATE // 50
    sound[:into] *= np.linspace(0, 1, into)
    sound[-out:] *= np.linspace(1, 0, out)
    return sound
