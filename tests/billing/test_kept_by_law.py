"""What stays of a payer who leaves: paid invoices, as long as the law of their country says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from sqlalchemy import func, select

from onmeet.accounts.models import Account
from onmeet.billing.models import Customer, Invoice, Registration, Subscription
from onmeet.billing.payers import Payer
from onmeet.db import Base
from onmeet.groups.models import Group
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.running import audit
from onmeet.notices.census import census
from onmeet.notices.keys import open_key_store
from onmeet.notices.sweep import Sweep
from tests.billing.test_subscriptions import subscribe
from tests.factories.paying import Shop

EMAIL = "quillfeather@example.org"


def rows(shop: Shop, model: Any) -> int:
    with shop.house.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def year_of_the_invoice(shop: Shop) -> int:
    with shop.house.services.database.reading() as session:
        issued = session.scalars(select(Invoice.issued_on)).one()
    assert issued is not None
    return issued.year


def sweep(shop: Shop, at: datetime) -> None:
    behind = shop.house.services
    Sweep(behind.database, behind.policy, open_key_store(behind.config)).run(at)


def leave(shop: Shop, country: str) -> tuple[str, str, str]:
    """Subscribe, pay, and delete the account: names of customer and subscription, number of the invoice."""
    payer = Payer(account_id=shop.account(EMAIL, country="FR"))
    subscribe(shop, payer, country=country)
    shop.deliver_all()
    (invoice,) = shop.payments.invoices.of(payer)
    customer = shop.payments.customers.known(payer) or ""
    (subscription,) = shop.truth(customer)
    erased = shop.house.services.erasure.account(payer.account_id or 0, shop.now)
    assert [stay.category for stay in erased.stays] == ["billing.invoice"]
    shop.payments.parting.run(shop.now)
    return customer, subscription.id, invoice.number


@pytest.mark.promise("N1.3", "N1.6", "N1.14", "N2.6", "N2.10", "N3.3", "N4.3")
@pytest.mark.parametrize(
    ("notice", "country", "years", "whole", "thorough"),
    [
        ("on-meet", "DE", 8, True, True),
        ("on-meet", "CA", 6, True, False),
        ("meetingsphere", "DE", 10, True, True),
        ("meetingsphere", "US", 7, False, False),
        ("easymeet24", "US", 8, True, False),
        ("web1on1", "NL", 7, True, False),
    ],
)
def test_only_invoices_stay_and_only_as_long_as_the_law_says(
    build_shop: Any, notice: str, country: str, years: int, whole: bool, thorough: bool
) -> None:
    """`thorough`: personal text is sealed in the tables, and the whole data folder is searched."""
    shop: Shop = build_shop(notice=notice, seal="always" if thorough else "auto")
    behind = shop.house.services
    customer, subscription, number = leave(shop, country)
    for model in (Customer, Subscription, Registration):
        assert rows(shop, model) == 0
    assert rows(shop, Invoice) == 1
    with behind.database.reading() as session:
        kept = session.scalars(select(Invoice)).one()
        assert (kept.number, kept.country, kept.cents) == (number, country, 690)
        account = session.scalars(select(Account)).one()
        assert (account.email, account.country, account.name) == (None, None, None)
    issued = kept.issued_on
    assert issued is not None
    if thorough:
        gone = Canaries((EMAIL, customer, subscription))
        report = audit(behind.config, behind.database, behind.policy, shop.now, canaries=gone)
        assert report.clean, report.as_json()
    last = (
        datetime(issued.year + years + 1, 1, 1, tzinfo=UTC)
        if whole
        else datetime(issued.year, issued.month, issued.day, tzinfo=UTC) + relativedelta(years=years)
    )
    with behind.database.reading() as session:
        counted = census(session, Base.metadata, behind.policy, shop.now)
    (ends,) = [each.next_goes for each in counted if each.table == "invoices" and each.count]
    assert ends == last, "the page of what is held names another day"
    sweep(shop, last - timedelta(seconds=1))
    assert rows(shop, Invoice) == 1
    if thorough:  # German invoices are not over when those of other countries are
        report = audit(behind.config, behind.database, behind.policy, last - timedelta(seconds=1))
        assert report.clean, report.as_json()
    sweep(shop, last)
    assert rows(shop, Invoice) == 0
    sweep(shop, last)
    assert rows(shop, Account) == 0


def test_while_the_account_lives_its_owner_sees_until_when_an_invoice_stays(shop: Shop) -> None:
    payer = Payer(account_id=shop.account(EMAIL, country="FR"))
    subscribe(shop, payer, country="DE")
    shop.deliver_all()
    (stay,) = shop.house.services.erasure.stays(payer.account_id or 0, shop.now)
    assert stay.until is not None
    assert stay.until.year == year_of_the_invoice(shop) + 9


@pytest.mark.promise("N1.14")
def test_an_invoice_of_a_group_stays_when_the_group_goes(shop: Shop) -> None:
    behind = shop.house.services
    with behind.database.writing() as session:
        group = Group(name="Example School", seats=None)
        session.add(group)
        session.flush()
        payer = Payer(group_id=group.id)
    page = shop.payments.subscriptions.checkout(
        payer, shop.price("group"), back="https://x.example", language="", now=shop.now, seats=3
    )
    shop.pay(page, country="CA")
    shop.deliver_all()
    with behind.database.writing() as session:
        session.delete(session.get(Group, payer.group_id))
    sweep(shop, shop.now)
    assert (rows(shop, Invoice), rows(shop, Subscription), rows(shop, Customer)) == (1, 0, 0)
    assert shop.payments.parting.run(shop.now) == 1
    year = year_of_the_invoice(shop)
    sweep(shop, datetime(year + 6, 12, 31, tzinfo=UTC))
    assert rows(shop, Invoice) == 1
    sweep(shop, datetime(year + 7, 1, 1, tzinfo=UTC))
    assert rows(shop, Invoice) == 0
