"""Single sign-on in a real browser: from the page *Sign in* to the organisation's service, and in.

The service and this server are different sites, as in real life, so that cookies and policies are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from onmeet.config import Config
from onmeet.groups.models import GroupDomain
from onmeet.web.services import Services, build
from tests.browser import axe
from tests.browser.chromium import Chromium, ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.peers.oidc import CLIENT, SECRET, SignInServer, sign_in_server
from tests.running import OnMeetServer

__all__ = ["sign_in_server"]

ADDRESS = "ada@school.example"
TODAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One that finds this machine under its name: the service is at its address, which is another site."""
    with Chromium("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost") as browser:
        yield browser


@pytest.fixture(scope="module")
def onmeet_server() -> Iterator[OnMeetServer]:
    with OnMeetServer(ONMEET_SSO_PRIVATE="on") as server:
        yield server
        assert not server.complaints(), server.log_text()
        assert Instance(server).audit()["clean"]


@pytest.fixture
def behind(onmeet_server: OnMeetServer) -> Iterator[Services]:
    """The services of the same instance."""
    services = build(Config.from_env(onmeet_server.environment))
    yield services
    services.database.close()


def school(behind: Services, service: SignInServer) -> None:
    """A group with a proven domain and that service."""
    behind.accounts.register("head@example.org", "a heron lands at dusk", proven=True)
    owner = behind.accounts.id_of("head@example.org") or 0
    group = behind.groups.create(owner, "Heron School", TODAY)
    with behind.database.writing() as session:
        domain = GroupDomain(group_id=group, domain="school.example", token="x", verified_on=TODAY)
        session.add(domain)
    behind.single_sign_on.change(owner, issuer=service.issuer, client=CLIENT, secret=SECRET, required=False)


def test_the_way_to_the_service_and_back(
    window: OpenWindow[ChromiumWindow],
    onmeet_server: OnMeetServer,
    behind: Services,
    sign_in_server: SignInServer,
) -> None:
    school(behind, sign_in_server)
    sign_in_server.asks = True
    page, found = window(), dict[str, list[str]]()
    page.forgiven.append("status of 403")  # at the end, on purpose

    def look(name: str) -> None:
        for width, scheme in ((1280, "light"), (390, "dark")):
            page.resize(width, 800)
            page.colours(scheme)
            assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, name
            if problems := axe.violations(page):
                found[f"{name} {scheme}"] = problems

    def go(path: str) -> None:
        page.open(f"http://localhost:{onmeet_server.port}{path}")

    def come() -> None:
        page.fill('input[name="email"]', ADDRESS)
        page.press("Enter")
        page.until_shown(f'a[href^="{sign_in_server.issuer}"]')
        look("the way there")
        page.click(f'a[href^="{sign_in_server.issuer}"]')
        page.until_text("The sign-in service", "h1")
        page.click("button")

    go("/sign-in?next=/account/security")
    page.click('a[href^="/sign-in/sso"]')
    page.until_shown('form[action="/sign-in/sso"]')
    come()
    page.until_text("Join Heron School", "h1")
    look("welcome")
    page.click('form[action="/sign-in/sso/welcome"] button')
    page.until_shown("#tied")
    assert page.url.endswith("/account/security")
    look("security")
    page.click('form[action$="/sign-out"] button')
    page.until_text("You are signed out", ".flashes")
    go("/sign-in/sso?next=/account/data")
    come()
    page.until("() => location.pathname === '/account/data'", what="a member to be in at once")
    page.click('form[action$="/sign-out"] button')
    page.until_text("You are signed out", ".flashes")
    sign_in_server.person |= {"sub": "2"}
    go("/sign-in/sso")
    come()
    page.until_text("tied to somebody else at the sign-in service", ".lead")
    look("refused")
    assert not found
