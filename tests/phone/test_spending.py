"""What calls cost is added up by month, by several writers at once, and forgotten after a year."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from onmeet.phone.models import SpentMonth
from onmeet.phone.spending import Spending
from tests.factories.house import House, build_house, empty_database, house
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["build_house", "empty_database", "house", "migrated", "new_database", "postgres"]


def test_months_are_added_up_apart(house: House) -> None:
    spending = Spending(house.services.database)
    assert spending.spent(date(2026, 3, 31)) == 0
    spending.add(1500, date(2026, 3, 1))
    spending.add(2500, date(2026, 3, 31))
    spending.add(7, date(2026, 4, 1))
    assert spending.spent(date(2026, 3, 15)) == 4000
    assert spending.spent(date(2026, 4, 15)) == 7


def test_sums_older_than_a_year_go(house: House) -> None:
    spending = Spending(house.services.database)
    for month in (date(2025, 2, 1), date(2025, 3, 1), date(2026, 3, 20)):
        spending.add(1, month)
    with house.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SpentMonth)) == 2
    assert spending.spent(date(2025, 2, 1)) == 0
