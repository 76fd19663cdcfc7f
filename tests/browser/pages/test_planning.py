"""Plan a meeting, invite to it with a calendar file, and share the work of a host, in a real browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from icalendar import Calendar

from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.browser.window import by_testid
from tests.running import OnMeetServer

PASSWORD = "a heron lands at dusk"
PHONE = {"width": 390, "height": 844}


def sign_in(page: ChromiumWindow, server: OnMeetServer, email: str, path: str = "/meetings") -> None:
    Instance(server).done("user", "add", email, stdin=f"{PASSWORD}\n")
    page.open(f"{server.base_url}/sign-in?next={path}")
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")


def plan_a_weekly_meeting(page: ChromiumWindow) -> None:
    page.click(by_testid("plan"))
    page.until_shown(by_testid("planned"))  # the page before has a title, too
    assert not page.shows('input[name="day"]')
    page.fill('input[name="title"]', "Garden circle")
    page.click(by_testid("planned"))
    assert page.evaluate("() => document.getElementById('zone').value") == page.evaluate(
        "() => Intl.DateTimeFormat().resolvedOptions().timeZone"
    )
    for field, value in {"day": "2027-03-23", "time": "18:30", "zone": "Europe/Berlin"}.items():
        page.page.locator(f"#{field}").fill(value)
    assert not page.shows('select[name="ends"]')
    page.page.locator("#repeats").select_option("weekly")
    page.page.locator("#ends").select_option("count")


def barriers(page: ChromiumWindow) -> list[str]:
    """In light and dark, on a wide screen and on a telephone; and whether the page fits there."""
    found = axe.violations(page)
    page.colours("dark")
    page.resize(**PHONE)
    found += axe.violations(page)
    wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.colours("light")
    page.resize(1280, 800)
    return found + ([f"{wider} px too wide"] if wider > 0 else [])


@pytest.mark.promise("N1.1")
def test_a_calendar_file_is_made_in_the_browser_and_holds_the_whole_link(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer, tmp_path: Path
) -> None:
    """Invitation and calendar file hold the secret part of the link, which never leaves the browser."""
    page = window(width=1280, height=800)
    sent: list[str] = []
    page.page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    sign_in(page, onmeet_server, "ada@example.org")
    page.until_shown(by_testid("plan"))
    plan_a_weekly_meeting(page)
    found = {"plan": barriers(page)}
    page.press("Enter")
    page.until_shown(by_testid("invitation-text"))
    text = page.evaluate("() => document.getElementById('text').value")
    link = next(line for line in text.splitlines() if "/m/" in line)
    secret = link.partition("#")[2]
    assert len(secret) > 60
    assert link.startswith(f"{onmeet_server.base_url}/m/")
    page.page.locator("#language").select_option("de")
    german = page.evaluate("() => document.getElementById('text').value")
    assert "Dienstag, 23. März 2027" in german
    assert link in german
    mail = page.evaluate("() => document.querySelector('[data-part=mail]').href")
    assert link in unquote(mail)
    with page.page.expect_download() as download:
        page.click(by_testid("calendar"))
    file = tmp_path / "meeting.ics"
    download.value.save_as(file)
    (event,) = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert (str(event["URL"]), event["RRULE"]["COUNT"]) == (link, [10])
    assert event.decoded("DTSTART").isoformat() == "2027-03-23T18:30:00+01:00"
    found["invitation"] = barriers(page)
    page.click('form[action$="/dates/2027-03-30/off"] button')
    page.until_text("This date is cancelled", ".flashes")
    page.click(by_testid("cancel-meeting"))
    page.until_text("This meeting is cancelled")
    with page.page.expect_download() as download:
        page.click(by_testid("calendar"))
    download.value.save_as(file)
    calendar = Calendar.from_ical(file.read_bytes())
    (event,) = calendar.walk("VEVENT")
    assert (str(calendar["METHOD"]), str(event["STATUS"]), int(event["SEQUENCE"])) == (
        "CANCEL",
        "CANCELLED",
        2,
    )
    assert not [each for each in sent if secret in each]
    assert not {path: each for path, each in found.items() if each}


def test_a_co_host_gets_the_key_of_the_link_along_with_the_invitation(
    window: OpenWindow[ChromiumWindow], onmeet_server: OnMeetServer
) -> None:
    grace, mary = window(width=1280, height=800), window(width=1280, height=800)
    sign_in(grace, onmeet_server, "grace@example.org")
    grace.until_shown(by_testid("personal"))
    grace.click(by_testid("personal"))
    grace.until_shown('[data-part="copy"]')
    found = {"list": barriers(grace)}
    grace.click('a[aria-label^="Change: "]')
    grace.click(by_testid("make-host-link"))
    grace.until_shown('#hosts [data-part="copy"]')
    found["change"] = barriers(grace)
    link = grace.evaluate("() => document.getElementById('host-link').value")
    mary.open(link)
    mary.until_text("you need an account")
    found["asked"] = barriers(mary)
    sign_in(mary, onmeet_server, "mary@example.org", link.partition("#")[0][len(onmeet_server.base_url) :])
    mary.until_shown(by_testid("accept-hosting"))
    mary.click(by_testid("accept-hosting"))
    mary.until_shown('[data-part="copy"]')  # the secret part outlived signing in
    mary.click('[data-part="open"]')
    mary.until_shown(by_testid("prejoin-name"))
    assert mary.evaluate("() => document.querySelector('onmeet-room').dataset.role") == "host"
    grace.reload()
    grace.until_text("without a name", "#hosts")
    assert not {path: each for path, each in found.items() if each}
