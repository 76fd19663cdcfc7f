"""Pictures of an account: what `screens` takes of somebody who is signed in."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.chromium import ChromiumWindow
from tests.browser.joining import made_by_operator
from tests.browser.window import by_testid
from tests.running import OnMeetServer

__all__ = ["account_pages"]

PLANNED = (
    ("Garden circle", "2027-03-23", "18:30", "weekly"),
    ("Parents and teachers", "2027-04-14", "19:00", "none"),
    ("Choir", "2027-03-20", "10:00", "monthly"),
)
PAGES = (
    "meetings/new",
    "account/details",
    "account/security",
    "account/calls",
    "account/delete",
    "group",
    "contacts",
)

Keep = Callable[[ChromiumWindow, str], None]


def account_pages(page: ChromiumWindow, server: OnMeetServer, keep: Keep) -> None:
    """Sign in, plan some meetings, and walk through the pages of the account."""
    made_by_operator(page, server, "mira@example.org")
    for title, day, time, repeats in PLANNED:
        _plan(page, server, title, day, time, repeats)
    page.open(f"{server.base_url}/meetings")
    keep(page, "plan")
    for path in PAGES:
        page.open(f"{server.base_url}/{path}")
        keep(page, path.replace("/", "-"))


def _plan(page: ChromiumWindow, server: OnMeetServer, title: str, day: str, time: str, repeats: str) -> None:
    page.open(f"{server.base_url}/meetings/new")
    page.fill('input[name="title"]', title)
    page.click(by_testid("planned"))
    for field, value in {"day": day, "time": time, "zone": "Europe/Berlin"}.items():
        page.page.locator(f"#{field}").fill(value)
    if repeats != "none":
        page.page.locator("#repeats").select_option(repeats)
    page.press("Enter")
    page.until_shown(by_testid("invitation-text"))
