"""Who pays: an account, or a group; and which customer of the provider that is.

A customer is written down twice. `Customer` is what the notice lets us keep of an account, and goes with it.
`Registration` only serves to delete the customer at the provider afterwards: see `onmeet.billing.parting`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from onmeet.accounts.models import Account
from onmeet.billing import sealing
from onmeet.billing.models import Customer, Registration
from onmeet.billing.provider import Provider
from onmeet.db import Database
from onmeet.groups.models import GroupMember
from onmeet.notices.marks import mark

__all__ = ["Customers", "Payer", "person_of"]


@dataclass(frozen=True, slots=True)
class Payer:
    """An account, or a group; never both."""

    account_id: int | None = None
    group_id: int | None = None

    def owns(
        self, account: InstrumentedAttribute[int | None], group: InstrumentedAttribute[int | None]
    ) -> ColumnElement[bool]:
        """SQL: a row is this payer's."""
        return and_(account == self.account_id, group == self.group_id)


class Customers:
    """Payers as customers of the provider. key: makes marks; secret_key: seals registrations."""

    def __init__(self, database: Database, provider: Provider, *, key: bytes, secret_key: str) -> None:
        self._database = database
        self._provider = provider
        self._key = key
        self._secret_key = secret_key

    def known(self, payer: Payer) -> str | None:
        """The customer of a payer, None where there is none yet."""
        with self._database.reading() as session:
            query = select(Customer).where(payer.owns(Customer.account_id, Customer.group_id))
            found = session.scalar(query)
        return found.provider_id if found is not None else None

    def of(self, payer: Payer, language: str, now: datetime) -> str:
        """The customer of a payer, registered at the provider if need be. Raises `ProviderError`."""
        if (known := self.known(payer)) is not None:
            return known
        made = self._provider.customer(secrets.token_hex(16), language)
        try:
            self._write_down(payer, made, now)
        except IntegrityError:  # somebody pressed twice
            self._provider.forget(made)
            return self.known(payer) or made
        return made

    def payer(self, customer: str) -> Payer | None:
        """Whose customer that is, None for one of somebody else's business."""
        with self._database.reading() as session:
            found = session.scalar(select(Customer).where(Customer.mark == self.mark(customer)))
        return Payer(found.account_id, found.group_id) if found is not None else None

    def everybody(self) -> list[tuple[Payer, str]]:
        """All payers that are registered."""
        with self._database.reading() as session:
            rows = session.scalars(select(Customer).order_by(Customer.id)).all()
        return [(Payer(row.account_id, row.group_id), row.provider_id) for row in rows if row.provider_id]

    def hold(self, session: Session, payer: Payer) -> None:
        """One transaction at a time writes about a payer: others wait until this one has ended."""
        mine = payer.owns(Customer.account_id, Customer.group_id)
        session.scalar(select(Customer.id).where(mine).with_for_update())

    def drop(self, session: Session, payer: Payer) -> None:
        """The provider has deleted the customer: the next payment registers another one."""
        session.execute(delete(Customer).where(payer.owns(Customer.account_id, Customer.group_id)))

    def mark(self, customer: str) -> str:
        """By which mark a customer's rows are found."""
        return mark(self._key, "customer", customer)

    def _write_down(self, payer: Payer, customer: str, now: datetime) -> None:
        found_by = self.mark(customer)
        with self._database.writing() as session:
            session.add(
                Customer(
                    account_id=payer.account_id,
                    group_id=payer.group_id,
                    mark=found_by,
                    provider_id=customer,
                )
            )
            sealed = sealing.seal(self._secret_key, customer)
            session.add(Registration(mark=found_by, sealed=sealed, since=int(now.timestamp())))


def person_of(session: Session, payer: Payer) -> int | None:
    """The account to write to: the payer's own, or that of the group's owner."""
    if payer.account_id is not None:
        return session.scalar(select(Account.id).where(Account.id == payer.account_id))
    owner = select(GroupMember.account_id).where(
        GroupMember.group_id == payer.group_id, GroupMember.role == "owner"
    )
    return session.scalar(owner)
