"""Which limits somebody has: the free plan, their own, a seat in a group, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from onmeet.billing.entitlements import Entitlements, Limits, PlanLimits
from onmeet.billing.models import Subscription
from onmeet.db import Database
from onmeet.groups.models import Group, GroupMember
from tests.factories.house import House

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
DAY = 86_400

FREE = Limits(participants=5, minutes_a_month=600, telephone=False, dial_out=False, meetings=10)
PERSONAL = Limits(participants=40, telephone=True, dial_out=False, meetings=100)
TEAM = Limits(participants=30, telephone=True, dial_out=True, meetings=200)
PLANS = PlanLimits(FREE, {"personal": PERSONAL, "team": TEAM})


def account(house: House, email: str) -> int:
    """The number of a new account."""
    house.member(email)
    person = house.services.accounts.id_of(email)
    assert person is not None
    return person


def subscribe(database: Database, **values: Any) -> None:
    with database.writing() as session:
        number = session.query(Subscription).count()
        session.add(Subscription(mark=f"{number:064}", **{"plan": "personal", "state": "active", **values}))


def group(database: Database, *members: int, seats: int | None = None) -> int:
    with database.writing() as session:
        made = Group(name="School", seats=seats)
        session.add(made)
        session.flush()
        for member in members:
            session.add(GroupMember(group_id=made.id, account_id=member, role="member"))
            session.flush()
        return made.id


@pytest.fixture
def entitlements(house: House) -> Entitlements:
    return Entitlements(house.services.database, PLANS, participants=50)


def test_everybody_has_everything_where_nothing_is_sold(house: House) -> None:
    unsold = Entitlements(house.services.database, None, participants=50)
    assert unsold.of(None, NOW) == Limits(participants=50)
    assert not unsold.sold


def test_a_visitor_and_an_account_without_a_subscription_have_the_free_plan(
    house: House, entitlements: Entitlements
) -> None:
    assert entitlements.of(None, NOW) == FREE
    assert entitlements.of(account(house, "ada@example.org"), NOW) == FREE


def test_no_plan_makes_a_meeting_larger_than_the_server_takes(house: House) -> None:
    small = Entitlements(house.services.database, PLANS, participants=3)
    assert small.of(None, NOW).participants == 3


@pytest.mark.parametrize(
    ("values", "plan"),
    [
        ({"state": "active"}, PERSONAL),
        ({"state": "active", "period_ends": AT - DAY}, PERSONAL),
        ({"state": "active", "ends": AT + 1}, PERSONAL),
        ({"state": "active", "ends": AT}, FREE),
        ({"state": "trialing", "trial_ends": AT + DAY}, PERSONAL),
        ({"state": "trialing", "trial_ends": AT - 60}, PERSONAL),
        ({"state": "trialing", "trial_ends": AT - 2 * DAY}, FREE),
        ({"state": "trialing"}, FREE),
        ({"state": "past_due", "period_ends": AT + DAY}, PERSONAL),
        ({"state": "past_due", "period_ends": AT - DAY}, FREE),
        ({"state": "unpaid", "period_ends": AT + DAY}, FREE),
        ({"state": "cancelled", "period_ends": AT + DAY}, FREE),
        ({"state": "active", "plan": "no longer sold"}, FREE),
    ],
)
def test_a_subscription_is_worth_its_plan_while_it_is_paid_or_tried(
    house: House, entitlements: Entitlements, values: dict[str, Any], plan: Limits
) -> None:
    ada = account(house, "ada@example.org")
    subscribe(house.services.database, account_id=ada, **values)
    assert entitlements.of(ada, NOW) == plan
    assert entitlements.of(account(house, "bob@example.org"), NOW) == FREE


def test_a_seat_in_a_group_brings_the_groups_plan(house: House, entitlements: Entitlements) -> None:
    ada, bob = account(house, "ada@example.org"), account(house, "bob@example.org")
    school = group(house.services.database, ada)
    subscribe(house.services.database, group_id=school, plan="team", seats=5)
    assert entitlements.of(ada, NOW) == TEAM
    assert entitlements.of(bob, NOW) == FREE


def test_whoever_came_first_keeps_the_seat_when_there_are_fewer(
    house: House, entitlements: Entitlements
) -> None:
    people = [account(house, f"{name}@example.org") for name in ("ada", "bob", "cleo")]
    school = group(house.services.database, *people, seats=3)
    subscribe(house.services.database, group_id=school, plan="team", seats=2)
    assert [entitlements.of(person, NOW) for person in people] == [TEAM, TEAM, FREE]


def test_two_plans_add_up_to_the_best_of_each(house: House, entitlements: Entitlements) -> None:
    ada = account(house, "ada@example.org")
    subscribe(house.services.database, account_id=ada)
    subscribe(house.services.database, group_id=group(house.services.database, ada), plan="team")
    assert entitlements.of(ada, NOW) == Limits(participants=40, telephone=True, dial_out=True, meetings=200)


def test_the_payer_of_a_group_without_a_seat_has_no_plan_of_it(
    house: House, entitlements: Entitlements
) -> None:
    ada = account(house, "ada@example.org")
    school = group(house.services.database)
    subscribe(house.services.database, account_id=ada, group_id=school, plan="team")
    assert entitlements.of(ada, NOW) == FREE
