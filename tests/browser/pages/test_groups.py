"""Groups in a real browser: made, invited to, joined and left; no barrier on any screen."""

from __future__ import annotations

import pytest

from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.running import OnMeetServer

PASSWORD = "a heron lands at dusk"

PHONE = {"width": 390, "height": 844}

PAGES = ("", "/members", "/invitations", "/domains", "/policy", "/sign-in")


class Looked:
    """Looks at pages in light and dark and notes what is wrong with them."""

    def __init__(self, server: OnMeetServer) -> None:
        self.base_url = server.base_url
        self.found: dict[tuple[str, ...], list[str]] = {}

    def at(self, page: ChromiumWindow, path: str) -> None:
        page.open(self.base_url + path)
        for scheme in ("light", "dark"):
            page.colours(scheme)
            if violations := axe.violations(page):
                self.found[path, scheme] = violations
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            self.found[path, "wider than the screen"] = []


def sign_in(page: ChromiumWindow, server: OnMeetServer, name: str) -> None:
    Instance(server).done("user", "add", f"{name}@example.org", stdin=f"{PASSWORD}\n")
    page.open(f"{server.base_url}/sign-in?next=/group")
    page.fill('input[name="email"]', f"{name}@example.org")
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until_shown('form[action$="/group"]')


@pytest.mark.promise("N1.11")
def test_a_group_is_made_joined_and_left_and_its_pages_have_no_barrier(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    """In a browser people read what a group sees before they join, and leave it with their account."""
    looked, ada, bo = Looked(onmeet_server), window(), window(locale="de-DE", **PHONE)
    sign_in(ada, onmeet_server, "ada")
    sign_in(bo, onmeet_server, "bo")
    looked.at(bo, "/group")
    ada.fill('input[name="name"]', "Heron School")
    ada.press("Enter")
    ada.until_text("Your group is ready", ".flashes")
    ada.open(f"{onmeet_server.base_url}/group/domains")
    ada.fill('input[name="domain"]', "school.example")
    ada.press("Enter")
    ada.until_text("onmeet-verification=", ".record")
    ada.open(f"{onmeet_server.base_url}/group/policy")
    ada.click('input[value="account.phone"]')
    ada.click('input[name="lobby"]')
    ada.click("form.card button")
    ada.until_text("holds from now on", ".flashes")
    ada.open(f"{onmeet_server.base_url}/group/invitations")
    ada.click("form.card button")
    ada.until_shown("#link")
    path = str(ada.attribute("#link", "value")).removeprefix(onmeet_server.base_url)
    looked.at(bo, path)
    assert "Was die Gruppe von Ihnen sieht" in bo.text()
    bo.click(f'form[action="{path}"] button')
    bo.until_text("Sie sind jetzt in der Gruppe", ".flashes")
    looked.at(bo, "/group")
    for page in PAGES:
        looked.at(ada, f"/group{page}")
    ada.open(f"{onmeet_server.base_url}/group/members")
    assert "bo@example.org" in ada.text()
    bo.click("details.sure summary")
    bo.click("details.sure button")
    bo.until_text("Sie haben die Gruppe verlassen", ".flashes")
    looked.at(bo, "/account/delete")
    assert not looked.found
