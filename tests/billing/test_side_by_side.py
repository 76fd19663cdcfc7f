"""Payment on both databases: personal text may be sealed, messages are acted upon side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from onmeet.billing.models import BillingEvent, Customer, Invoice, Registration, Subscription
from onmeet.billing.payers import Payer
from tests.billing.test_parting import there
from tests.billing.test_subscriptions import state, subscribe
from tests.billing.test_webhooks import count
from tests.factories.paying import Shop
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["migrated", "new_database", "postgres"]


def test_the_same_messages_at_the_same_time_are_acted_upon_once(shop: Shop) -> None:
    payer = Payer(account_id=shop.account(country="DE"))
    subscribe(shop, payer)
    events = shop.stripe.webhooks.held * 3
    with ThreadPoolExecutor(6) as together:
        assert set(together.map(shop.deliver, events)) == {200}
    assert count(shop, BillingEvent) == len(events) / 3
    assert (count(shop, Subscription), count(shop, Invoice)) == (1, 1)
    assert state(shop, payer) == "active"
    customer = shop.payments.customers.known(payer) or ""
    with shop.house.services.database.reading() as session:
        stored = session.connection().exec_driver_sql("SELECT state FROM subscriptions").scalar_one()
        on_postgresql = session.get_bind().dialect.name == "postgresql"
        assert stored.startswith("s1.") if on_postgresql else stored == "active"
        assert session.scalars(select(Customer.provider_id)).one() == customer
    shop.house.services.erasure.account(payer.account_id or 0, shop.now)
    assert shop.payments.parting.run(shop.now) == 1
    assert not there(shop, customer)
    assert (count(shop, Registration), count(shop, Invoice)) == (0, 1)
