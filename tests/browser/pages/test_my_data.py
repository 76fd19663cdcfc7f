"""The pages about one's own data: everybody can use them, on every screen, in light and dark."""

from __future__ import annotations

import pytest

from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.joining import PASSWORD, sign_up
from tests.running import OnMeetServer

PAGES = ("/account/data", "/account/details", "/account/rights", "/account/delete", "/privacy/requests")

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_pages_about_ones_data_have_no_barrier_on_any_screen(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, language: str
) -> None:
    found = {}
    for size in ({}, PHONE):
        page, where = window(locale=language, **size), "phone" if size else "desk"
        sign_up(page, onmeet_server.base_url, f"anna.{where}.{language.lower()}@example.org", "Anna")
        for path in PAGES:
            page.open(onmeet_server.base_url + path)
            for scheme in ("light", "dark"):
                page.colours(scheme)
                found[path, scheme, *size] = axe.violations(page)
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is wider than the screen"
    assert not {place: each for place, each in found.items() if each}


@pytest.mark.promise("N1.12")
def test_everything_is_done_with_the_keyboard(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    """In a browser people see, take along and delete their data, with the keyboard alone."""
    page = window()
    sign_up(page, onmeet_server.base_url, "karin@example.org", "Anna")
    page.open(f"{onmeet_server.base_url}/account/details")
    page.fill('input[name="details-name"]', "Karin Lind")
    page.press("Enter")
    page.until_text("Saved.", ".flashes")
    page.open(f"{onmeet_server.base_url}/account/data")
    assert "Karin Lind" in page.text()
    page.open(f"{onmeet_server.base_url}/account/delete")
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until_text("is deleted", ".flashes")
