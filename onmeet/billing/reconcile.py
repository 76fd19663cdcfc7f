"""Catching up with the payment provider after an outage: what was missed is asked for.

Two ways. Messages that the provider still lists (30 days at Stripe) are acted upon as if they came now; those
that were seen are known by their marks. And, on request, every customer is asked about anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from onmeet.billing.invoices import Invoices
from onmeet.billing.models import BillingEvent
from onmeet.billing.payers import Customers, Payer
from onmeet.billing.provider import NoSuch, Provider
from onmeet.billing.subscriptions import Subscriptions
from onmeet.billing.webhooks import Webhooks
from onmeet.db import Database

__all__ = ["Reconciled", "Reconciling"]

LOOK_BACK = 3 * 86_400
"""The provider tries to deliver a message for so long: an older one may still be missing."""

FARTHEST = 29 * 86_400


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a run found that had been missed. customers: how many were asked about."""

    events: int
    customers: int
    invoices: int


class Reconciling:
    """The service."""

    def __init__(
        self,
        database: Database,
        provider: Provider,
        customers: Customers,
        subscriptions: Subscriptions,
        invoices: Invoices,
        webhooks: Webhooks,
    ) -> None:
        self._database = database
        self._provider = provider
        self._customers = customers
        self._subscriptions = subscriptions
        self._invoices = invoices
        self._webhooks = webhooks

    def run(self, now: datetime, *, everybody: bool = False) -> Reconciled:
        """Catch up; with `everybody` also what no message tells of. Raises `ProviderError` half-way."""
        events = sum(
            self._webhooks.handle(event, now) for event in self._provider.events_since(self._since(now))
        )
        asked = self._customers.everybody() if everybody else []
        invoices = sum(self._ask(payer, customer, now) for payer, customer in asked)
        return Reconciled(events, len(asked), invoices)

    def _since(self, now: datetime) -> int:
        with self._database.reading() as session:
            last = session.scalar(select(func.max(BillingEvent.seen))) or 0
        present = int(now.timestamp())
        return max(present - FARTHEST, min(last, present - LOOK_BACK))

    def _ask(self, payer: Payer, customer: str, now: datetime) -> int:
        """Everything about one customer; how many invoices were missing."""
        try:
            news = self._subscriptions.gather(customer)
            paid = self._provider.invoices(customer)
        except NoSuch:
            self._subscriptions.lost(payer, now)
            return 0
        with self._database.writing() as session:
            self._subscriptions.settle(session, payer, news, now)
            return sum(self._invoices.record(session, payer, one) for one in paid)
