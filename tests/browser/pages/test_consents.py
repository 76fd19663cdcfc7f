"""Being asked: for cookies where there are any, and for camera and chat where the notice wants a yes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.people import PreJoin, enter
from tests.browser.window import by_testid
from tests.running import OnMeetServer
from tests.web.test_just_in_time import asking_notice


@pytest.fixture(scope="module")
def asking_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnMeetServer]:
    """A server whose own notice asks for cookies, camera and chat."""
    notice = asking_notice(tmp_path_factory.mktemp("notice"), "meetingsphere")
    with OnMeetServer(ONMEET_NOTICE=notice) as server:
        yield server
        assert not server.complaints(), server.log_text()


@pytest.mark.promise("N2.1")
def test_the_question_about_cookies_is_answered_in_one_press_either_way(
    window: OpenWindow[ChromiumWindow], asking_server: OnMeetServer
) -> None:
    """In a browser one press refuses cookies that are not needed, and one accepts them."""
    page = window()
    page.open(f"{asking_server.base_url}/sign-in")
    page.until_shown(".cookie-banner")
    assert axe.violations(page) == []
    sizes = page.evaluate(
        """() => probe.all('.cookie-banner button').map((b) => {
            const { width, height } = b.getBoundingClientRect(); const s = getComputedStyle(b);
            return [Math.round(width), height, s.color, s.backgroundColor, s.borderColor, s.fontWeight];
        })"""
    )
    assert len(sizes) == 2
    assert sizes[0] == sizes[1]
    page.click('.cookie-banner button[value="refused"]')
    page.until_gone(".cookie-banner")
    assert page.url.endswith("/sign-in")
    page.click('form[action="/cookies/reset"] button')
    page.until_text("You have not chosen yet")
    assert axe.violations(page) == []
    page.click('main button[value="accepted"]')
    page.until_text("You have accepted them.")


@pytest.mark.promise("N5.6")
def test_camera_and_chat_wait_for_a_yes_where_the_notice_wants_one(
    window: OpenWindow[ChromiumWindow], asking_server: OnMeetServer
) -> None:
    """In a browser camera and chat stay closed until somebody has read the notice and said yes."""
    page = window()
    page.open(f"{asking_server.base_url}/")
    page.click("#start")
    prejoin = PreJoin(page)
    page.until_text("Camera: your picture goes", by_testid("device-hints"))
    page.until_shown(by_testid("prejoin-mic"))
    assert not any(picture["frames"] for picture in page.evaluate("() => probe.pictures()"))
    page.click(by_testid("prejoin-camera"))
    page.until_text("I agree – Camera", "#agree-dialog")
    assert axe.violations(page) == []
    page.click("#agree-dialog [data-close]:not(.icon-button)")
    assert page.evaluate("() => document.querySelector('onmeet-prejoin video').srcObject") is None
    page.click(by_testid("prejoin-camera"))
    page.click(by_testid("agree"))
    prejoin.sees_oneself()
    anna = prejoin.join("Anna")
    ben = enter(window(), anna.link, "Ben")
    anna.is_secure(among=2)
    page.click(by_testid("toggle-chat"))
    page.until_text("I agree – Chat", by_testid("chat-first-use"))
    assert axe.violations(page) == []
    anna.says("too early")
    assert page.focused()["testid"] == "chat-agree"
    assert not page.shows(by_testid("chat-message"))
    page.press("Enter")
    page.until_gone(by_testid("chat-first-use"))
    page.press("Enter")  # the words are still in the field, and the focus is back there
    ben.reads("too early")
    page.reload()
    PreJoin(page).sees_oneself()  # the tab remembers the yes


def test_the_notice_is_a_file_that_the_server_really_obeys(asking_server: OnMeetServer) -> None:
    status, health = asking_server.health()
    assert (status, health["notice"]) == (200, "house")
    assert Path(asking_server.environment["ONMEET_NOTICE"]).is_file()
