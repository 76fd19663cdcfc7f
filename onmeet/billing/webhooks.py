"""Messages of the payment provider: each is acted upon once, in whatever order they come.

A message is only a hint: the state of the subscriptions is asked for again, and so is the invoice that it
names. What could not be asked for is answered with an error, and the provider sends the message again.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from onmeet.billing.invoices import Invoices
from onmeet.billing.models import BillingEvent
from onmeet.billing.payers import Customers, Payer, person_of
from onmeet.billing.provider import Event, NoSuch, Provider, SubscriptionNews
from onmeet.billing.subscriptions import Subscriptions
from onmeet.db import Database
from onmeet.mail.queue import enqueue
from onmeet.notices.marks import mark

__all__ = ["Webhooks"]

_CUSTOMER_GONE = "customer.deleted"
_TRIAL_ENDING = "customer.subscription.trial_will_end"


class Webhooks:
    """The service. key: makes marks."""

    def __init__(
        self,
        database: Database,
        provider: Provider,
        customers: Customers,
        subscriptions: Subscriptions,
        invoices: Invoices,
        *,
        key: bytes,
    ) -> None:
        self._database = database
        self._provider = provider
        self._customers = customers
        self._subscriptions = subscriptions
        self._invoices = invoices
        self._key = key

    def take(self, body: bytes, signature: str, now: datetime) -> bool:
        """A message as it came. Raises `BadSignature`, and `ProviderError` when it ought to come again."""
        event = self._provider.read_webhook(body, signature)
        return event is not None and self.handle(event, now)

    def handle(self, event: Event, now: datetime) -> bool:
        """Act upon an event at `now`; False when that was done before, or it is about nobody here."""
        name = mark(self._key, "billing event", event.id)
        with self._database.reading() as session:
            if session.get(BillingEvent, name) is not None:
                return False
        payer = self._customers.payer(event.customer)
        if payer is None:
            return False
        if event.kind == _CUSTOMER_GONE:
            self._subscriptions.lost(payer, now)
            return True
        try:
            news = self._subscriptions.gather(event.customer)
            invoice = self._provider.invoice(event.object_id) if event.kind.startswith("invoice.") else None
        except NoSuch:
            self._subscriptions.lost(payer, now)
            return True
        with self._database.writing() as session:
            self._customers.hold(session, payer)
            if session.get(BillingEvent, name) is not None:
                return False
            session.add(BillingEvent(name=name, seen=int(now.timestamp())))
            self._subscriptions.settle(session, payer, news, now)
            if invoice is not None:
                self._invoices.record(session, payer, invoice)
            if event.kind == _TRIAL_ENDING:
                _tell_of_end(session, payer, news, event.object_id, now)
        return True


def _tell_of_end(
    session: Session, payer: Payer, news: list[SubscriptionNews], subscription: str, now: datetime
) -> None:
    """A trial ends soon; not told when it has ended by now, or something is paid for already."""
    ending = next((one for one in news if one.id == subscription and one.state == "trialing"), None)
    person = person_of(session, payer)
    if ending is None or ending.trial_ends is None or person is None or ending.trial_ends <= now.timestamp():
        return
    day = datetime.fromtimestamp(ending.trial_ends, UTC).date()
    enqueue(session, "trial-ending", now, account=person, about=day.isoformat())
