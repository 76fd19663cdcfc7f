"""Whoever goes here is deleted at the payment provider, too, and pays no more."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from onmeet.billing import parting
from onmeet.billing.invoices import Invoices
from onmeet.billing.models import Invoice, Registration
from onmeet.billing.payers import Payer
from onmeet.errors import ProviderError
from tests.billing.test_subscriptions import state, subscribe
from tests.billing.test_webhooks import count
from tests.factories.paying import Shop


def customer_of(shop: Shop, email: str) -> tuple[Payer, str]:
    """Somebody who has subscribed."""
    payer = Payer(account_id=shop.account(email))
    subscribe(shop, payer)
    return payer, shop.payments.customers.known(payer) or ""


def there(shop: Shop, customer: str) -> bool:
    """Whether the provider has the customer."""
    return not shop.stripe.world.get("customer", customer).get("deleted")


@pytest.mark.promise("N1.12", "N1.15")
def test_a_deleted_account_pays_no_more_and_others_do(shop: Shop) -> None:
    payer, customer = customer_of(shop, "ada@example.org")
    other, others = customer_of(shop, "ben@example.org")
    shop.deliver_all()
    assert shop.payments.parting.run(shop.now) == 0
    shop.house.services.erasure.account(payer.account_id or 0, shop.now)
    assert shop.payments.parting.waiting() == 1
    assert shop.payments.parting.run(shop.now) == 1
    assert not there(shop, customer)
    assert there(shop, others)
    assert [one["status"] for one in shop.stripe.world.all("subscription", customer=customer)] == ["canceled"]
    shop.deliver_all()  # what the provider says about it means nothing any more
    assert state(shop, other) == "active"
    assert count(shop, Registration) == 1


def test_an_account_that_is_closed_pays_no_more(shop: Shop) -> None:
    payer, customer = customer_of(shop, "ada@example.org")
    shop.deliver_all()
    oversight = shop.house.services.oversight
    assert oversight.close(payer.account_id or 0)
    shop.payments.parting.run(shop.now)
    assert not there(shop, customer)
    assert state(shop, payer) == "cancelled"
    assert oversight.reopen(payer.account_id or 0)
    subscribe(shop, payer)
    shop.deliver_all()
    assert state(shop, payer) == "active"


def test_a_provider_that_is_away_is_asked_again(shop: Shop) -> None:
    payer, customer = customer_of(shop, "ada@example.org")
    shop.house.services.erasure.account(payer.account_id or 0, shop.now)
    for faults in ([402], [0, 402]):
        shop.stripe.faults[:] = [fault for fault in faults if fault]
        if len(faults) == 2:
            shop.stripe.answers_left = 1
        with pytest.raises(ProviderError):
            shop.payments.parting.run(shop.now)
        assert shop.payments.parting.waiting() == 1
        shop.stripe.answers_left = None
    assert shop.payments.parting.run(shop.now) == 1
    assert not there(shop, customer)


@pytest.mark.promise("N1.14")
def test_an_invoice_whose_message_never_came_is_kept_all_the_same(shop: Shop) -> None:
    payer, _customer = customer_of(shop, "ada@example.org")
    shop.stripe.webhooks.lose()
    shop.house.services.erasure.account(payer.account_id or 0, shop.now)
    assert count(shop, Invoice) == 0
    shop.payments.parting.run(shop.now)
    with shop.house.services.database.reading() as session:
        kept = session.scalars(select(Invoice)).one()
    assert (kept.account_id, kept.cents, kept.country) == (None, 690, "DE")


def test_what_was_registered_under_another_secret_is_given_up_and_said(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    payer, customer = customer_of(shop, "ada@example.org")
    shop.house.services.erasure.account(payer.account_id or 0, shop.now)
    behind = shop.house.services
    strange = parting.Parting(
        behind.database,
        shop.payments.provider,
        Invoices(behind.database, key=behind.config.marks_key),
        secret_key="another secret",
    )
    strange.run(shop.now)
    assert there(shop, customer)
    assert "by hand" in capsys.readouterr().out
    assert count(shop, Registration) == 0


def test_no_name_at_the_provider_stands_readable_in_the_list(shop: Shop) -> None:
    _payer, customer = customer_of(shop, "ada@example.org")
    with shop.house.services.database.reading() as session:
        row: Any = session.scalars(select(Registration)).one()
    assert customer not in row.sealed
    assert customer not in row.mark
