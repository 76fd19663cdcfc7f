"""Catching up with the payment provider after an outage: what was missed is asked for.

Two ways. Messages that the provider still lists (30 days at Stripe) are acted upon as if they came now; those
that were seen are known by their marks. And, on request, every customer is asked about anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from onmeet.billing.invoices import Invoices
from onmeet.billing.payers import Customers, Payer
from onmeet.billing.provider import NoSuch, Provider
from onmeet.billing.subscriptions import Subscriptions
from onmeet.billing.webhooks import Webhooks
from onmeet.db import Database

__all__ = ["Reconciled", "Reconciling"]

FARTHEST = 29
"""Days that are looked back, since the provider's list ends a little later."""


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

    def run(self, now: datetime, *, days: int = FARTHEST, everybody: bool = False) -> Reconciled:
        """Catch up with the last days; `everybody`: also with what no message tells of.

        Raises `ProviderError`, perhaps half-way: what is done by then is done.
        """
        since = int(now.timestamp()) - days * 86_400
        events = sum(self._webhooks.handle(event, now) for event in self._provider.events_since(since))
        asked = self._customers.everybody() if everybody else []
        invoices = sum(self._ask(payer, customer, now) for payer, customer in asked)
        return Reconciled(events, len(asked), invoices)

    def _ask(self, payer: Payer, customer: str, now: datetime) -> int:
        """Everything about one customer; how many invoices were missing."""
        try:
            news = self._subscriptions.gather(customer)
            paid = self._provider.invoices(customer)
        except NoSuch:
            self._subscriptions.lost(payer, now)
            return 0
        with self._database.writing() as session:
            self._subscriptions.settle(session, payer, news, now)  # holds the payer
            return sum(self._invoices.record(session, payer, one) for one in paid)
