"""German, English and French: which one a visitor gets, and that no text is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.checkers import checkers
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import onmeet
from onmeet.notices import reading
from onmeet.web.language import CATALOGUES, LANGUAGES
from tests.factories.french import slips, slips_in
from tests.factories.house import House

ROOT = Path(onmeet.__file__).parent.parent

KEYWORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def test_a_browser_may_choose_each_language_in_its_own_words(house: House) -> None:
    page = house.visitor().open("/").text
    for code, name in (("de", "Deutsch"), ("en", "English"), ("fr", "Français")):
        assert re.search(rf'name="language" value="{code}" lang="{code}"[^>]*>{name}<', page)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("fr,de;q=0.5", "fr"),
        ("nl,fr;q=0.7,de;q=0.5", "fr"),
        ("nl,de;q=0.5", "de"),
        ("ja", "en"),
        ("", "en"),
        ("*", "en"),
        (";;;q=x", "en"),
    ],
)
def test_the_browsers_languages_decide(house: House, asked: str, given: str) -> None:
    answer = house.visitor(**{"Accept-Language": asked}).open("/")
    assert f'<html lang="{given}"' in answer.text


def test_the_choice_in_the_footer_wins_and_returns_to_the_page(house: House) -> None:
    visitor = house.visitor(**{"Accept-Language": "en"})
    answer = visitor.send("/language", language="de", next="/privacy")
    assert answer.location == "/privacy"
    assert '<html lang="de"' in visitor.open("/privacy").text


def test_an_unknown_language_is_refused_and_an_old_cookie_ignored(house: House) -> None:
    visitor = house.visitor()
    assert visitor.send("/language", language="tlh").status_code == 400
    visitor.client.set_cookie("onmeet_language", "tlh")
    assert '<html lang="en"' in visitor.open("/").text


def test_the_theme_is_kept_for_the_page(house: House) -> None:
    visitor = house.visitor()
    visitor.send("/theme", theme="dark")
    assert 'data-theme="dark"' in visitor.open("/").text
    visitor.send("/theme", theme="auto")
    assert "data-theme" not in visitor.open("/").text
    assert visitor.send("/theme", theme="neon").status_code == 400


def catalogue(code: str) -> Catalog:
    with (CATALOGUES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def texts_in_the_code() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for folder, method in (("onmeet", [("**.py", "python")]), ("templates", [("**.html", "jinja2")])):
        for file, _, message, _, _ in extract_from_dir(
            str(ROOT / folder), method, keywords=KEYWORDS, directory_filter=lambda _folder: True
        ):
            yield f"{folder}/{file}", message


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_text_is_translated(code: str) -> None:
    known = catalogue(code)
    used = {
        message[0] if isinstance(message, tuple) else message: file for file, message in texts_in_the_code()
    }
    assert len(used) > 100
    missing = [
        f"{file}: {text}" for text, file in used.items() if not (known.get(text) and known.get(text).string)
    ]
    assert not missing
    assert not [m.id for m in known if m.id and m.fuzzy]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_the_catalogue_holds_no_text_that_nobody_uses(code: str) -> None:
    used = {message[0] if isinstance(message, tuple) else message for _, message in texts_in_the_code()}
    kept = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue(code) if m.id}
    assert kept - used == set()


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_placeholders_survive_translation(code: str) -> None:
    known = catalogue(code)
    for message in known:
        if message.id:
            for check in checkers:
                check(known, message)


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_the_words_to_be_filled_in_are_the_same_in_every_language(code: str) -> None:
    holes = re.compile(r"%\(\w+\)s|\{\w+\}")
    for message in catalogue(code):
        if message.id:
            asked = [message.id] if isinstance(message.id, str) else list(message.id)
            given = [message.string] if isinstance(message.string, str) else list(message.string)
            wanted = {hole for text in asked for hole in holes.findall(text)}
            assert all(set(holes.findall(text)) == wanted for text in given), message.id


def test_french_is_set_as_french() -> None:
    assert slips_in([message.string for message in catalogue("fr") if message.id]) == []


@pytest.mark.parametrize(
    "slip", ["l'hôte", "Qui ?", "Oui!", "vu :", "vu:", "«vu»", "« vu »", "vu...", "vu …"]
)
def test_a_slip_in_french_is_found(slip: str) -> None:
    assert slips(slip)


def test_french_as_it_should_be_is_let_pass() -> None:
    assert not slips("Qui\u202f? L’hôte\u00a0: «\u00a0lui\u00a0»… https://example.org?a=b")


PAGES = (
    "/", "/privacy", "/privacy/live", "/privacy/art30", "/privacy/versions", "/privacy/receipts",
    "/privacy/requests", "/register", "/sign-in", "/cookies", "/m/abc-defg-hjk",
    "/m/abc-defg-hjk/left", "/m/abc-defg-hjk/card", "/nothing",
)  # fmt: skip


@pytest.mark.parametrize("notice", reading.shipped())
def test_whole_pages_are_set_as_french(build_house: Callable[..., House], notice: str) -> None:
    visitor = build_house(notice=notice).visitor(**{"Accept-Language": "fr"})
    for path in PAGES:
        page = re.sub(r"<(script|style|pre|svg)\b.*?</\1>", "", visitor.open(path).text, flags=re.DOTALL)
        assert '<html lang="fr"' in page
        assert slips(unescape(re.sub(r"<[^>]+>", "", page))) == [], path
