"""Accounts that nobody uses: warned first, closed later, spared by signing in (N1.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from onmeet.db import Base, Database
from onmeet.notices.holds import Holds
from onmeet.notices.inactivity import Inactivity
from onmeet.notices.notice import Term
from onmeet.notices.sweep import Sweep
from tests.factories.postgres import postgres
from tests.notices.sweeping import CLOSED, NOW, TODAY, Rows, database, item, policy, rows

__all__ = ["database", "postgres", "rows"]

TWO_YEARS = Term("last_activity", years=2, warn_days=30)
LAST_SEEN = date(2026, 4, 10)  # closed on 2028-04-10, warned from 2028-03-11

USED = policy(
    item("account.name", CLOSED, TWO_YEARS),
    item("account.times", CLOSED, TWO_YEARS),
    item("meeting.topic", CLOSED),
)


class Post:
    """Remembers who was told what."""

    def __init__(self) -> None:
        self.warned: dict[int, date] = {}
        self.mails: list[int] = []
        self.closed: list[int] = []

    def warn(self, _session: Session, ends: Mapping[int, date]) -> None:
        self.warned |= ends
        self.mails.extend(ends)

    def close(self, _session: Session, accounts: Sequence[int]) -> None:
        self.closed += accounts


@pytest.fixture
def post() -> Post:
    return Post()


def at(day: date) -> datetime:
    return datetime.combine(day, NOW.timetz())


@pytest.mark.promise("N1.13")
def test_who_has_not_been_here_for_long_is_warned_twice_with_the_day(
    database: Database, rows: Rows, post: Post
):
    """Whoever has not been here for long is warned thirty days and seven days before the end."""
    idle = rows.add("accounts", name="Ada", last_seen_on=LAST_SEEN)
    rows.add("accounts", name="Grace", last_seen_on=date(2026, 6, 1))
    rows.add("accounts", name="Emmy", last_seen_on=LAST_SEEN, closed_on=TODAY)
    inactivity = Inactivity(database, USED)
    assert inactivity.warn(at(date(2028, 3, 10)), post.warn) == 0
    assert inactivity.warn(at(date(2028, 3, 11)), post.warn) == 1
    assert post.warned == {idle: date(2028, 4, 10)}
    assert inactivity.warn(at(date(2028, 3, 12)), post.warn) == 0
    assert inactivity.warn(at(date(2028, 4, 2)), post.warn) == 0
    assert inactivity.warn(at(date(2028, 4, 3)), post.warn) == 1
    assert post.warned == {idle: date(2028, 4, 10)}
    assert inactivity.warn(at(date(2028, 4, 10)), post.warn) == 0
    assert post.mails == [idle, idle]
    assert inactivity.close(at(date(2028, 4, 9)), post.close) == 0
    assert inactivity.close(at(date(2028, 4, 10)), post.close) == 1


@pytest.mark.promise("N1.13")
def test_without_the_second_warning_no_account_is_closed(database: Database, rows: Rows, post: Post):
    """A server that was away when the second warning was due sends it late, and closes later still."""
    rows.add("accounts", name="Ada", last_seen_on=LAST_SEEN, warned_on=date(2028, 3, 11))
    inactivity = Inactivity(database, USED)
    late = date(2028, 4, 20)
    assert inactivity.close(at(late), post.close) == 0
    assert Sweep(database, USED).run(at(late)).counts == {}
    assert inactivity.warn(at(late), post.warn) == 1
    assert list(post.warned.values()) == [late + timedelta(days=7)]
    assert inactivity.close(at(late + timedelta(days=6)), post.close) == 0
    assert inactivity.close(at(late + timedelta(days=7)), post.close) == 1


@pytest.mark.promise("N1.13")
def test_an_account_is_closed_only_when_its_warning_is_old_enough(database: Database, rows: Rows, post: Post):
    """An inactive account is closed only when its warning is old enough."""
    late = date(2028, 9, 1)  # the server was away: the warning comes late, and so does the end
    idle = rows.add("accounts", name="Ada", last_seen_on=LAST_SEEN)
    rows.add("meetings", owner_id=idle, title="Budget")
    inactivity = Inactivity(database, USED)
    assert inactivity.close(at(late), post.close) == 0
    inactivity.warn(at(late), post.warn)
    assert post.warned == {idle: late + timedelta(days=30)}
    assert inactivity.warn(at(late + timedelta(days=23)), post.warn) == 1
    assert inactivity.close(at(late + timedelta(days=29)), post.close) == 0
    assert Sweep(database, USED).run(at(late + timedelta(days=29))).counts == {}
    assert inactivity.close(at(late + timedelta(days=30)), post.close) == 1
    assert post.closed == [idle]
    Sweep(database, USED).run(at(late + timedelta(days=30)))
    assert rows.all("accounts") == rows.all("meetings") == []


@pytest.mark.promise("N1.13")
def test_signing_in_after_the_warning_keeps_the_account(database: Database, rows: Rows, post: Post):
    """Signing in after the warning keeps the account."""
    idle = rows.add("accounts", name="Ada", last_seen_on=LAST_SEEN, warned_on=date(2028, 3, 11))
    Inactivity(database, USED).warn(at(date(2028, 4, 3)), post.warn)
    _sign_in(database, idle, date(2028, 4, 5))
    inactivity = Inactivity(database, USED)
    assert inactivity.close(at(date(2028, 5, 1)), post.close) == 0
    assert Sweep(database, USED).run(at(date(2028, 5, 1))).counts == {}
    assert inactivity.warn(at(date(2030, 3, 6)), post.warn) == 1


@pytest.mark.promise("N1.14")
def test_an_account_under_a_hold_is_neither_warned_nor_closed(database: Database, rows: Rows, post: Post):
    """An account that a court has frozen is neither warned nor closed."""
    idle = rows.add("accounts", name="Ada", last_seen_on=LAST_SEEN, warned_on=date(2028, 3, 11))
    Holds(database).add("court order 12/34", NOW, account_id=idle)
    assert Inactivity(database, USED).close(at(date(2028, 6, 1)), post.close) == 0
    assert rows.all("accounts", "closed_on") == [None]


def test_many_accounts_are_dealt_with_in_several_transactions(database: Database, rows: Rows, post: Post):
    for _ in range(401):
        rows.add("accounts", name="Ada", last_seen_on=LAST_SEEN)
    inactivity = Inactivity(database, USED)
    assert inactivity.warn(NOW, post.warn) == 401
    assert inactivity.warn(NOW + timedelta(days=23), post.warn) == 401
    assert inactivity.close(NOW + timedelta(days=40), post.close) == 401


def test_a_notice_without_such_a_term_closes_nobody(database: Database, rows: Rows, post: Post):
    rows.add("accounts", name="Ada", last_seen_on=date(1990, 1, 1))
    without = Inactivity(database, policy())
    assert without.warn(NOW, post.warn) == without.close(NOW, post.close) == 0


def test_a_warning_longer_than_the_term_ends(database: Database, rows: Rows, post: Post):
    short = Term("last_activity", days=5, warn_days=30)
    rows.add("accounts", name="Ada", last_seen_on=TODAY)
    strange = Inactivity(database, policy(item("account.name", short)))
    assert strange.warn(NOW, post.warn) == 0
    assert strange.warn(NOW + timedelta(days=1), post.warn) == 1


def _sign_in(database: Database, account: int, day: date) -> None:
    accounts: Any = Base.metadata.tables["accounts"]
    with database.writing() as session:
        session.execute(accounts.update().where(accounts.c.id == account).values(last_seen_on=day))
