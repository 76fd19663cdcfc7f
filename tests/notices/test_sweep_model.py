"""The sweep does exactly what `retention` says of each value, for notices and rows at random."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from onmeet.db import Base, Database
from onmeet.meetings.reporting import ABOUT_CALLS
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy
from onmeet.notices.retention import goes_at
from onmeet.notices.sweep import Sweep
from tests.notices.sweeping import Rows, opened, policy

COLUMNS = {"meeting.participants": "name", "meeting.ip": "ip", "meeting.device": "device"}

days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
terms = st.builds(
    Term,
    event=st.sampled_from(["call_end", "contract_end"]),
    years=st.integers(0, 2),
    months=st.integers(0, 14),
    days=st.integers(0, 40),
    round_up=st.sampled_from(["", "month", "year"]),
)


@st.composite
def items(draw: st.DrawFn) -> tuple[Item, ...]:
    """For some of the categories an item, of several terms; for the others none."""
    chosen = draw(st.sets(st.sampled_from(sorted(COLUMNS))))
    return tuple(
        Item(
            category, "ServiceProvision", "Contract",
            terms=(Term("call_end", years=draw(st.integers(0, 3))), *draw(st.lists(terms, max_size=2))),
        )
        for category in sorted(chosen)
    )  # fmt: skip


rows = st.fixed_dictionaries(
    {
        "name": st.sampled_from([None, "Ada"]),
        "ip": st.sampled_from([None, "203.0.113.7"]),
        "device": st.sampled_from([None, "Firefox"]),
        "ended_on": st.none() | days,
        "closed_on": st.none() | days,
    }
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder: Path = tmp_path_factory.mktemp("model")
    return opened(f"sqlite:///{folder}/onmeet.db", folder)


def expected(under: Policy, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What is left of a row by the model: each value until its time."""
    left = {}
    for category, column in COLUMNS.items():
        item = under.item(category)
        gone = item is None or not under.stores(*ABOUT_CALLS)
        if item is not None and not gone:
            ends = goes_at(item, {"call_end": row["ended_on"], "contract_end": row["closed_on"]})
            gone = ends is not None and ends <= now
        left[column] = None if gone else row[column]
    return left


@pytest.mark.promise("N3.3", "N1.2")
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(permitted=items(), given_rows=st.lists(rows, min_size=1, max_size=6), today=days, fresh=st.booleans())
def test_each_value_is_there_until_its_time_and_not_after(
    database: Database,
    permitted: tuple[Item, ...],
    given_rows: list[dict[str, Any]],
    today: date,
    fresh: bool,
):
    """Over random times each value is there until its time, and not after."""
    under = policy(*permitted)
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    put = Rows(database)
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
    made: dict[int, dict[str, Any]] = {}
    for row in given_rows:
        owner = put.add("accounts", name="Ada", closed_on=row["closed_on"])
        record = put.add("meeting_records", ended_on=row["ended_on"])
        values = {column: row[column] for column in COLUMNS.values()}
        number = put.add(
            "participations", record_id=record, account_id=owner, ended_on=row["ended_on"], **values
        )
        made[number] = row
    if fresh:
        Sweep(database, under).run(now, fresh=True)
    Sweep(database, under).run(now)
    left = {row[0]: row[1:] for row in put.all("participations", "id", *COLUMNS.values())}
    for number, row in made.items():
        wanted = expected(under, row, now)
        if any(wanted.values()) or row["ended_on"] is None:
            assert left[number] == tuple(wanted.values())
        else:
            assert number not in left
    assert Sweep(database, under).run(now + timedelta(seconds=1)).counts == {}
