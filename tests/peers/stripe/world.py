"""What exists at the stand-in and how it changes: customers, prices, subscriptions, invoices, events.

No network. `now` is the world's own time: the real one and what the test has let pass by.
"""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.peers.stripe.cards import Card

__all__ = ["DAY", "RETRY_DAYS", "Refused", "World"]

DAY = 86_400
RETRY_DAYS = (3, 5, 7)
"""Days after a failed renewal on which it is tried again; after the last one nobody tries any more."""

Raw = dict[str, Any]


class Refused(Exception):
    """What Stripe would refuse: status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class World:
    """Everything, in dicts as the API shows them, by id. Thread-safe by `lock`, taken by whoever calls."""

    def __init__(self, news: Callable[[Raw], None]) -> None:
        self.lock = threading.RLock()
        self.passed = 0.0
        self.things: dict[str, Raw] = {}
        self.events: list[Raw] = []
        self.cards: dict[str, Card] = {}
        self.sessions: dict[str, Raw] = {}
        self.after_trial = "unpaid"
        self._news = news
        self._numbers = itertools.count(1)

    def now(self) -> int:
        return int(time.time() + self.passed)

    # -- things ---------------------------------------------------------------------------------

    def name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):08d}standin"

    def put(self, prefix: str, kind: str, **values: Any) -> Raw:
        """A new thing."""
        thing = {"id": self.name(prefix), "object": kind, "created": self.now(), **values}
        self.things[thing["id"]] = thing
        return thing

    def get(self, kind: str, name: str) -> Raw:
        thing = self.things.get(name)
        if thing is None or thing["object"] != kind:
            raise Refused(404, "resource_missing", f"No such {kind}: '{name}'")
        return thing

    def all(self, kind: str, **wanted: Any) -> list[Raw]:
        """The newest first."""
        found = [
            thing
            for thing in self.things.values()
            if thing["object"] == kind and all(thing.get(key) == value for key, value in wanted.items())
        ]
        return list(reversed(found))

    def say(self, kind: str, thing: Raw) -> None:
        """An event, with the thing as it is now."""
        event = {
            "id": self.name("evt"),
            "object": "event",
            "type": kind,
            "created": self.now(),
            "api_version": "2026-10-28.endive",
            "data": {"object": copy.deepcopy(thing)},
        }
        self.events.append(event)
        self._news(event)

    def customer(self, name: str) -> Raw:
        found = self.get("customer", name)
        if found.get("deleted"):
            raise Refused(404, "resource_missing", f"No such customer: '{name}'")
        return found

    def delete_customer(self, name: str) -> Raw:
        customer = self.customer(name)
        for subscription in self.all("subscription", customer=name):
            if subscription["status"] not in ("canceled", "incomplete_expired"):
                self.end(subscription)
        kept = {"id": name, "object": "customer", "created": customer["created"], "deleted": True}
        self.things[name] = kept
        self.say("customer.deleted", customer)
        return {"id": name, "object": "customer", "deleted": True}

    # -- subscriptions --------------------------------------------------------------------------

    def subscribe(
        self,
        customer: str,
        price: Raw,
        quantity: int,
        *,
        trial_end: int | None = None,
        card: Card | None = None,
        metadata: Raw | None = None,
    ) -> Raw:
        """A new subscription; without a trial the first payment is made at once."""
        self.customer(customer)
        begins = self.now()
        ends = trial_end or begins + self.period(price)
        item = {
            "id": self.name("si"),
            "object": "subscription_item",
            "price": price,
            "quantity": quantity,
            "current_period_start": begins,
            "current_period_end": ends,
        }
        subscription = self.put(
            "sub",
            "subscription",
            customer=customer,
            status="trialing" if trial_end else "active",
            items={"object": "list", "data": [item], "has_more": False, "url": "/v1/subscription_items"},
            trial_end=trial_end,
            cancel_at=None,
            cancel_at_period_end=False,
            ended_at=None,
            default_payment_method=self.name("pm") if card else None,
            metadata=metadata or {},
        )
        if card is not None:
            self.cards[subscription["id"]] = card
        self.say("customer.subscription.created", subscription)
        if not trial_end:
            self.bill(subscription, begins)
        return subscription

    @staticmethod
    def period(price: Raw) -> int:
        """Seconds; months and years of the calendar do not matter to anything that is tested."""
        return (365 if price["recurring"]["interval"] == "year" else 30) * DAY

    def item(self, subscription: Raw) -> Raw:
        first: Raw = subscription["items"]["data"][0]
        return first

    def end(self, subscription: Raw) -> Raw:
        if subscription["status"] == "canceled":
            raise Refused(404, "resource_missing", f"No such subscription: '{subscription['id']}'")
        subscription.update(status="canceled", ended_at=self.now(), canceled_at=self.now())
        self.say("customer.subscription.deleted", subscription)
        return subscription

    def change(self, subscription: Raw, **values: Any) -> Raw:
        subscription.update(values)
        self.say("customer.subscription.updated", subscription)
        return subscription

    def set_quantity(self, subscription: Raw, quantity: int) -> Raw:
        """Prorated to the second: what is left of the period goes onto the next invoice."""
        item = self.item(subscription)
        if quantity != item["quantity"] and subscription["status"] == "active":
            whole = item["current_period_end"] - item["current_period_start"]
            left = max(0, item["current_period_end"] - self.now())
            cents = round((quantity - item["quantity"]) * item["price"]["unit_amount"] * left / whole)
            subscription.setdefault("_prorated", []).append(cents)
        item["quantity"] = quantity
        return self.change(subscription)

    # -- money ----------------------------------------------------------------------------------

    def bill(self, subscription: Raw, begins: int) -> Raw:
        """An invoice for the period that begins, and the first try to be paid."""
        item = self.item(subscription)
        cents = item["price"]["unit_amount"] * item["quantity"] + sum(subscription.pop("_prorated", []))
        customer = self.customer(subscription["customer"])
        invoice = self.put(
            "in",
            "invoice",
            customer=customer["id"],
            customer_address=customer.get("address"),
            status="open",
            number=f"STANDIN-{next(self._numbers):06d}",
            currency=item["price"]["currency"],
            total=cents,
            amount_paid=0,
            parent={
                "type": "subscription_details",
                "subscription_details": {
                    "subscription": subscription["id"],
                    "metadata": dict(subscription["metadata"]),
                },
            },
            status_transitions={"finalized_at": begins, "paid_at": None},
            _tries=0,
        )
        self.charge(subscription, invoice)
        return invoice

    def charge(self, subscription: Raw, invoice: Raw) -> bool:
        """Try to be paid."""
        invoice["_tries"] += 1
        card = self.cards.get(subscription["id"])
        if card is None or not card.pays:
            self.say("invoice.payment_failed", invoice)
            if subscription["status"] != "past_due":
                self.change(subscription, status="past_due")
            return False
        invoice.update(status="paid", amount_paid=invoice["total"])
        invoice["status_transitions"]["paid_at"] = self.now()
        self.say("invoice.paid", invoice)
        if subscription["status"] != "active":
            self.change(subscription, status="active")
        return True
