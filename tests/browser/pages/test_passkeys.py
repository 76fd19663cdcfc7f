"""Passkeys in a real browser with an authenticator that DevTools adds to it; how the pages about them look.

Browsers know passkeys by names only, so that these windows come to `localhost`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import CDPSession

from tests.browser import axe
from tests.browser.chromium import Chromium, ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.running import OnMeetServer

PASSWORD = "a heron lands at dusk"
EMAIL = "anna@example.org"
SECURITY = "/account/security"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One that finds this machine under its name."""
    with Chromium("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost") as browser:
        yield browser


@pytest.fixture(scope="module")
def site(onmeet_server: OnMeetServer) -> str:
    """The address by name, with an account."""
    Instance(onmeet_server).done("user", "add", EMAIL, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    return f"http://localhost:{onmeet_server.port}"


class Device:
    """An authenticator inside a window: resident keys, a finger that is always right."""

    def __init__(self, window: ChromiumWindow) -> None:
        self._session: CDPSession = window.page.context.new_cdp_session(window.page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]

    def passkeys(self) -> list[dict[str, object]]:
        """What it holds."""
        held = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        found: list[dict[str, object]] = held["credentials"]
        return found

    def refuse(self) -> None:
        """The finger is wrong from now on."""
        self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": False})


def sign_in(page: ChromiumWindow, site: str) -> None:
    page.open(f"{site}/sign-in")
    page.fill('input[name="email"]', EMAIL)
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")


def test_a_passkey_is_made_and_signs_in_by_itself(window: OpenWindow[ChromiumWindow], site: str) -> None:
    page = window()
    device = Device(page)
    sign_in(page, site)
    page.until_shown('form[action$="/sign-out"]')
    page.open(f"{site}{SECURITY}/passkeys/new")
    page.fill("#label", "Anna’s laptop")
    page.press("Enter")
    page.until_text("The passkey is ready", ".flashes")
    assert "Anna’s laptop" in page.text()
    (held,) = device.passkeys()
    assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)
    page.click('form[action$="/sign-out"] button')
    page.until_text("You are signed out", ".flashes")
    # The address field offers what the authenticator has, and this one says yes by itself
    page.open(f"{site}/sign-in?next=/account/rights")
    page.until("() => location.pathname === '/account/rights'", what="the page after signing in", within=60)
    page.open(f"{site}/account/check?next=/account/data")
    page.click("#passkey-go")
    page.until("() => location.pathname === '/account/data'", what="the page after the proof", within=60)
    page.open(f"{site}{SECURITY}/passkeys/new")
    page.click("#passkey-go")
    page.until_text("This device has a passkey for your account already.", "#passkey-problem")


def test_without_the_right_finger_nothing_is_made(window: OpenWindow[ChromiumWindow], site: str) -> None:
    page = window()
    device = Device(page)
    sign_in(page, site)
    page.until_shown('form[action$="/sign-out"]')
    device.refuse()
    page.open(f"{site}{SECURITY}/passkeys/new")
    page.click("#passkey-go")
    page.until_text("No passkey was used.", "#passkey-problem")
    assert device.passkeys() == []


def test_pages_of_the_ways_in_have_no_barrier(window: OpenWindow[ChromiumWindow], site: str) -> None:
    found: dict[str, list[str]] = {}

    def look(page: ChromiumWindow, name: str) -> None:
        for width, height, scheme in ((1280, 800, "light"), (390, 844, "dark")):
            page.resize(width, height)
            page.colours(scheme)
            assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, name
            if problems := axe.violations(page):
                found[f"{name} {width} {scheme}"] = problems

    page = window(locale="de-DE", reduced_motion="reduce")
    page.open(f"{site}/sign-in/sso")
    look(page, "sso")
    sign_in(page, site)
    page.until_shown('form[action$="/sign-out"]')
    for path in (f"{SECURITY}/passkeys/new", "/account/check", SECURITY, f"{SECURITY}/app"):
        page.open(site + path)
        look(page, path)
    app = pyotp.TOTP(re.sub(r"\s", "", page.text(".secret")))
    page.fill("#code", app.now())
    page.press("Enter")
    page.until_shown(".codes")
    look(page, "codes")
    codes = page.text(".codes").split()
    assert len(codes) == 10
    page.open(site + SECURITY)
    look(page, "security with everything")
    page.click('form[action$="/sign-out"] button')
    page.until_shown(".flashes")
    sign_in(page, site)
    page.until_shown('form[action="/sign-in/second"]')
    look(page, "second")
    page.fill("#code", codes[0])
    page.press("Enter")
    page.until_text("9 Wiederherstellungscodes", ".flashes")
    assert not found
