"""Subscriptions, with the real SDK and a provider's stand-in over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from onmeet.billing.payers import Payer
from onmeet.billing.plans import Price
from onmeet.errors import ProviderError, UserError
from onmeet.groups.models import Group
from onmeet.mail.models import QueuedMail
from tests.factories.paying import Shop
from tests.peers.stripe import ASKS, DECLINED, FAILS_LATER, GOOD

BACK = "https://meet.example.org/account/payment"


def subscribe(shop: Shop, payer: Payer, card: str = GOOD, price: Price | None = None, **more: str) -> str:
    """Go to the provider's page and pay there; where it leads."""
    service = shop.payments.subscriptions
    address = service.checkout(payer, price or shop.price(), back=BACK, language="de", now=shop.now)
    return shop.pay(address, card, **more)


def state(shop: Shop, payer: Payer) -> str:
    """As it is held here."""
    held = shop.payments.subscriptions.standing(payer).subscription
    return held.state if held is not None else ""


def mails(shop: Shop) -> list[tuple[str, str]]:
    """Kinds of mails that wait, and what they are about."""
    with shop.house.services.database.reading() as session:
        rows = session.scalars(select(QueuedMail).order_by(QueuedMail.id)).all()
    return [(row.kind, row.about) for row in rows if row.kind in ("payment-failed", "trial-ending")]


