"""The words of a notice, by language: one module each, all with the same entries."""

from __future__ import annotations

from onmeet.notices.words.de import WORDS as _GERMAN
from onmeet.notices.words.en import WORDS as _ENGLISH
from onmeet.notices.words.fr import WORDS as _FRENCH
from onmeet.notices.words.shape import Words

__all__ = ["LANGUAGES", "Words", "words"]

_ALL = {"de": _GERMAN, "en": _ENGLISH, "fr": _FRENCH}

LANGUAGES: tuple[str, ...] = tuple(_ALL)


def words(language: str) -> Words:
    """The words of a language; English for one that we do not speak."""
    return _ALL.get(language, _ENGLISH)
