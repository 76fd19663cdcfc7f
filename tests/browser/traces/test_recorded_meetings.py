"""A server whose notice permits records (`easymeet24`): who is in before one joins, and the usage report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onmeet.config import detect_addresses
from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.joining import sign_up
from tests.browser.people import PreJoin
from tests.browser.window import by_testid
from tests.running import OnMeetServer


@pytest.fixture(scope="module")
def onmeet_server() -> Iterator[OnMeetServer]:
    addresses = dict.fromkeys(("127.0.0.1", *detect_addresses()))
    with OnMeetServer(ONMEET_MEDIA_IP=",".join(addresses), ONMEET_NOTICE="easymeet24") as server:
        yield server
        complaints = server.complaints()
        assert not complaints, f"{complaints}\n{server.log_text()}"


@pytest.mark.browser
@pytest.mark.promise("N3.7", "N3.10")
def test_names_are_shown_before_joining_and_the_meeting_is_in_the_usage_report(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    """Under easymeet24 a browser shows who is there before joining, and later a usage report."""
    page = window()
    sign_up(page, onmeet_server.base_url, "anna@example.org", "Anna")
    page.open(onmeet_server.base_url)
    page.click("#start")
    prejoin = PreJoin(page)
    page.until_text("Nobody is in the meeting yet.", by_testid("presence"))
    found = {"prejoin": axe.violations(page)}
    anna = prejoin.join("Anna")
    for each in (page, visitor := window()):
        each.forgiven.append("503")  # a relay that took more than a second: it is asked again
    PreJoin.at(visitor, anna.link)
    visitor.until_text("Anna is in the meeting.", by_testid("presence"))
    anna.leave()
    visitor.until_text("Nobody is in the meeting yet.", by_testid("presence"))

    def reported() -> bool:  # the record is written after the meeting
        page.open(f"{onmeet_server.base_url}/account/usage")
        return page.text(by_testid("usage-meetings")) == "1"

    page.wait(reported, "the meeting in the report")
    found["usage"] = axe.violations(page)
    page.colours("dark")
    found["usage, dark"] = axe.violations(page)
    assert not {where: each for where, each in found.items() if each}
