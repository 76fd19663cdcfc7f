"""Messages of the provider: forged, old, doubled, out of order, lost; and what a reconcile run mends."""

from __future__ import annotations

import itertools
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from onmeet.billing.models import BillingEvent, Invoice, Subscription
from onmeet.billing.payers import Payer
from onmeet.errors import ProviderError
from tests.billing.test_subscriptions import mails, state, subscribe
from tests.factories.paying import Shop


def count(shop: Shop, model: Any) -> int:
    with shop.house.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def post(shop: Shop, body: bytes, signature: str | None) -> int:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return shop.house.app.test_client().post("/billing/webhook", data=body, headers=headers).status_code


def test_forged_and_old_messages_are_refused(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    event, hooks = shop.stripe.webhooks.held[0], shop.stripe.webhooks
    body, signature = hooks.signed(event)
    _, old = hooks.signed(event, age=301)
    _, other = hooks.signed(event, secret="whsec_of_somebody_else")
    other_body = body.replace(b'"livemode"', b'"deadmode"') + b" "
    for sent, header in (
        (body, None),
        (body, ""),
        (body, "t=now,v1=00"),
        (body, "t=1,v1=" + "0" * 64),
        (body, old),
        (body, other),
        (other_body, signature),
        (b"\xff\xfe", signature),
    ):
        assert post(shop, sent, header) == 400
    assert count(shop, BillingEvent) == count(shop, Subscription) == 0
    assert post(shop, body, signature) == 200
    assert state(shop, payer) == "active"


def test_what_is_signed_but_means_nothing_here_is_taken_calmly(shop: Shop) -> None:
    strange: list[Any] = [
        {"object": "event", "id": "evt_1", "type": "payout.paid", "created": 1, "data": {"object": {}}},
        {"object": "event", "id": "evt_2", "type": "invoice.paid", "created": 1, "data": {"object": {}}},
        {
            "object": "event",
            "id": "evt_3",
            "type": "invoice.paid",
            "created": 1,
            "data": {"object": {"id": "in_1", "customer": "cus_of_another_business"}},
        },
        {"object": "v2.core.event"},
        {},
    ]
    for event in strange:
        assert shop.deliver(event) == 200
    assert count(shop, BillingEvent) == 0


def test_a_message_is_acted_upon_once(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    shop.stripe.card_stops_paying(shop.payments.customers.known(payer) or "")
    shop.stripe.pass_by(days=31)
    twice = [*shop.stripe.webhooks.held, *shop.stripe.webhooks.held]
    for event in twice:
        assert shop.deliver(event) == 200
    assert count(shop, BillingEvent) == len(twice) / 2
    assert count(shop, Invoice) == 1
    assert mails(shop) == [("payment-failed", "")]


def test_a_message_that_could_not_be_acted_upon_comes_again(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    (event, *_) = shop.stripe.webhooks.held
    shop.stripe.faults[:] = [402]
    assert shop.deliver(event) == 503
    assert count(shop, BillingEvent) == 0
    assert shop.deliver(event) == 200
    assert state(shop, payer) == "active"


def test_no_cookie_and_no_page_belongs_to_it(shop: Shop) -> None:
    answer = shop.house.app.test_client().post("/billing/webhook", data=b"{}")
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers
    assert answer.data == b""
    assert shop.house.app.test_client().get("/billing/webhook").status_code == 405


def test_an_instance_that_sells_nothing_has_no_such_address(house: Any) -> None:
    assert house.app.test_client().post("/billing/webhook", data=b"{}").status_code == 404


def test_a_long_message_is_read_and_an_endless_one_is_not(shop: Shop) -> None:
    event = {"object": "event", "id": "evt", "type": "payout.paid", "created": 1, "data": {"object": {}}}
    body, signature = shop.stripe.webhooks.signed({**event, "more": "x" * 200_000})
    assert post(shop, body, signature) == 200
    body, signature = shop.stripe.webhooks.signed({**event, "more": "x" * 600_000})
    assert post(shop, body, signature) == 413


@pytest.mark.promise("N2.11")
def test_after_an_outage_what_was_missed_is_caught_up_with(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    shop.stripe.card_stops_paying(shop.payments.customers.known(payer) or "")
    shop.stripe.webhooks.lose()
    assert state(shop, payer) == ""
    done = shop.payments.reconciling.run(shop.now)
    assert (done.events > 0, done.customers) == (True, 0)
    assert (state(shop, payer), count(shop, Invoice)) == ("active", 1)
    assert shop.payments.reconciling.run(shop.now).events == 0
    shop.stripe.pass_by(days=31)
    shop.stripe.webhooks.lose()
    shop.payments.reconciling.run(shop.now)
    assert state(shop, payer) == "past_due"


def test_what_the_provider_lists_no_more_is_found_by_asking_about_everybody(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    shop.stripe.webhooks.lose()
    shop.stripe.world.events.clear()  # as after 30 days
    assert shop.payments.reconciling.run(shop.now).events == 0
    assert state(shop, payer) == ""
    done = shop.payments.reconciling.run(shop.now, everybody=True)
    assert (done.customers, done.invoices) == (1, 1)
    assert state(shop, payer) == "active"


def test_a_run_that_breaks_off_goes_on_next_time(shop: Shop) -> None:
    payers = [Payer(account_id=shop.account(f"{n}@example.org")) for n in range(3)]
    for payer in payers:
        subscribe(shop, payer)
    shop.stripe.webhooks.lose()
    shop.stripe.answers_left = 6
    with pytest.raises(ProviderError):
        shop.payments.reconciling.run(shop.now)
    shop.stripe.answers_left = None
    assert "" in {state(shop, payer) for payer in payers}
    shop.payments.reconciling.run(shop.now)
    assert {state(shop, payer) for payer in payers} == {"active"}


NUMBERS = itertools.count()
STEPS = ("days", "card fails", "card works", "cancel", "renew", "subscribe")


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=6), seed=st.integers(0, 2**32))
def test_whatever_happens_to_the_messages_a_reconcile_run_ends_with_the_truth(
    shop: Shop, steps: list[str], seed: int
) -> None:
    """Real SDK, real HTTP: one payer, some weeks of life, messages doubled, lost and in any order."""
    shop.stripe.begin_anew()
    chance = random.Random(seed)
    payer = Payer(account_id=shop.account(f"{next(NUMBERS)}@example.org"))
    shop.payments.subscriptions.begin_trial(payer, shop.price(), language="", now=shop.now)
    customer = shop.payments.customers.known(payer) or ""
    for step in steps:
        happen(shop, payer, customer, step)
        events, shop.stripe.webhooks.held = shop.stripe.webhooks.held, []
        for event in chance.choices(events, k=chance.randint(0, 5)) if events else []:
            assert shop.deliver(event) == 200
        if events and chance.random() < 0.5:  # an old message comes very late
            shop.stripe.webhooks.held.append(chance.choice(events))
    shop.payments.reconciling.run(shop.now + timedelta(seconds=1))
    shop.deliver_all()
    truth = {json.dumps([n.state, n.ends, n.period_ends, n.seats]) for n in shop.truth(customer)}
    with shop.house.services.database.reading() as session:
        rows = session.scalars(select(Subscription).where(Subscription.account_id == payer.account_id)).all()
        paid = session.scalar(select(func.count()).where(Invoice.account_id == payer.account_id))
    assert {json.dumps([r.state, r.ends, r.period_ends, r.seats]) for r in rows} == truth
    assert paid == len(shop.stripe.world.all("invoice", customer=customer, status="paid"))


def happen(shop: Shop, payer: Payer, customer: str, step: str) -> None:
    world = shop.stripe.world
    live = [one for one in world.all("subscription", customer=customer) if one["status"] != "canceled"]
    with world.lock:
        match step:
            case "days":
                shop.stripe.pass_by(days=11)
            case "card fails":
                shop.stripe.card_stops_paying(customer)
            case "card works":
                shop.stripe.card_pays(customer)
            case "cancel" if live:
                world.change(live[0], cancel_at_period_end=True)
            case "renew" if live:
                world.change(live[0], cancel_at_period_end=False)
    if step == "subscribe" and not [o for o in shop.truth(customer) if o.state in ("active", "past_due")]:
        known = [one for one in live if one["default_payment_method"]]
        if not known:
            subscribe(shop, payer)
