"""Invoices that were paid: kept as long as the law of the invoice's country demands, and no longer.

An invoice stays when the account goes (`legal_duty` of `billing.invoice` in the notice), with the country
that stands on it, because that of the account is gone by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.billing.models import Invoice
from onmeet.billing.payers import Payer, person_of
from onmeet.billing.provider import InvoiceNews
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = ["Invoices", "PaidInvoice"]


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """An invoice as a page shows it. cents: hundredths of `currency` (ISO 4217)."""

    number: str
    issued_on: date
    cents: int
    currency: str
    plan: str


class Invoices:
    """The service. key: makes marks."""

    def __init__(self, database: Database, *, key: bytes) -> None:
        self._database = database
        self._key = key

    def of(self, payer: Payer) -> list[PaidInvoice]:
        """What a payer has paid, the newest first."""
        query = select(Invoice).where(payer.owns(Invoice.account_id, Invoice.group_id))
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(Invoice.issued_on.desc(), Invoice.id.desc())).all()
        return [
            PaidInvoice(row.number or "", row.issued_on, row.cents or 0, row.currency or "", row.plan or "")
            for row in rows
            if row.issued_on is not None
        ]

    def record(self, session: Session, payer: Payer, news: InvoiceNews) -> bool:
        """Keep an invoice that was paid, once; False when there is nothing to keep. Trials cost nothing."""
        found_by = mark(self._key, "invoice", news.id)
        if not news.paid or news.cents <= 0:
            return False
        if session.scalar(select(Invoice.id).where(Invoice.mark == found_by)) is not None:
            return False
        session.add(
            Invoice(
                account_id=payer.account_id,
                group_id=payer.group_id,
                mark=found_by,
                provider_id=news.id,
                number=news.number,
                issued_on=news.issued_on,
                cents=news.cents,
                currency=news.currency,
                country=(news.country or _country(session, payer)).upper() or None,
                plan=news.plan,
            )
        )
        session.flush()
        return True


def _country(session: Session, payer: Payer) -> str:
    """Where the provider does not say it: the country that the person has told us."""
    person = person_of(session, payer)
    return (session.scalar(select(Account.country).where(Account.id == person)) or "") if person else ""
