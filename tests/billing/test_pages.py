"""The pages of plans and payment, over the stand-in of the payment provider."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from onmeet import clock
from onmeet.billing.models import Subscription, UsedMonth
from onmeet.groups.models import GroupMember
from onmeet.web import entitled
from tests.factories.house import House, Visitor
from tests.factories.relay import quiet_relay
from tests.peers.stripe.cards import GOOD
from tests.peers.stripe.server import StandIn
from tests.peers.stripe.visiting import pay

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1")
PERSONAL = {"plan": "personal", "period": "month", "currency": "EUR"}
GROUP = {"plan": "group", "period": "year", "currency": "EUR", "seats": "3"}


@pytest.fixture(scope="module")
def stripe() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def sold(build_house: Any, stripe: StandIn) -> House:
    """A house that sells plans, with its prices made at the provider."""
    return priced(build_house(**stripe.config()))


def priced(house: House) -> House:
    selling = house.services.selling
    assert selling.plans is not None
    assert selling.payments is not None
    provider = selling.payments.provider
    for price in provider.missing_prices(tuple(selling.plans.prices())):
        plan = selling.plans.named(price.plan)
        provider.make_price(price, plan.title if plan is not None else "")
    return house


def states(house: House) -> list[str | None]:
    with house.services.database.reading() as session:
        return [row.state for row in session.scalars(select(Subscription).order_by(Subscription.id))]


def form_action(answer: Any) -> str:
    found = re.search(r"form-action ([^;]*)", answer.headers["Content-Security-Policy"])
    assert found is not None
    return found[1]


def owner(house: House, email: str = "ada@example.org") -> Visitor:
    visitor = house.member(email)
    visitor.send("/group", name="School")
    return visitor


@pytest.mark.promise("N1.6")
def test_an_instance_that_sells_nothing_has_no_page_about_payment(house: House) -> None:
    """Without a payment provider no page speaks of payment."""
    member = house.member()
    for path in ("/plans", "/account/payment", "/group/payment"):
        assert member.open(path).status_code == 404
    for what in ("trial", "checkout", "portal"):
        assert member.send(f"/account/payment/{what}", **PERSONAL).status_code == 404
    for page in ("/", "/account/data"):
        assert "payment" not in member.open(page).text
        assert "/plans" not in member.open(page).text


def test_everybody_can_read_the_plans_in_the_currency_of_their_choice(sold: House) -> None:
    visitor = sold.visitor()
    page = visitor.open("/plans")
    assert page.status_code == 200
    assert "€6.90" in page.text
    assert "14 days" in page.text
    swiss = visitor.open("/plans?currency=chf").text
    assert "CHF" in swiss
    assert "€" not in swiss
    assert "€6.90" in visitor.open("/plans?currency=XXX").text


def test_who_is_not_signed_in_is_asked_to_before_paying(sold: House) -> None:
    answer = sold.visitor().open("/account/payment")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.promise("N2.8")
@pytest.mark.parametrize("notice", NOTICES)
def test_the_country_of_a_visit_chooses_the_currency_only_where_the_notice_says_so(
    build_house: Any, stripe: StandIn, notice: str
) -> None:
    """From the address currency and data centre are chosen, where the notice says so, and nothing is kept."""
    house = priced(build_house(notice=notice, proxies=1, **stripe.config()))
    page = house.visitor(**{"X-Forwarded-For": "8.8.8.8"}).open("/plans").text
    named = house.services.policy.item("visitor.country") is not None
    assert ("$7.90" in page) == named
    assert ("United States" in page) == named
    assert ("Virginia" in page) == (notice == "meetingsphere")
    assert named == (notice == "meetingsphere"), "of the four only this one names it"
    assert "$7.90" not in house.visitor(**{"X-Forwarded-For": "193.0.14.129"}).open("/plans").text
    chosen = house.visitor(**{"X-Forwarded-For": "8.8.8.8"}).open("/plans?currency=EUR").text
    assert "€6.90" in chosen
    assert "United States" not in chosen


@pytest.mark.promise("N1.6", "N2.10")
def test_only_pages_with_a_form_to_the_provider_may_lead_there(sold: House, stripe: StandIn) -> None:
    """Forms may lead to the payment provider from the pages of payment alone, and no page asks for a card."""
    ada = owner(sold)
    for path in ("/account/payment", "/group/payment"):
        page = ada.open(path)
        assert form_action(page) == f"'self' {stripe.origin}"
        assert not re.search(r'autocomplete="cc-|name="(card|cvc|number|iban)"', page.text)
        assert "stripe.com" not in page.text
    for path in ("/plans", "/", "/account/data"):
        assert form_action(ada.open(path)) == "'self'"


@pytest.mark.promise("N2.11")
def test_a_trial_needs_no_card_and_lets_meetings_be_larger(sold: House) -> None:
    """A trial begins without a card."""
    ada = sold.member()
    assert sold.services.selling.entitlements.of(1, clock.now()).participants == 10
    page = ada.open("/account/payment").text
    assert "Try it for 14 days" in page
    assert ada.send("/account/payment/trial", **PERSONAL).status_code == 303
    assert sold.services.selling.entitlements.of(1, clock.now()).participants == 50
    page = ada.open("/account/payment").text
    assert "Your trial has begun." in page
    assert "It ends by itself" in page
    assert "Try it" not in page
    assert ada.send("/account/payment/trial", **PERSONAL).status_code == 409
    assert states(sold) == ["trialing"]


def test_who_subscribes_during_the_trial_reads_when_the_first_payment_comes(sold: House) -> None:
    ada = sold.member()
    ada.send("/account/payment/trial", **PERSONAL)
    pay(ada.send("/account/payment/checkout", **PERSONAL).headers["Location"], GOOD)
    page = ada.client.get("/account/payment?checkout=done", follow_redirects=True).text
    assert "Then the first payment is made, and it goes on." in page
    assert "It ends by itself" not in page
    assert "Subscribe" not in page
    assert states(sold) == ["cancelled", "trialing"]


def test_paying_leads_to_the_provider_and_back_before_any_message_has_come(sold: House) -> None:
    ada = sold.member()
    answer = ada.send("/account/payment/checkout", **PERSONAL)
    assert answer.status_code == 303
    back = urlsplit(pay(answer.headers["Location"], GOOD))
    assert (back.path, back.query) == ("/account/payment", "checkout=done")
    assert (
        "Thank you. Your subscription is in place."
        in ada.client.get(f"{back.path}?{back.query}", follow_redirects=True).text
    )
    page = ada.open("/account/payment").text
    assert "Personal" in page
    assert "It is paid until" in page
    assert "Subscribe" not in page
    assert states(sold) == ["active"]
    assert ada.send("/account/payment/checkout", **PERSONAL).status_code == 409
    portal = ada.send("/account/payment/portal")
    assert portal.status_code == 303
    assert "/p/session/" in portal.headers["Location"]


def test_leaving_the_providers_page_changes_nothing(sold: House) -> None:
    ada = sold.member()
    ada.send("/account/payment/checkout", **PERSONAL)
    page = ada.client.get("/account/payment?checkout=left", follow_redirects=True)
    assert "Nothing was paid, and nothing has changed." in page.text
    assert states(sold) == []


def test_what_is_not_on_offer_cannot_be_had(sold: House) -> None:
    ada = sold.member()
    refused = {
        404: [{"plan": "group"}, {"plan": "free"}, {"plan": "nonsense"}, {"currency": "XXX"}],
        422: [{"period": "decade"}, {"period": ""}],
    }
    for status, changes in ((status, each) for status, some in refused.items() for each in some):
        answer = ada.send("/account/payment/trial", **{**PERSONAL, **changes})
        assert answer.status_code == status, changes
    assert ada.send("/account/payment/checkout", **{**PERSONAL, "period": "decade"}).status_code == 422
    assert states(sold) == []


def test_a_group_pays_for_its_seats(sold: House) -> None:
    ada = owner(sold)
    assert ada.send("/group/payment/trial", **{**GROUP, "seats": "0"}).status_code == 422
    assert ada.send("/group/payment/trial", **GROUP).status_code == 303
    assert "1 of 3 seats are taken." in ada.open("/group/payment").text
    assert sold.services.selling.entitlements.of(1, clock.now()).participants == 50, "as the server takes"
    assert "You are a member of School." in ada.open("/account/payment").text


def test_a_group_does_not_pay_for_fewer_than_it_has(sold: House) -> None:
    ada = owner(sold)
    sold.member("bob@example.org")
    join_bob(sold)
    answer = ada.send("/group/payment/checkout", **{**GROUP, "seats": "1"})
    assert answer.status_code == 422
    assert "There are 2 members already." in answer.text


def join_bob(house: House) -> None:
    account = house.services.accounts.id_of("bob@example.org")
    assert account is not None
    with house.services.database.writing() as session:
        session.add(GroupMember(group_id=1, account_id=account, role="member"))


@pytest.mark.promise("N1.11")
def test_payment_of_a_group_is_there_for_those_who_run_it_alone(sold: House) -> None:
    """What a group pays its members do not see."""
    owner(sold)
    stranger, bob = sold.member("eve@example.org"), sold.member("bob@example.org")
    join_bob(sold)
    for visitor in (stranger, bob):
        assert visitor.open("/group/payment").status_code == 404
        for what in ("trial", "checkout", "portal"):
            assert visitor.send(f"/group/payment/{what}", **GROUP).status_code == 404


def test_a_provider_that_is_away_breaks_no_page(sold: House, stripe: StandIn) -> None:
    ada = sold.member()
    stripe.faults.extend([500] * 12)
    try:
        answer = ada.send("/account/payment/checkout", **PERSONAL)
        assert answer.status_code == 503
        assert "The payment provider does not answer" in answer.text
    finally:
        stripe.faults.clear()
    assert ada.open("/account/payment").status_code == 200


async def test_the_minutes_of_the_month_are_shown_and_a_page_when_they_are_used_up(
    sold: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entitled, "ASK_SECONDS", 30.0)  # a relay that is slow is no relay that is away
    ada, guest = sold.member(), sold.visitor()
    code = sold.services.meetings.create(1, "Tuesday").code
    assert "0 of 1500 minutes of this month are used." in ada.open("/account/payment").text
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with sold.services.database.writing() as session:
        session.add(UsedMonth(account_id=1, month=month.date(), seconds=90_000))
    assert "1500 of 1500 minutes of this month are used." in ada.open("/account/payment").text
    async with quiet_relay(sold.config.relay_socket):
        own = await asyncio.to_thread(ada.open, f"/m/{code}")
        others = await asyncio.to_thread(guest.open, f"/m/{code}")
        script = await asyncio.to_thread(guest.open, f"/m/{code}", headers={"Accept": "application/json"})
    assert (own.status_code, others.status_code, script.status_code) == (403, 403, 403)
    assert "Choose another plan" in own.text
    assert "Please tell them." in others.text
    assert "/account/payment" not in others.text
    assert "used up" in script.get_json()["error"]
