"""Is every prompt there, and fit to be heard on a telephone? For the command line and the tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sip.ivr.levels import Level, measure
from sip.ivr.rendering import mark_of, voiced
from sip.ivr.sounds import ENDINGS, LONGEST, SHIPPED, UnusableSound, decode, find
from sip.ivr.steps import LANGUAGES, Prompt
from sip.ivr.texts import text

__all__ = ["Finding", "inspect", "strangers"]

Source = Literal["own", "rendered", "shipped", "none"]
"""A recording of the operator's, one made there by `render`, what comes with OnMeet, or nothing."""

LOUDEST, QUIETEST, SILENT = -15.0, -35.0, -50.0
"""dBov of speech: what is louder hurts, what is quieter is not understood on a street, or is not there."""

_CLIPPED = 0.001
_LETTERS = (4.0, 40.0)
"""Letters a second: slower than the slowest speaker with pauses, faster than anybody."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One prompt as it will be played. level is None where there is nothing to measure."""

    language: str
    prompt: Prompt
    source: Source
    level: Level | None
    problems: tuple[str, ...]


def inspect(folder: Path | None, languages: Iterable[str] = LANGUAGES) -> Iterator[Finding]:
    """Every prompt of these languages; `folder`: where the operator's own are."""
    for language in languages:
        for prompt in voiced():
            yield _inspect(folder, language, prompt)


def strangers(folder: Path) -> list[Path]:
    """Files in the operator's folder that no call ever plays: a wrong name, language or ending."""
    known = {f"{prompt}.{ending}" for prompt in Prompt for ending in ENDINGS}
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(
        file
        for file in files
        if len(file.relative_to(folder).parts) != 2
        or file.parent.name not in LANGUAGES
        or file.name not in known
    )


def _inspect(folder: Path | None, language: str, prompt: Prompt) -> Finding:
    own = find(folder, language, prompt)
    path = own or find(SHIPPED, language, prompt)
    if path is None:
        return Finding(language, prompt, "none", None, ("is missing",))
    source: Source = "shipped"
    if own is not None:
        source = "rendered" if mark_of(own) else "own"
    try:
        level = measure(decode(path))
    except UnusableSound as error:
        return Finding(language, prompt, source, None, (str(error),))
    return Finding(language, prompt, source, level, tuple(_problems(level, len(text(prompt, language)))))


def _problems(level: Level, letters: int) -> Iterator[str]:
    if level.speech < SILENT:
        yield "is silent"
        return
    if level.speech < QUIETEST:
        yield f"is too quiet: {level.speech:.0f} dBov, {QUIETEST:.0f} at least"
    if level.speech > LOUDEST:
        yield f"is too loud: {level.speech:.0f} dBov, {LOUDEST:.0f} at most"
    if level.clipped > _CLIPPED:
        yield f"is clipped: {level.clipped:.1%} of the samples are at full scale"
    if level.seconds >= LONGEST:
        yield f"is too long: only {LONGEST} seconds are played"
    elif letters and letters / level.seconds < _LETTERS[0] and level.seconds > 3:
        yield f"takes {level.seconds:.0f} seconds for {letters} letters: is there silence in it?"
    elif letters / level.seconds > _LETTERS[1]:
        yield f"is cut off: {level.seconds:.1f} seconds for {letters} letters"
