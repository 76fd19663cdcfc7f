"""Finds the words of a mail in the language of whoever gets it."""

from __future__ import annotations

from onmeet.mail.words import de, en, fr
from onmeet.mail.words.wording import Text

__all__ = ["LANGUAGES", "Text", "change", "text"]

LANGUAGES = ("en", "de", "fr")
"""Those in which mails can be written; the first is the fallback."""

_TEXTS: dict[str, dict[str, Text]] = {"en": en.TEXTS, "de": de.TEXTS, "fr": fr.TEXTS}
_CHANGES: dict[str, dict[str, str]] = {"en": en.CHANGES, "de": de.CHANGES, "fr": fr.CHANGES}


def text(kind: str, language: str) -> Text:
    """The text of a kind in `language`, or in English where we do not speak it."""
    return _TEXTS.get(language, en.TEXTS)[kind]


def change(word: str, language: str) -> str:
    """What a mail about the account's security says has changed. Raises KeyError for an unknown word."""
    return _CHANGES.get(language, en.CHANGES)[word]
