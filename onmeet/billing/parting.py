"""Who goes here goes at the payment provider, too: what is subscribed to ends, the customer is deleted.

An account may end in many ways: its owner deletes it, nobody uses it, the operator closes it, a group is
dissolved, a crash comes in between. So nothing has to remember to do this: whatever is registered at the
provider and belongs to nobody any more is deleted there, tried again until it is done.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select

from onmeet.accounts.models import Account
from onmeet.billing import sealing
from onmeet.billing.invoices import Invoices
from onmeet.billing.models import Customer, Registration, Subscription
from onmeet.billing.payers import Payer
from onmeet.billing.provider import InvoiceNews, NoSuch, Provider
from onmeet.billing.states import LIVE
from onmeet.db import Database

__all__ = ["Parting"]

SOME = 100

log = structlog.get_logger()


class Parting:
    """The service. secret_key: opens registrations (`Config.secret_key`)."""

    def __init__(
        self, database: Database, provider: Provider, invoices: Invoices, *, secret_key: str
    ) -> None:
        self._database = database
        self._provider = provider
        self._invoices = invoices
        self._secret_key = secret_key

    def run(self, now: datetime) -> int:
        """Delete customers whose payer has gone; how many. Raises `ProviderError` to be run again."""
        with self._database.reading() as session:
            some = session.scalars(select(Registration).where(_left()).limit(SOME)).all()
        for registration in some:
            self._part(registration, now)
        return len(some)

    def waiting(self) -> int:
        """How many customers are still to be deleted at the provider."""
        with self._database.reading() as session:
            return session.scalar(select(func.count()).select_from(Registration).where(_left())) or 0

    def _part(self, registration: Registration, now: datetime) -> None:
        customer = sealing.opened(self._secret_key, registration.sealed)
        if customer is None:
            log.error("a customer at the payment provider is to be deleted there by hand")
        else:
            paid = self._paid(customer)
            self._provider.forget(customer)
            self._keep(registration.mark, paid)
        with self._database.writing() as session:
            found = session.scalar(select(Customer).where(Customer.mark == registration.mark))
            if found is not None:
                payer = Payer(found.account_id, found.group_id)
                theirs = payer.owns(Subscription.account_id, Subscription.group_id)
                for row in session.scalars(select(Subscription).where(theirs)):
                    if row.state in LIVE:  # states may be sealed in the database: compared here
                        row.state, row.ends = "cancelled", int(now.timestamp())
                session.delete(found)
            session.execute(delete(Registration).where(Registration.id == registration.id))

    def _paid(self, customer: str) -> list[InvoiceNews]:
        """What was paid last: its message may still have been under way when the payer went."""
        try:
            return self._provider.invoices(customer)
        except NoSuch:
            return []

    def _keep(self, found_by: str, paid: list[InvoiceNews]) -> None:
        with self._database.writing() as session:
            found = session.scalar(select(Customer).where(Customer.mark == found_by))
            payer = Payer(found.account_id, found.group_id) if found is not None else Payer()
            for news in paid:
                self._invoices.record(session, payer, news)


def _left() -> ColumnElement[bool]:
    """SQL: no open account, and no group, is this customer."""
    there = and_(Account.id == Customer.account_id, Account.closed_on.is_(None), Account.erasing.is_(False))
    stays = or_(Customer.group_id.is_not(None), exists().where(there))
    return ~exists().where(Customer.mark == Registration.mark, stays)
