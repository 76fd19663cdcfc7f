"""The prompts as sound: the operator's own files where there are any, else those that come with OnMeet."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import structlog
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from sip.interface import RATE
from sip.ivr.steps import LANGUAGES, Prompt

__all__ = ["ENDINGS", "LONGEST", "SHIPPED", "Prompts", "UnusableSound", "chime", "decode", "find"]

Sound = NDArray[np.int16]

SHIPPED = Path(__file__).parent / "prompts"
"""The prompts that come with OnMeet: `<language>/<name>.opus`."""

ENDINGS = ("wav", "flac", "ogg", "mp3", "m4a", "opus")
"""What an operator's own recording may be; the first one found wins, rendered ones (opus) last."""

LONGEST = 60
"""Seconds of one prompt; what is longer is cut."""

log = structlog.get_logger()


class UnusableSound(ValueError):
    """A file holds no sound that can be played."""


def decode(path: Path) -> Sound:
    """All of a sound file as mono at 16 kHz. Raises UnusableSound."""
    frames: list[Sound] = []
    total = 0
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    frames.append(_samples(piece))
                    total += piece.samples
                if total >= LONGEST * RATE:
                    break
            frames += [_samples(piece) for piece in resampler.resample(None)]
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise UnusableSound("not a sound file that can be read") from error
    if not total:
        raise UnusableSound("an empty sound file")
    return np.concatenate(frames)[: LONGEST * RATE]


def _samples(frame: av.AudioFrame) -> Sound:
    return np.asarray(frame.to_ndarray().reshape(-1), np.int16)


def find(folder: Path | None, language: str, prompt: Prompt) -> Path | None:
    """The file of a prompt in a folder, or None."""
    if folder is None:
        return None
    files = (folder / language / f"{prompt}.{ending}" for ending in ENDINGS)
    return next((file for file in files if file.is_file()), None)


class Prompts:
    """Sounds by language and name, decoded when first needed and kept.

    folders: the operator's own, `<language>/<name>.<ending>`, looked through in their order before the
    shipped ones. A broken file there is passed over, a missing prompt is a short silence: a call never ends
    because of one.
    """

    def __init__(self, *folders: Path | None) -> None:
        self._folders = (*folders, SHIPPED)
        self._sounds: dict[tuple[str, Prompt], Sound] = {}

    def sound(self, language: str, prompt: Prompt) -> Sound:
        """Samples at 16 kHz, int16; not to be written to."""
        key = (language, prompt)
        if key not in self._sounds:
            sound = self._load(language, prompt)
            sound.setflags(write=False)
            self._sounds[key] = sound
        return self._sounds[key]

    def warm(self, languages: Iterable[str] = LANGUAGES) -> None:
        """Decode everything now: about 2 ms of processor time for a second of sound, 32 KB of memory."""
        for language in languages:
            for prompt in Prompt:
                self.sound(language, prompt)

    def forget(self) -> None:
        """Look for the files anew: prompts have been made meanwhile."""
        self._sounds.clear()

    def _load(self, language: str, prompt: Prompt) -> Sound:
        for folder in self._folders:
            path = find(folder, language, prompt)
            if path is not None:
                try:
                    return decode(path)
                except UnusableSound:
                    log.warning("a prompt cannot be played: see onmeet prompts check")
        if prompt is Prompt.CHIME:
            return chime()
        if language not in LANGUAGES:
            return self.sound("en", prompt).copy()
        log.warning("a prompt is missing: see onmeet prompts check")
        return np.zeros(RATE // 5, np.int16)


def chime() -> Sound:
    """Two soft tones, so that somebody who waits knows that the line is alive."""
    seconds = np.arange(int(0.9 * RATE)) / RATE
    sound = np.zeros(len(seconds))
    for frequency, start in ((659.3, 0.0), (523.3, 0.22)):
        since = seconds - start
        on = since >= 0
        rise = np.minimum(since[on] / 0.012, 1)
        sound[on] += rise * np.exp(-since[on] / 0.16) * np.sin(2 * math.pi * frequency * since[on])
    sound *= np.minimum((seconds[-1] - seconds) / 0.05, 1)
    return np.asarray(np.round(sound * 1800), np.int16)
