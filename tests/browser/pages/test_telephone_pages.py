"""How people learn numbers and PIN, and how a host calls out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.desk import phone_server
from tests.browser.joining import made_by_operator
from tests.browser.people import PreJoin, shown_pin, start_meeting
from tests.browser.window import by_testid
from tests.running import OnMeetServer


@pytest.fixture(scope="module")
def onmeet_server() -> Iterator[OnMeetServer]:
    """The real server with a telephone and numbers."""
    yield from phone_server()


def test_numbers_pin_invitation_and_card(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    anna = start_meeting(window(width=1280, height=800), onmeet_server.base_url, "Anna")
    page = anna.window
    page.click(by_testid("phone"))
    shown = shown_pin(page)
    pin = shown.replace(" ", "")
    assert (len(pin), pin.isdigit(), len(shown)) == (8, True, 9)
    assert page.attribute(by_testid("dial-in"), "href") == f"tel:+49301234567,,,{pin}%23"
    card = str(page.attribute(by_testid("card"), "href"))
    page.press("Escape")
    page.click(by_testid("invite"))
    text = str(page.evaluate("(s) => probe.one(s).value", by_testid("invitation")))
    tel = f"tel:+49301234567,,,{pin}%23"
    for part in (anna.link, shown, "+49 30 1234567 (Germany)", tel, "Example Cooperative"):
        assert part in text
    paper = window()
    paper.open(onmeet_server.base_url + card if card.startswith("/") else card)
    assert paper.text(by_testid("card-pin")) == shown
    assert "sound is open to the telephone network" in paper.text()
    for colours in ("light", "dark"):
        paper.colours(colours)
        assert violations(paper) == []


def test_an_owner_sees_and_changes_the_pin_and_calls_out_after_proving_the_address(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    page, base_url = window(width=1280, height=800), onmeet_server.base_url
    made_by_operator(page, onmeet_server, "karin@example.org")
    page.fill('input[name="title"]', "Tuesday round")
    page.press("Enter")
    page.until_text("Tuesday round", "#meetings")
    page.click('a[aria-label="Change: Tuesday round"]')
    page.until_shown(by_testid("meeting-pin"))
    before = page.text(by_testid("meeting-pin"))
    page.click(by_testid("new-pin"))
    page.until_text("new PIN", ".flashes")
    pin = page.text(by_testid("meeting-pin"))
    assert (len(pin), pin != before) == (11, True)
    page.click(by_testid("rotation"))
    page.until_text("change after each meeting", ".flashes")
    for colours in ("dark", "light"):
        page.colours(colours)
        assert violations(page) == []
    page.open(f"{base_url}/meetings")
    page.click('[data-part="open"]')
    karin = PreJoin(page).join("Karin")
    page.click(by_testid("phone"))
    page.until_text(pin, by_testid("phone-pin"))
    page.until_text("first confirm your e-mail address", "#phone-dialog")
    page.open(f"{base_url}/account/details")
    page.click('form[action$="/email/prove"] button')
    page.until_text("A mail with a link", ".flashes")
    page.open(proof_link(page, base_url))
    page.until_text("Your e-mail address is confirmed.", ".flashes")
    karin = PreJoin.at(page, karin.link).join("Karin")
    page.click(by_testid("phone"))
    page.fill(by_testid("call-number"), "+33 1 23 45 67 89")
    page.press("Enter")
    page.until_text("Calls to this number are not permitted here.", by_testid("call-state"))
    for colours in ("dark", "light"):
        page.colours(colours)
        assert violations(page) == []
    page.forgiven.append("422")


def proof_link(page: ChromiumWindow, base_url: str) -> str:
    """The link in the mail, which lies in the outbox as no mail server is set."""

    def looked() -> str:
        page.open(f"{base_url}/outbox")
        found = re.search(r"/account/email/proof/[\w-]+", page.text())
        return found[0] if found else ""

    return base_url + page.wait(looked, "the mail", within=120)
