"""The start page and 'my meetings' in a browser: what only their scripts can do."""

from __future__ import annotations

import pytest

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.joining import PASSWORD, sign_up
from tests.browser.window import Window
from tests.running import OnMeetServer


def sign_in(page: Window, base_url: str, email: str) -> None:
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until_shown('form[action$="/meetings"]')


def keep(page: Window, title: str) -> None:
    page.fill('input[name="title"]', title)
    page.press("Enter")
    page.until_text(title, "#meetings")


def test_the_keyboard_alone_starts_a_meeting(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window()
    page.open(f"{onmeet_server.base_url}/")
    page.press("Tab")
    assert page.focused()["text"] == "Skip to the content"
    page.press("Enter")
    page.press("Tab")
    assert page.focused()["text"] == "Start a meeting"
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.press("Enter")
    page.wait(lambda: "/m/" in page.url, "the meeting's page")
    assert page.url.partition("#")[2].startswith("1.")


def test_everything_on_the_start_page_can_be_reached_by_tab_and_shows_it(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window()
    page.open(f"{onmeet_server.base_url}/")
    wanted = page.evaluate(
        "() => [...document.querySelectorAll('a, button, input:not([type=hidden])')].length"
    )
    reached = set()
    for _ in range(wanted):
        page.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.outerHTML"))
        assert page.evaluate("() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    assert len(reached) == wanted


@pytest.mark.parametrize("typed", ["abc-defg-hjk", "ABCDEFGHJK", "{base}/m/abc-defg-hjk#1.x.y"])
def test_a_code_or_a_link_leads_to_the_meeting(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, typed: str
) -> None:
    page = window()
    page.open(f"{onmeet_server.base_url}/")
    page.fill("#link", typed.format(base=onmeet_server.base_url))
    page.press("Enter")
    page.wait(lambda: "/m/abc-defg-hjk" in page.url, "the meeting's page")


def test_what_is_no_link_is_said_next_to_the_field(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window()
    page.open(f"{onmeet_server.base_url}/")
    page.fill("#link", "the meeting of yesterday")
    page.press("Enter")
    page.until_text("neither a meeting link nor a code", "#join-problem")
    assert page.attribute("#link", "aria-invalid") == "true"
    assert page.evaluate("() => document.activeElement.id") == "link"


def test_a_kept_meeting_has_its_link_in_this_browser_and_in_no_other(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    here, there = window(), window()
    here.page.context.grant_permissions(["clipboard-write"])
    sign_up(here, onmeet_server.base_url, "ada@example.org")
    keep(here, "Tuesday round")
    here.click('[data-part="copy"]')
    here.until_text("Link copied", '[data-part="copy"]')
    here.page.locator("#title").press("Control+V")  # our policy lets no script read the clipboard
    link = here.evaluate("() => document.getElementById('title').value")
    assert link.startswith(f"{onmeet_server.base_url}/m/")
    assert len(link.partition("#")[2]) > 60
    there.open(f"{onmeet_server.base_url}/sign-in")
    sign_in(there, onmeet_server.base_url, "ada@example.org")
    there.until_text("on the device where you made it", "#meetings")
    assert not there.shows('[data-part="copy"]')
    assert not there.shows('[data-part="open"]')
    there.click('[data-part="make"]')
    there.until_shown('[data-part="copy"]')
    there.until_shown('[data-part="open"]')
    here.reload()
    here.until_shown('[data-part="copy"]')


def test_a_deleted_meeting_is_forgotten_by_the_browser_too(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window()
    sign_up(page, onmeet_server.base_url, "grace@example.org")
    keep(page, "Friday round")
    page.until_shown('[data-part="copy"]')
    kept = """async () => (await new Promise((done) => {
        const asked = indexedDB.open('onmeet');
        asked.onsuccess = () => {
            const all = asked.result.transaction('links').objectStore('links').getAllKeys();
            all.onsuccess = () => { asked.result.close(); done(all.result); };
        };
    })).length"""
    assert page.evaluate(kept) == 1
    page.click('a[aria-label="Change: Friday round"]')
    page.click("summary")
    page.click('form[action$="/delete"] button')
    page.until_text("You keep no meeting yet")
    page.until(f"async () => (await ({kept})()) === 0", what="the browser to forget")
    page.wait(lambda: "deleted" not in page.url, "the address without it")


def test_language_and_theme_change_where_one_is(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window(color_scheme="light")
    page.open(f"{onmeet_server.base_url}/privacy")
    background = "() => document.body && getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.click('button[value="de"]')
    page.until_text("Was hier mit Daten geschieht")
    assert page.url.endswith("/privacy")
    page.click('button[value="dark"]')
    page.until("() => document.documentElement?.dataset.theme === 'dark'", what="the page in dark")
    page.wait(lambda: page.evaluate(background) != light, "darkness")
    assert page.url.endswith("/privacy")
