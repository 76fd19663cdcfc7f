"""Minutes are added up for the present month, once each, and for plans alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from onmeet.billing.limits import Limits
from onmeet.billing.models import UsedMonth
from onmeet.billing.usage import Usage
from onmeet.meetings.reports import Delivery, Ended, Metered
from tests.factories.house import House

JULY = datetime(2026, 7, 14, 12, tzinfo=UTC)
HOUR_OF_AUGUST = datetime(2026, 8, 1, 1, tzinfo=UTC)

TEN_MINUTES = Limits(participants=5, minutes_a_month=10)


def metered(seq: int, seconds: float, *, at: datetime = JULY, account: int = 1, run: str = "run") -> Delivery:
    return Delivery(run, seq, Metered("0" * 64, at.timestamp(), account, seconds))


def rows(house: House) -> int:
    with house.services.database.reading() as session:
        return session.scalar(select(func.count(UsedMonth.id))) or 0


@pytest.fixture
def usage(house: House) -> Usage:
    house.member()
    return Usage(house.services.database, house.services.policy)


def test_meetings_add_up_and_a_report_that_comes_again_does_not(usage: Usage) -> None:
    for delivery in (metered(3, 60), metered(5, 90.4), metered(5, 90.4), metered(3, 60)):
        usage.take(delivery)
    assert usage.seconds(1, JULY) == 150
    usage.take(metered(1, 10, run="the next relay"))
    assert usage.seconds(1, JULY) == 160


@pytest.mark.promise("N3.14")
def test_of_a_month_one_sum_stays_and_of_earlier_months_nothing(house: House, usage: Usage) -> None:
    """Of the minutes that a plan limits one sum is kept, that of the present month."""
    usage.take(metered(1, 600))
    usage.take(metered(2, 60))
    assert rows(house) == 1
    usage.take(metered(3, 7200, at=HOUR_OF_AUGUST))
    assert rows(house) == 1
    assert usage.seconds(1, JULY) == 0
    assert usage.seconds(1, HOUR_OF_AUGUST) == 3600, "what was in July counts for July"


def test_a_month_is_used_up_with_its_last_minute(usage: Usage) -> None:
    usage.take(metered(1, 599))
    assert not usage.used_up(1, TEN_MINUTES, JULY)
    usage.take(metered(2, 1))
    assert usage.used_up(1, TEN_MINUTES, JULY)
    assert not usage.used_up(1, TEN_MINUTES, HOUR_OF_AUGUST)
    assert not usage.used_up(1, Limits(participants=5), JULY)


@pytest.mark.parametrize(
    "delivery", [metered(1, 60, account=99), metered(1, 0), Delivery("run", 1, Ended("0" * 64, 1.0))]
)
def test_nothing_is_written_about_nobody(house: House, usage: Usage, delivery: Delivery) -> None:
    usage.take(delivery)
    assert rows(house) == 0


def test_a_notice_without_payment_counts_no_minutes(build_house: Any) -> None:
    house = build_house(notice="3cx-webmeeting")
    house.member()
    usage = Usage(house.services.database, house.services.policy)
    usage.take(metered(1, 6000))
    assert rows(house) == 0
    assert not usage.used_up(1, TEN_MINUTES, JULY)
