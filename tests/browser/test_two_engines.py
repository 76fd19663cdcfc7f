"""Chromium and Firefox meet, both ways."""

from __future__ import annotations

import pytest

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.firefox import FirefoxWindow
from tests.browser.people import Person, agree, enter, start_meeting
from tests.running import OnMeetServer


@pytest.mark.promise("N5.1")
def test_firefox_joins_a_meeting_of_chromium(
    window: OpenWindow[ChromiumWindow], fox_window: OpenWindow[FirefoxWindow], onmeet_server: OnMeetServer
) -> None:
    """People take part with the browser of a computer: Firefox with Chromium."""
    host = start_meeting(window(), onmeet_server.base_url, "Chromium")
    guest = enter(fox_window(), host.link, "Firefox")
    _meet(host, guest)


def test_chromium_joins_a_meeting_of_firefox(
    window: OpenWindow[ChromiumWindow], fox_window: OpenWindow[FirefoxWindow], onmeet_server: OnMeetServer
) -> None:
    host = start_meeting(fox_window(), onmeet_server.base_url, "Firefox")
    guest = enter(window(), host.link, "Chromium")
    _meet(host, guest)


def _meet(host: Person, guest: Person) -> None:
    agree(host, guest)
    for person in (host, guest):
        person.sees(1)
        person.hears(1)
    host.says("Good morning")
    guest.reads("Good morning")
    guest.says("Bon appétit")
    host.reads("Bon appétit")
    guest.leave()
    host.is_secure(among=1)
    host.sees(0)
