"""The whole life of a subscriber in a real browser, with real mails and the provider's hosted pages.

Registers, confirms, makes a passkey, plans, pays, makes a group, is called, takes everything along, leaves;
afterwards every byte of the instance is searched for what was typed on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import tzical
from icalendar import Calendar, Event

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.browser.pages.test_passkeys import chromium
from tests.browser.pages.test_payment import make_prices
from tests.browser.people import PreJoin, agree
from tests.browser.subscriber import Subscriber
from tests.browser.traces.test_calling import RING, call
from tests.browser.traces.test_nothing_left import unique
from tests.factories.post_office import PostOffice, post_office
from tests.peers.stripe.server import StandIn
from tests.running import OnMeetServer

__all__ = ["chromium"]

BERLIN = "Europe/Berlin"


class Town:
    """One instance, the mail server and the payment provider that it works with. sealed: on PostgreSQL."""

    def __init__(self, server: OnMeetServer, post: PostOffice, stripe: StandIn) -> None:
        self.server, self.post, self.stripe = server, post, stripe
        self.instance = Instance(server)
        self.sealed = bool(server.environment.get("DATABASE_URL"))
        self.site = f"http://localhost:{server.port}"

    def days_pass(self, days: int) -> None:
        """At the payment provider, whose messages arrive."""
        self.stripe.pass_by(days=days)
        self.stripe.webhooks.settle()
        assert not self.stripe.webhooks.failed


@pytest.fixture
def town() -> Iterator[Town]:
    """All three, ready for people."""
    with post_office() as post, StandIn() as stripe:
        server = OnMeetServer(**post.settings(), **stripe.settings())
        # passkeys are for a name, not for a number
        server.environment["ONMEET_PUBLIC_URL"] = f"http://localhost:{server.port}"
        make_prices(stripe)
        with server:
            stripe.webhooks.to(f"{server.base_url}/billing/webhook")
            yield Town(server, post, stripe)
            assert not server.complaints(), server.log_text()


def a_thursday_before_summer_time() -> date:
    """Of next year: with one more Thursday before the night in which the clocks of Berlin go forward."""
    end = date(date.today().year + 1, 3, 31)
    last_sunday = end - timedelta(days=(end.weekday() + 1) % 7)
    return last_sunday - timedelta(days=10)


def event_of(file: bytes) -> Event:
    """The one event of a calendar file, which a strict reader takes without a complaint."""
    calendar = Calendar.from_ical(file.decode())
    (event,) = calendar.walk("VEVENT")
    assert not calendar.errors
    assert not event.errors
    return event


def moments(file: bytes) -> list[datetime]:
    """When it takes place, UTC, as another library counts it, with the file's own VTIMEZONE."""
    text = file.decode().replace("\r\n ", "")
    zone = tzical(StringIO(text)).get(BERLIN)
    event = text[text.index("BEGIN:VEVENT") :].splitlines()
    rule = "\n".join(line for line in event if line.startswith(("DTSTART", "RRULE", "EXDATE")))
    dates = rrulestr(rule, forceset=True, tzids={BERLIN: zone})
    return [each.astimezone(UTC) for each in dates]


def half_past_nine(first: date, *weeks: int) -> list[datetime]:
    """In Berlin, as moments."""
    days = [first + timedelta(weeks=week) for week in weeks]
    return [datetime(d.year, d.month, d.day, 9, 30, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC) for d in days]


def secret_of(link: str) -> str:
    """The part of a meeting's link that opens it, without the version in front."""
    return urlsplit(link).fragment.split(".", 1)[1]


def is_called(ada: Subscriber, guest: ChromiumWindow, link: str, name: str) -> str:
    """Somebody without an account calls with the code, ada takes it, both are in one encrypted meeting.

    Returns the secret of its link.
    """
    call(guest, link, name)
    ada.window.until_text(f"{name} is calling", RING)
    ada.window.click(f"{RING} [data-ref=accept]")
    for window in (guest, ada.window):
        window.wait(lambda window=window: "/m/" in window.url, "the meeting's page")  # type: ignore[misc]
    secret = secret_of(guest.url)
    caller, callee = PreJoin(guest).join(name), PreJoin(ada.window).join(ada.traces.name)
    agree(caller, callee)
    caller.leave()
    callee.leave()
    return secret


