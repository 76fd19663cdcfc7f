"""The pages around a meeting: everybody can use them, on every screen, in light and dark."""

from __future__ import annotations

import pytest

from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.joining import sign_up
from tests.browser.people import PreJoin, agree, enter, start_meeting
from tests.browser.window import Window, by_testid
from tests.running import OnMeetServer

CODE = "abc-defg-hjk"

APPEARANCES = pytest.mark.parametrize("scheme", ["light", "dark"])


@APPEARANCES
def test_pages_without_an_account_have_no_barrier(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, scheme: str
) -> None:
    page = window(color_scheme=scheme)
    page.forgiven.append("404")
    found = {}
    for path in (
        "/",
        "/privacy",
        "/register",
        "/register/sent",
        "/sign-in",
        "/forgotten",
        "/nowhere",
        f"/m/{CODE}",
        f"/m/{CODE}/left",
    ):
        page.open(onmeet_server.base_url + path)
        found[path] = axe.violations(page)
    for why in ("ended", "removed", "locked", "full", "lost"):
        page.open(f"{onmeet_server.base_url}/m/{CODE}/left?why={why}")
        found[why] = axe.violations(page)
    assert not {path: each for path, each in found.items() if each}


def test_pages_of_an_account_have_no_barrier(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page = window()
    found = {}
    sign_up(page, onmeet_server.base_url, "anna@example.org", "Anna")
    found["empty"] = axe.violations(page)
    page.fill('input[name="title"]', "Tuesday round")
    page.press("Enter")
    page.until_text("Tuesday round", "#meetings")
    found["list"] = axe.violations(page)
    page.click('a[aria-label="Change: Tuesday round"]')
    page.until_shown('form[action$="/change"]')
    found["edit"] = axe.violations(page)
    page.colours("dark")
    found["edit, dark"] = axe.violations(page)
    assert not {path: each for path, each in found.items() if each}


@APPEARANCES
def test_prejoin_room_and_all_that_opens_in_it_have_no_barrier(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, scheme: str
) -> None:
    page = window(color_scheme=scheme)
    page.open(f"{onmeet_server.base_url}/")
    page.click("#start")
    prejoin = PreJoin(page)
    prejoin.sees_oneself()
    found = {"prejoin": axe.violations(page)}
    anna = prejoin.join("Anna")
    found["alone"] = axe.violations(page)
    ben = enter(window(color_scheme=scheme), anna.link, "Ben")
    anna.sees(1)
    found["two"] = axe.violations(page)
    ben.says("Good evening, see https://example.org/")
    anna.reads("Good evening")
    found["chat"] = axe.violations(page)
    anna.toggles("participants")
    page.until_shown(".people")
    found["people"] = axe.violations(page)
    anna.rests_the_focus()
    for name, command in (
        ("shield", by_testid("shield")),
        ("share", by_testid("invite")),
        ("leave", by_testid("leave")),
    ):
        page.click(command)
        page.until_shown(f"#{name}-dialog")
        found[name] = axe.violations(page)
        page.press("Escape")
        page.until_gone(f"#{name}-dialog")
    for name in ("settings", "help"):
        page.click(by_testid("more"))
        page.until_shown("#more-menu")
        found["menu"] = axe.violations(page)
        page.click(by_testid(name))
        page.until_shown(f"#{name}-dialog")
        found[name] = axe.violations(page)
        page.press("Escape")
        page.until_gone(f"#{name}-dialog")
    assert not {path: each for path, each in found.items() if each}


def test_a_link_without_its_key_says_what_is_missing_and_takes_the_whole_link(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    page = window()
    page.open(anna.link.partition("#")[0])
    page.until_shown(by_testid("paste-link"))
    assert "missing its key" in page.text()
    assert not page.shows(by_testid("prejoin-join"))
    assert axe.violations(page) == []
    page.fill(by_testid("paste-link"), "https://example.org/m/" + CODE)
    page.press("Enter")
    page.until_text("another meeting", "#whole-link-error")
    page.fill(by_testid("paste-link"), anna.link)
    page.press("Enter")
    ben = PreJoin(page).join("Ben")
    agree(anna, ben)


def test_the_share_dialog_shows_the_whole_link(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    anna.window.click(by_testid("invite"))
    anna.window.until_shown(by_testid("share-link"))
    link = anna.window.evaluate("() => probe.one('[data-testid=share-link]').value")
    assert link == anna.link
    assert len(link.partition("#")[2]) > 60


@pytest.mark.promise("N1.1")
def test_the_secret_of_the_link_is_never_requested(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    """The secret in a meeting's link never leaves the browser."""
    page = window()
    asked: list[str] = []
    page.page.on(
        "request", lambda request: asked.append(f"{request.url} {request.post_data} {request.headers}")
    )
    anna = start_meeting(page, onmeet_server.base_url, "Anna")
    anna.is_secure(among=1)
    _, secret, fingerprint = anna.link.partition("#")[2].split(".")
    # the address that a browser reports of a navigation has its fragment; what it sends has none
    sent = " ".join(line.replace(anna.link, "") for line in asked) + " ".join(map(str, page.wire))
    assert "/socket" in str(page.sockets)
    assert secret not in sent
    assert fingerprint not in sent


@pytest.mark.promise("N5.1")
@pytest.mark.parametrize("size", [(360, 640), (390, 844), (844, 390)], ids=str)
def test_a_telephones_screen_shows_everything_that_is_needed(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, size: tuple[int, int]
) -> None:
    """People take part by smartphone; telephone dial-in is still to come."""
    width, height = size
    anna = start_meeting(window(), onmeet_server.base_url, "Anna")
    small = window(width=width, height=height, is_mobile=True, has_touch=True)
    small.open(anna.link)
    _fits(small, width)
    ben = PreJoin(small).join("Ben")
    ben.sees(1)
    _fits(small, width)
    for control in ("toggle-mic", "toggle-camera", "toggle-chat", "more", "leave"):
        box = small.evaluate("(s) => probe.one(s).getBoundingClientRect().toJSON()", by_testid(control))
        assert box["left"] >= 0, control
        assert box["right"] <= width, control
        assert box["bottom"] <= height, control
        assert min(box["width"], box["height"]) >= 40, f"{control} is too small for a finger"
    ben.says("From my phone")
    anna.reads("From my phone")
    ben.reads("From my phone")
    _fits(small, width)
    assert axe.violations(small) == []


def _fits(page: Window, width: int) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
