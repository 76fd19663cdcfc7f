"""Plans in tickets: how many may come, whether telephones may, whose month it is, and when it is used up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onmeet import clock
from onmeet.billing.dial_in import ReachableMeetings
from onmeet.billing.models import Subscription
from onmeet.errors import UserError
from onmeet.meetings.reports import Delivery, Metered
from onmeet.signalling.ticket import Ticket
from onmeet.web import entitled
from onmeet.web.entrance import ticket_for
from tests.factories.house import House, Visitor
from tests.factories.relay import quiet_relay
from tests.peers.signalling_client import SignallingClient

SOLD = {"stripe_key": "sk_test_1", "stripe_webhook_secret": "whsec_1"}

PLANS = """
trial_days = 14
currency = "EUR"

[[plan]]
name = "free"
title = "Free"
for = "everybody"
participants = 3
minutes_a_month = 10
telephone = false
dial_out = false
meetings = 2

[[plan]]
name = "personal"
title = "Personal"
for = "person"
participants = 20
telephone = true
dial_out = true
meetings = 100
month = { EUR = 500 }
"""

CODE = "abc-defg-hjk"


@pytest.fixture
def sold(build_house: Any, tmp_path: Path) -> House:
    """A house that sells plans."""
    (tmp_path / "plans.toml").write_text(PLANS)
    house: House = build_house(plans=str(tmp_path / "plans.toml"), **SOLD)

    def show(code: str) -> Any:
        try:
            ticket = ticket_for(code)
        except UserError as error:
            return {"status": error.status}
        Ticket.from_json(ticket.to_json(), now=time.time())  # the relay accepts it
        return {name: getattr(ticket, name) for name in Ticket.__slots__}

    house.app.add_url_rule("/show/<code>", "show", show)
    return house


def ticket(visitor: Visitor, code: str) -> dict[str, Any]:
    visitor.open(f"/m/{code}")
    given: dict[str, Any] = visitor.open(f"/show/{code}").get_json()
    return {name: given.get(name) for name in ("status", "limit", "phone", "pin", "meter")}


def subscribe(house: House, account: int) -> None:
    with house.services.database.writing() as session:
        session.add(Subscription(mark="0" * 64, account_id=account, plan="personal", state="active"))


def use_up(house: House, account: int) -> None:
    now = clock.now().timestamp()
    house.services.selling.usage.take(Delivery("run", 1, Metered("0" * 64, now, account, 86_400.0)))


def kept(house: House, account: int) -> str:
    return house.services.meetings.create(account, "Tuesday").code


def test_without_a_stripe_key_nothing_is_limited_nor_counted(build_house: Any) -> None:
    house = build_house(max_participants=7)
    assert not house.services.selling.sold
    assert house.services.selling.entitlements.of(None, clock.now()).participants == 7


def test_a_stored_meeting_has_the_plan_of_its_owner_for_everybody(sold: House) -> None:
    ada, guest = sold.member(), sold.visitor()
    code = kept(sold, 1)
    free = {"status": None, "limit": 3, "phone": False, "pin": None, "meter": 1}
    assert ticket(ada, code) == ticket(guest, code) == free
    subscribe(sold, 1)
    pin = sold.services.meetings.pin(1, code)
    paid = {"status": None, "limit": 20, "phone": True, "pin": pin, "meter": None}
    assert ticket(ada, code) == ticket(guest, code) == paid


def test_as_many_meetings_are_kept_as_the_plan_lets(sold: House) -> None:
    ada = sold.member()
    assert [ada.send("/meetings", title="Tuesday").status_code for _ in range(3)] == [303, 303, 409]
    subscribe(sold, 1)
    assert ada.send("/meetings", title="Tuesday").status_code == 303


def test_an_ad_hoc_meeting_has_the_plan_of_the_host_who_is_signed_in(sold: House) -> None:
    ada, guest = sold.member(), sold.visitor()
    subscribe(sold, 1)
    code = ada.start_meeting().get_json()["code"]
    assert ticket(ada, code) == {"status": None, "limit": 20, "phone": True, "pin": None, "meter": None}
    assert ticket(guest, code) == {"status": None, "limit": 3, "phone": False, "pin": None, "meter": None}
    sold.member("ben@example.org")
    assert ticket(ada, kept(sold, 2))["limit"] == 3, "a guest's own plan makes no meeting larger"


def test_the_host_of_an_ad_hoc_meeting_without_a_plan_is_metered_and_a_visitor_is_not(sold: House) -> None:
    ada, visitor = sold.member(), sold.visitor()
    assert ticket(ada, ada.start_meeting().get_json()["code"])["meter"] == 1
    assert ticket(visitor, visitor.start_meeting().get_json()["code"])["meter"] is None


def test_the_number_of_a_meeting_without_telephone_opens_nothing(sold: House) -> None:
    sold.member()
    code = kept(sold, 1)
    pin = sold.services.meetings.pin(1, code)
    behind = sold.services
    reachable = ReachableMeetings(behind.meetings, behind.selling.entitlements, behind.groups)
    assert reachable.by_pin(pin) is None
    subscribe(sold, 1)
    assert reachable.by_pin(pin) == code
    assert reachable.by_pin("000000000") is None


async def test_when_the_month_is_used_up_no_meeting_begins_and_none_that_runs_is_cut_off(
    sold: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entitled, "ASK_SECONDS", 30.0)  # a relay that is slow is no relay that is away
    ada, guest = sold.member(), sold.visitor()
    code = kept(sold, 1)
    assert (await asyncio.to_thread(ticket, guest, code))["status"] is None
    use_up(sold, 1)
    async with quiet_relay(sold.config.relay_socket) as relay:
        for visitor in (ada, guest):
            assert (await asyncio.to_thread(ticket, visitor, code))["status"] == 403
        there = await SignallingClient.over_unix(relay.path, replace(relay.ticket("host"), room=code))
        await there.join("Ben")
        assert (await asyncio.to_thread(ticket, guest, code))["status"] is None
        await there.leave()
        subscribe(sold, 1)
        assert (await asyncio.to_thread(ticket, guest, code))["status"] is None