@pytest.mark.timeout(480)
@pytest.mark.slow
@pytest.mark.promise("N1.2", "N1.3", "N1.6", "N1.9", "N1.10", "N1.11", "N1.12", "N1.14", "N2.10", "N2.11")
def test_a_subscriber_comes_lives_here_and_leaves_only_what_a_law_keeps(
    window: OpenWindow[ChromiumWindow], town: Town, tmp_path: Path
) -> None:
    """A whole life of an account; afterwards only the invoice is left, which a law keeps.

    Slow: a whole instance, three people, a meeting, and every store searched three times.
    """
    page = window(timezone_id=BERLIN, accept_downloads=True, height=900)
    ada = Subscriber(page, town.site, town.post, tmp_path)
    bo = Subscriber(window(), town.site, town.post, tmp_path)
    guest, stripe = unique("Visitor "), town.stripe.world

    ada.registers()
    ada.confirms()
    ada.makes_a_passkey()
    ada.signs_in_with_it_alone()

    first = a_thursday_before_summer_time()
    ada.plans_a_weekly_meeting(first, times=4)
    link = ada.reads_the_link()
    file = ada.takes_the_calendar_file()
    event = event_of(file)
    assert [str(event[name]) for name in ("SUMMARY", "URL", "LOCATION")] == [ada.traces.title, link, link]
    assert len(urlsplit(link).fragment) > 60
    assert (event["RRULE"]["FREQ"], event["RRULE"]["COUNT"], int(event["SEQUENCE"])) == (["WEEKLY"], [4], 0)
    assert moments(file) == half_past_nine(first, 0, 1, 2, 3)
    assert len({each.hour for each in moments(file)}) == 2, "summer time begins in between"

    ada.tries_and_subscribes()
    town.days_pass(15)
    (invoice,) = stripe.all("invoice")
    (customer,), subscriptions = stripe.all("customer"), stripe.all("subscription")
    assert sorted(each["status"] for each in subscriptions) == ["active", "canceled"]

    path = ada.makes_a_group()
    bo.registers(path)
    bo.confirms()
    bo.joins(path)
    call_secret = is_called(ada, window(), ada.can_be_called(), guest)
    secrets = [ada.traces.password, bo.traces.password, guest, secret_of(link), call_secret]
    ada.window.open(town.site)

    export = "\n".join(ada.takes_everything_along().values())
    about = [trace for trace in ada.traces.kept if trace != ada.traces.group]
    about += [invoice["number"], customer["id"], *(each["id"] for each in subscriptions)]
    assert not [trace for trace in about if trace not in export]
    assert not [trace for trace in (*bo.traces.kept, *secrets) if trace in export]

    ada.cancels_the_date(first + timedelta(weeks=2))
    file = ada.takes_the_calendar_file()
    changed = event_of(file)
    assert (changed["UID"], int(changed["SEQUENCE"])) == (event["UID"], 1)
    assert moments(file) == half_past_nine(first, 0, 1, 3)

    everything = [*ada.traces.kept, *about, invoice["id"]]
    assert set(town.instance.sightings(everything)) == set(everything), "it is held, and the search works"
    assert town.instance.raw(secrets) == {}

    issued = datetime.fromtimestamp(invoice["status_transitions"]["finalized_at"], UTC)
    assert f"January 1, {issued.year + 9}" in ada.deletes_the_account(), "eight full years"
    town.server.kill("keeper")  # the new one does at once what is done each minute
    page.wait(lambda: stripe.get("customer", customer["id"]).get("deleted"), "the customer to go", within=90)
    assert {each["status"] for each in stripe.all("subscription")} == {"canceled"}

    searched = [*everything, *secrets]
    by_law = {invoice["number"]: "invoices.number", invoice["id"]: "invoices.provider_id"}
    report = town.instance.audit(searched)
    assert report["clean"], report
    found = {(each["text"], each["place"]) for each in report["sightings"] if each["store"] == "database"}
    assert found == set(by_law.items())
    raw = town.instance.raw(searched)
    assert set(raw) == (set() if town.sealed else set(by_law))
    assert all(name.startswith("onmeet.db") for names in raw.values() for name in names), "not in a log"
    for years, left in ((8, set(by_law)), (9, set())):
        town.instance.done("sweep", "--ahead", "--at", f"{issued.year + years}-02-02T00:00Z")
        assert set(town.instance.sightings(searched)) == left, f"{years} years on"
