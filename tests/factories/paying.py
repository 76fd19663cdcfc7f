"""A house that sells plans, and the stand-in of the payment provider behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from onmeet import clock
from onmeet.billing.payments import Payments
from onmeet.billing.plans import Price
from onmeet.billing.provider import Event, SubscriptionNews
from onmeet.billing.stripe_reading import event as read_event
from tests.factories.house import House
from tests.peers.stripe import GOOD, StandIn, visiting
from tests.peers.stripe.api import shown

__all__ = ["Shop", "build_shop", "shop", "stripe"]


@pytest.fixture
def stripe() -> Iterator[StandIn]:
    """The provider's stand-in; nothing is for sale there yet."""
    with StandIn() as standing_in:
        yield standing_in


class Shop:
    """A house whose plans can be bought. Webhooks wait at the stand-in until `deliver`."""

    def __init__(self, house: House, stripe: StandIn) -> None:
        self.house = house
        self.stripe = stripe
        payments = house.services.selling.payments
        assert payments is not None
        self.payments: Payments = payments
        plans = house.services.selling.plans
        assert plans is not None
        self.plans = plans
        stripe.stock(plans)

    @property
    def now(self) -> datetime:
        """The time here; that of the provider's world may be later, and is in what the provider says."""
        return clock.now()

    def price(self, plan: str = "personal", period: str = "month", currency: str = "EUR") -> Price:
        """A price that is on offer."""
        found = self.plans.price(plan, period, currency)
        assert found is not None
        return found

    def account(self, email: str = "ada@example.org", country: str = "") -> int:
        """The number of a new account."""
        self.house.services.accounts.register(email, "seven green parrots", country=country, proven=True)
        found = self.house.services.accounts.id_of(email)
        assert found is not None
        return found

    def pay(self, address: str, card: str = GOOD, **more: str) -> str:
        """Fill in the provider's page; where it leads, "" when it stays."""
        return visiting.pay(address, card, **more)

    def deliver(self, event: dict[str, Any]) -> int:
        """Bring a message to the webhook; the answer's status."""
        body, signature = self.stripe.webhooks.signed(event)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return self.house.app.test_client().post("/billing/webhook", data=body, headers=headers).status_code

    def deliver_all(self) -> None:
        """Bring every message that waits, in its order."""
        while self.stripe.webhooks.held:
            assert self.deliver(self.stripe.webhooks.held.pop(0)) == 200

    def truth(self, customer: str) -> list[SubscriptionNews]:
        """What the provider says now."""
        return self.payments.provider.subscriptions(customer)

    @staticmethod
    def event(raw: dict[str, Any]) -> Event | None:
        """A message as it is read."""
        return read_event(shown(raw))


@pytest.fixture
def build_shop(build_house: Any, stripe: StandIn) -> Any:
    """Makes a shop with given settings of the house."""
    return lambda **changes: Shop(build_house(**stripe.config(), **changes), stripe)


@pytest.fixture
def shop(build_shop: Any) -> Shop:
    """A shop under the default notice."""
    built: Shop = build_shop()
    return built
