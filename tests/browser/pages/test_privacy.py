"""What people see of the notice: without barriers, on wide screens and phones, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.people import Person, enter, start_meeting
from tests.browser.window import by_testid
from tests.running import OnMeetServer

PATHS = (
    "/privacy", "/privacy/live", "/privacy/receipts", "/privacy/versions", "/privacy/changes",
    "/privacy/art30",
)  # fmt: skip


@pytest.fixture(scope="module", params=["on-meet", "easymeet24"])
def noticed_server(request: pytest.FixtureRequest) -> Iterator[OnMeetServer]:
    """The real server under a notice that keeps nothing, and under one that keeps a lot."""
    with OnMeetServer(ONMEET_NOTICE=request.param, ONMEET_OPERATOR="Example Cooperative") as server:
        yield server
        assert not server.complaints(), server.log_text()


def test_the_pages_have_no_barrier_and_fit_every_screen(
    window: OpenWindow[ChromiumWindow], noticed_server: OnMeetServer
) -> None:
    page = window(locale="de-DE")
    found = {}
    for path in PATHS:
        page.open(noticed_server.base_url + path)
        for width, height in ((1280, 800), (390, 844)):
            page.resize(width, height)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, path
            for scheme in ("dark", "light"):
                page.colours(scheme)
                found[path, width, scheme] = axe.violations(page)
    assert not {where: each for where, each in found.items() if each}


@pytest.mark.promise("N1.2", "N1.7", "N3.2")
def test_the_shield_shows_what_is_held_and_the_page_after_it_what_is_gone(
    window: OpenWindow[ChromiumWindow], noticed_server: OnMeetServer
) -> None:
    """In the room the shield says what is held, and after the meeting a receipt what is gone."""
    keeps = noticed_server.environment["ONMEET_NOTICE"] == "easymeet24"
    mira = start_meeting(window(), noticed_server.base_url, "Mira")
    jonas = enter(window(), mira.link, "Jonas")
    mira.sees(1)
    page = mira.window
    page.forgiven.append("503")  # a relay that took more than two seconds: it is asked again
    _opens_the_shield(mira)
    page.until_text("Names in a meeting", by_testid("held"))
    # the record may still be on its way: the list is asked for every few seconds
    page.until_text("twelve full months" if keeps else "Nothing about this meeting", by_testid("held"))
    said = page.text(by_testid("held"))
    assert "Mira" in said
    assert "Jonas" not in said
    assert ("Nothing about this meeting is written down" in said) != keeps
    assert ("twelve full months" in said) == keeps
    assert axe.violations(page) == []
    page.press("Escape")
    mira.ends_for_everyone()
    jonas.is_out("ended")

    def received() -> bool:
        if page.shows('[data-part="again"]'):  # by itself the page looks for five seconds
            page.click('[data-part="again"]')
        return "Memory of the relay" in page.text(by_testid("receipt"))

    page.wait(received, "the receipt")
    receipt = page.text(by_testid("receipt"))
    assert "Deletion receipt" in receipt
    assert ("What stays, and until when" in receipt) == keeps
    assert axe.violations(page) == []
    page.click('[data-part="page"]')
    page.until_shown("textarea#receipt")
    page.click(".check-form button")
    page.until_text("Genuine.", "main")


def _opens_the_shield(person: Person) -> None:
    person.window.click(by_testid("shield"))
    person.window.until_shown("#shield-dialog")
