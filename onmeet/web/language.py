"""German, English and French: the choice in the cookie, else what the browser asks for, else English.

The catalogue is the `.po` file itself, compiled in memory at the first use, so that no compiled copy can be
out of date.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from onmeet.web.cookies import LANGUAGE, read_choice

__all__ = ["LANGUAGES", "init_app", "language"]

LANGUAGES = {"de": "Deutsch", "en": "English", "fr": "Français"}

CATALOGUES = Path(__file__).parent / "translations"


def language() -> str:
    """The code of the language for this request."""
    chosen = read_choice(LANGUAGE, tuple(LANGUAGES))
    # English first: it is the answer when the browser's languages fit none
    return chosen or request.accept_languages.best_match(["en", "de", "fr"]) or "en"


def init_app(app: Flask) -> None:
    """Give `app` translations and the locale-dependent filters."""
    babel = Babel(app, locale_selector=lambda: language() if has_request_context() else "en")
    babel.domain_instance = _Domain()


class _Domain(Domain):  # type: ignore[misc]
    def get_translations(self) -> Translations | NullTranslations:
        locale = get_locale()
        return _catalogue(locale.language) if locale is not None else NullTranslations()


@cache
def _catalogue(code: str) -> Translations | NullTranslations:
    file = CATALOGUES / code / "LC_MESSAGES" / "messages.po"
    if not file.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return Translations(compiled)