@pytest.mark.promise("N1.6", "N2.10", "N2.11")
def test_whoever_pays_at_the_provider_has_the_plan_once_its_message_is_there(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    assert subscribe(shop, payer) == f"{BACK}?checkout=done"
    assert state(shop, payer) == ""
    shop.deliver_all()
    held = shop.payments.subscriptions.standing(payer).subscription
    assert held is not None
    assert (held.state, held.plan, held.seats) == ("active", "personal", 1)
    (invoice,) = shop.payments.invoices.of(payer)
    assert (invoice.cents, invoice.currency, invoice.plan) == (690, "EUR", "personal")


def test_whoever_comes_back_before_the_message_sees_what_was_paid(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    standing = shop.payments.subscriptions.refresh(payer, shop.now)
    assert standing.paying
    assert not standing.may_try


def test_a_declined_card_changes_nothing(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    assert subscribe(shop, payer, DECLINED) == ""
    assert not shop.payments.subscriptions.refresh(payer, shop.now).paying


@pytest.mark.parametrize(("pressed", "leads"), [("complete", f"{BACK}?checkout=done"), ("refuse", "")])
def test_a_card_may_ask_for_another_proof(shop: Shop, pressed: str, leads: str) -> None:
    payer = Payer(account_id=shop.account())
    assert subscribe(shop, payer, ASKS, secure=pressed) == leads
    assert shop.payments.subscriptions.refresh(payer, shop.now).paying == bool(leads)


def test_a_page_that_was_left_is_worth_nothing_once_another_is_open(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    service = shop.payments.subscriptions
    pages = [service.checkout(payer, shop.price(), back=BACK, language="", now=shop.now) for _ in range(2)]
    assert shop.pay(pages[0]) == ""
    assert shop.pay(pages[1]) == f"{BACK}?checkout=done"
    assert len(shop.truth(shop.payments.customers.known(payer) or "")) == 1


def test_nobody_subscribes_twice(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    with pytest.raises(UserError) as refused:  # the message has not come yet: the provider is asked
        subscribe(shop, payer)
    assert refused.value.status == 409


@pytest.mark.promise("N2.11")
def test_a_trial_needs_no_card_and_ends_by_itself(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    service = shop.payments.subscriptions
    assert service.standing(payer).may_try
    standing = service.begin_trial(payer, shop.price(), language="de", now=shop.now)
    assert standing.subscription is not None
    assert standing.subscription.state == "trialing"
    ends = standing.subscription.trial_ends or 0
    assert ends - shop.now.timestamp() == pytest.approx(14 * 86_400, abs=60)
    with pytest.raises(UserError):
        service.begin_trial(payer, shop.price(), language="de", now=shop.now)
    shop.stripe.pass_by(days=12)
    shop.deliver_all()
    (mail,) = mails(shop)
    assert mail[0] == "trial-ending"
    shop.stripe.pass_by(days=3)
    shop.deliver_all()
    assert state(shop, payer) == "cancelled"
    assert not service.standing(payer).may_try


def test_who_subscribes_during_the_trial_pays_after_it_and_has_one_subscription(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    shop.payments.subscriptions.begin_trial(payer, shop.price(), language="de", now=shop.now)
    subscribe(shop, payer)
    shop.deliver_all()
    customer = shop.payments.customers.known(payer) or ""
    assert sorted(one.state or "" for one in shop.truth(customer)) == ["cancelled", "trialing"]
    assert shop.payments.invoices.of(payer) == []
    with pytest.raises(UserError):
        subscribe(shop, payer)
    shop.stripe.pass_by(days=15)
    shop.deliver_all()
    assert state(shop, payer) == "active"
    assert [one.cents for one in shop.payments.invoices.of(payer)] == [690]


def test_the_last_day_of_a_trial_is_not_too_late_to_subscribe(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    service = shop.payments.subscriptions
    trial = service.begin_trial(payer, shop.price(), language="de", now=shop.now).subscription
    assert trial is not None
    shop.stripe.pass_by(days=13)
    # the adapter's own clock has to be at that day, too
    shop.payments.provider._wall = lambda: shop.stripe.world.now()  # type: ignore[attr-defined]
    assert subscribe(shop, payer) == f"{BACK}?checkout=done"
    shop.deliver_all()
    assert state(shop, payer) == "active"


def test_a_failed_payment_is_told_once_and_can_be_mended(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    shop.stripe.card_stops_paying(shop.payments.customers.known(payer) or "")
    shop.stripe.pass_by(days=31)
    shop.deliver_all()
    assert state(shop, payer) == "past_due"
    assert mails(shop) == [("payment-failed", "")]
    address = shop.payments.subscriptions.portal(payer, back=BACK, language="de")
    shop.stripe.change_card(address, GOOD)
    shop.deliver_all()
    assert state(shop, payer) == "active"
    assert len(shop.payments.invoices.of(payer)) == 2


def test_who_never_pays_is_unpaid_in_the_end(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    service = shop.payments.subscriptions
    service.begin_trial(payer, shop.price(), language="de", now=shop.now)
    subscribe(shop, payer, FAILS_LATER)
    shop.stripe.pass_by(days=40)
    shop.deliver_all()
    assert state(shop, payer) == "unpaid"
    subscribe(shop, payer)  # begins anew
    shop.deliver_all()
    assert state(shop, payer) == "active"
    customer = shop.payments.customers.known(payer) or ""
    assert [one.state for one in shop.truth(customer) if one.state != "cancelled"] == ["active"]


def test_what_is_cancelled_at_the_portal_runs_to_its_end(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    shop.stripe.press_portal(shop.payments.subscriptions.portal(payer, back=BACK, language="de"), cancel="1")
    shop.deliver_all()
    held = shop.payments.subscriptions.standing(payer).subscription
    assert held is not None
    assert (held.state, held.ends) == ("active", held.period_ends)
    shop.stripe.pass_by(days=31)
    shop.deliver_all()
    assert state(shop, payer) == "cancelled"
    assert len(shop.payments.invoices.of(payer)) == 1


@pytest.mark.promise("N1.11", "N3.14")
def test_a_group_pays_by_the_seat_and_the_provider_prorates(shop: Shop) -> None:
    with shop.house.services.database.writing() as session:
        group = Group(name="Example School", seats=None)
        session.add(group)
        session.flush()
        payer = Payer(group_id=group.id)
    service, price = shop.payments.subscriptions, shop.price("group")
    address = service.checkout(payer, price, back=BACK, language="", now=shop.now, seats=5)
    shop.pay(address, quantity="10")
    shop.deliver_all()
    assert seats(shop) == 10
    shop.stripe.pass_by(days=15)
    standing = service.set_seats(payer, 20, shop.now)
    assert standing.subscription is not None
    assert (standing.subscription.seats, seats(shop)) == (20, 20)
    shop.stripe.pass_by(days=16)
    shop.deliver_all()
    second, first = shop.payments.invoices.of(payer)
    assert first.cents == 10 * 590
    assert second.cents == pytest.approx(20 * 590 + 10 * 590 / 2, abs=2)


def seats(shop: Shop) -> int | None:
    with shop.house.services.database.reading() as session:
        return session.scalar(select(Group.seats))


def test_only_what_is_on_offer_to_that_payer_can_be_had(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    service = shop.payments.subscriptions
    invented = Price("personal", "month", "EUR", 1)
    for price in (shop.price("group"), invented):
        with pytest.raises(UserError):
            service.checkout(payer, price, back=BACK, language="", now=shop.now)
    with pytest.raises(UserError):
        service.checkout(payer, shop.price(), back=BACK, language="", now=shop.now, seats=2)
    with pytest.raises(UserError):
        service.portal(payer, back=BACK, language="")


def test_a_provider_that_is_away_says_so_and_nothing_is_half_done(shop: Shop) -> None:
    payer = Payer(account_id=shop.account())
    shop.stripe.faults[:] = [400]
    with pytest.raises(ProviderError):
        shop.payments.subscriptions.checkout(payer, shop.price(), back=BACK, language="", now=shop.now)
    assert shop.payments.customers.known(payer) is None
    assert subscribe(shop, payer) == f"{BACK}?checkout=done"


def test_the_provider_learns_nothing_about_a_person_from_us(shop: Shop) -> None:
    payer = Payer(account_id=shop.account("ada@example.org", country="DE"))
    shop.payments.subscriptions.checkout(payer, shop.price(), back=BACK, language="de", now=shop.now)
    (customer,) = shop.stripe.world.all("customer")
    assert customer["preferred_locales"] == ["de"]
    assert (customer["email"], customer["name"], customer["address"]) == (None, None, None)
    assert len(customer["metadata"]["onmeet"]) == 32


@pytest.mark.parametrize("told", [True, False])
def test_a_customer_deleted_at_the_provider_can_come_again(shop: Shop, told: bool) -> None:
    payer = Payer(account_id=shop.account())
    subscribe(shop, payer)
    shop.deliver_all()
    with shop.stripe.world.lock:
        shop.stripe.world.delete_customer(shop.payments.customers.known(payer) or "")
    if told:
        shop.deliver_all()
        assert state(shop, payer) == "cancelled"
        assert shop.payments.customers.known(payer) is None
    shop.stripe.webhooks.lose()
    assert subscribe(shop, payer) == f"{BACK}?checkout=done"
    shop.deliver_all()
    assert state(shop, payer) == "active"
