"""The sweep: what is due goes, what is not due stays, whatever happens in between."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, ForeignKey, MetaData, Table, Text, event, text

from onmeet.db import Base, Database
from onmeet.errors import ConfigError
from onmeet.notices.columns import kept, technical
from onmeet.notices.columns import rows as declare
from onmeet.notices.due import never_due, plans
from onmeet.notices.holds import Holds
from onmeet.notices.notice import Term
from onmeet.notices.sweep import Batch, Sweep
from tests.factories.postgres import postgres
from tests.notices.sweeping import (
    CLOSED,
    END_OF_CALL,
    NOW,
    TODAY,
    TWELVE_FULL_MONTHS,
    Rows,
    database,
    item,
    opened,
    policy,
    rows,
)

__all__ = ["database", "postgres", "rows"]

LONG_AGO = date(2020, 1, 1)


class Keys:
    """A store of keys in memory: the day on which each was made."""

    def __init__(self, *subjects: str) -> None:
        self.made = dict.fromkeys(subjects, TODAY - timedelta(days=1))

    def destroy(self, subjects: Iterable[str]) -> int:
        return sum(self.made.pop(subject, None) is not None for subject in subjects)

    def subjects(self, made_before: date | None = None) -> Iterator[str]:
        assert made_before is not None
        return iter([subject for subject, made in self.made.items() if made < made_before])


@pytest.mark.promise("N1.2", "N1.7")
def test_what_ends_with_the_call_is_gone_and_with_it_its_rows(database: Database, rows: Rows):
    """What may stay until the call's end is deleted when the call ends."""
    record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
    rows.add("participations", record_id=record, ended_on=TODAY, name="Ada")
    ends = policy(item("meeting.topic", END_OF_CALL), item("meeting.participants", END_OF_CALL))
    swept = Sweep(database, ends).run(NOW, fresh=True)
    assert swept.counts == {"meeting.participants": 1, "meeting.topic": 1}
    assert rows.all("participations") == rows.all("meeting_records") == []
    assert swept.clean


def test_a_meeting_that_lasts_keeps_everything(database: Database, rows: Rows):
    record = rows.add("meeting_records", title="Budget")
    rows.add("participations", record_id=record, name="Ada")
    rows.add("participations", record_id=record)
    ends = policy(item("meeting.topic", END_OF_CALL), item("meeting.participants", END_OF_CALL))
    assert Sweep(database, ends).run(NOW).counts == {}
    assert (rows.all("participations", "name"), rows.all("meeting_records", "title")) == (
        ["Ada", None], ["Budget"],
    )  # fmt: skip


@pytest.mark.promise("N3.3")
@pytest.mark.parametrize("fresh", [False, True])
def test_each_column_goes_at_its_own_time_and_the_row_with_the_last(
    database: Database, rows: Rows, fresh: bool
):
    """Each value goes at its own time, and an entry with its last value."""
    record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
    rows.add("participations", record_id=record, ended_on=TODAY, name="Ada", ip="203.0.113.7")
    both = policy(
        item("meeting.topic", TWELVE_FULL_MONTHS),
        item("meeting.participants", END_OF_CALL),
        item("meeting.ip", TWELVE_FULL_MONTHS),
    )
    assert Sweep(database, both).run(NOW, fresh=fresh).counts == {"meeting.participants": 1}
    assert rows.all("participations", "name", "ip") == [(None, "203.0.113.7")]
    last_moment = datetime(2029, 3, 31, 23, 59, 59, tzinfo=UTC)
    assert Sweep(database, both).run(last_moment).counts == {}
    assert Sweep(database, both).run(last_moment + timedelta(seconds=1)).counts == {
        "meeting.ip": 1,
        "meeting.topic": 1,
    }
    assert rows.all("participations") == rows.all("meeting_records") == []


def test_an_empty_parent_stays_for_as_long_as_its_children(database: Database, rows: Rows):
    record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
    rows.add("participations", record_id=record, ended_on=TODAY, ip="203.0.113.7")
    differing = policy(item("meeting.topic", END_OF_CALL), item("meeting.ip", TWELVE_FULL_MONTHS))
    Sweep(database, differing).run(NOW)
    assert rows.all("meeting_records", "title") == [None]
    assert rows.all("participations", "ip") == ["203.0.113.7"]


@pytest.mark.promise("N1.19")
def test_what_a_new_notice_no_longer_permits_goes_at_once(database: Database, rows: Rows):
    """What a new notice no longer permits is deleted when it takes effect."""
    rows.add("accounts", name="Ada", phone="+49 30 1234567", created_on=LONG_AGO)
    without_phone = Sweep(database, policy())
    assert without_phone.run(NOW).counts == {"account.phone": 1}
    assert rows.all("accounts", "name", "phone") == [("Ada", None)]
    transient = policy(item("account.name", transient=True))
    assert Sweep(database, transient).run(NOW).counts == {"account.name": 1}


@pytest.mark.promise("N3.4", "N1.14")
def test_an_account_goes_with_its_meetings_when_its_term_after_closing_is_over(
    database: Database, rows: Rows
):
    """A closed account goes with its meetings when its term is over."""
    closed = rows.add("accounts", name="Ada", email="ada@example.org", closed_on=date(2027, 6, 1))
    lasting = rows.add("accounts", name="Grace")
    rows.add("meetings", owner_id=closed, code="abc", title="Budget", created_on=LONG_AGO)
    rows.add("meetings", owner_id=lasting, code="def", title="Plan", created_on=LONG_AGO)
    year = Term("contract_end", years=1, round_up="year")
    categories = ("account.name", "account.email", "meeting.link", "meeting.topic", "meeting.times")
    sweep = Sweep(database, policy(*(item(category, year) for category in categories)))
    assert sweep.run(datetime(2028, 12, 31, 23, tzinfo=UTC)).counts == {}
    assert sweep.run(datetime(2029, 1, 1, tzinfo=UTC)).counts == {
        "account.email": 1, "account.name": 1, "meeting.link": 1, "meeting.times": 1, "meeting.topic": 1,
    }  # fmt: skip
    assert rows.all("accounts", "name") == ["Grace"]
    assert rows.all("meetings", "title") == ["Plan"]


@pytest.mark.promise("N2.6")
def test_terms_by_country_follow_the_country_of_the_account(database: Database, rows: Rows):
    """Terms that differ by country follow the country of the account."""
    by_country = [
        Term("contract_end", years=years, round_up="year", country=country)
        for country, years in (("US", 7), ("DE", 10))
    ]
    countries = policy(
        item("account.name", *by_country), item("account.country", Term("contract_end", years=99))
    )
    for name, country in (("Ada", "US"), ("Emmy", "DE"), ("Marie", "FR"), ("Jane", None)):
        rows.add("accounts", name=name, country=country, closed_on=date(2020, 5, 1))
    assert Sweep(database, countries).run(datetime(2027, 12, 31, tzinfo=UTC)).counts == {}
    Sweep(database, countries).run(datetime(2028, 1, 1, tzinfo=UTC))
    assert rows.all("accounts", "name") == [None, "Emmy", None]
    Sweep(database, countries).run(datetime(2031, 1, 1, tzinfo=UTC))
    assert rows.all("accounts", "name") == [None, None, None]


def test_a_second_run_finds_nothing_to_do(database: Database, rows: Rows):
    for _ in range(3):
        record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
        rows.add("participations", record_id=record, ended_on=TODAY, name="Ada", ip="203.0.113.7")
    partly = policy(item("meeting.ip", TWELVE_FULL_MONTHS))
    assert Sweep(database, partly).run(NOW).counts == {"meeting.participants": 3, "meeting.topic": 3}
    assert Sweep(database, partly).run(NOW).counts == {}
    assert Sweep(database, partly).run(NOW).rows == 0


def test_counts_are_written_down_by_category_and_nothing_else(database: Database, rows: Rows):
    for name in ("Ada", "Grace"):
        rows.add("accounts", name=name, email=f"{name}@example.org", closed_on=TODAY)
    Sweep(database, policy()).run(NOW)
    assert sorted(rows.all("sweep_counts", "category", "count")) == [
        ("account.email", 2),
        ("account.name", 2),
    ]
    Sweep(database, policy()).run(NOW)
    assert len(rows.all("sweep_counts")) == 2


def test_the_preview_says_what_would_go_and_changes_nothing(database: Database, rows: Rows):
    record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
    rows.add("participations", record_id=record, ended_on=TODAY, name="Ada", ip="203.0.113.7")
    kept_year = Sweep(
        database,
        policy(item("meeting.ip", TWELVE_FULL_MONTHS), item("meeting.participants", TWELVE_FULL_MONTHS)),
    )
    assert kept_year.preview(NOW) == {"meeting.topic": 1}
    assert kept_year.preview(NOW + timedelta(days=400)) == {
        "meeting.ip": 1, "meeting.participants": 1, "meeting.topic": 1,
    }  # fmt: skip
    assert rows.all("participations", "name", "ip") == [("Ada", "203.0.113.7")]
    assert rows.all("sweep_counts") == []


@pytest.mark.promise("N1.14")
class TestHolds:
    def test_nothing_of_a_held_category_goes(self, database: Database, rows: Rows):
        rows.add("accounts", name="Ada", email="ada@example.org", closed_on=TODAY)
        hold = Holds(database).add("court order 12/34", NOW, category="account.email")
        Sweep(database, policy()).run(NOW)
        assert rows.all("accounts", "name", "email") == [(None, "ada@example.org")]
        Holds(database).end(hold.id)
        Sweep(database, policy()).run(NOW)
        assert rows.all("accounts") == []

    def test_nothing_of_a_held_account_goes(self, database: Database, rows: Rows):
        held = rows.add("accounts", name="Ada", closed_on=TODAY)
        rows.add("accounts", name="Grace", closed_on=TODAY)
        rows.add("meetings", owner_id=held, title="Budget")
        Holds(database).add("court order 12/34", NOW, account_id=held)
        Sweep(database, policy()).run(NOW)
        assert rows.all("accounts", "name") == ["Ada"]
        assert rows.all("meetings", "title") == ["Budget"]

    def test_an_empty_row_of_a_held_account_stays_so_that_the_hold_does(self, database: Database, rows: Rows):
        held = rows.add("accounts", closed_on=TODAY)
        Holds(database).add("court order 12/34", NOW, account_id=held, category="account.email")
        Sweep(database, policy()).run(NOW)
        assert rows.all("accounts") == [held]

    def test_a_hold_on_everything_stops_the_sweep(self, database: Database, rows: Rows):
        rows.add("accounts", name="Ada", closed_on=TODAY)
        rows.add("security_events", on_day=LONG_AGO, kind="sign-in", ip="203.0.113.7")
        Holds(database).add("court order 12/34", NOW)
        assert Sweep(database, policy()).run(NOW).counts == {}
        assert rows.all("security_events", "ip") == ["203.0.113.7"]

    def test_a_hold_lapses_after_its_last_day(self, database: Database, rows: Rows):
        rows.add("accounts", name="Ada", closed_on=TODAY)
        Holds(database).add("court order 12/34", NOW, until=TODAY)
        sweep = Sweep(database, policy())
        sweep.run(NOW.replace(hour=23, minute=59))
        assert rows.all("accounts", "name") == ["Ada"]
        sweep.run(NOW + timedelta(days=1))
        assert rows.all("accounts") == []


def test_rows_about_nobody_lapse(database: Database, rows: Rows):
    account = rows.add("accounts", name="Ada")
    second = int(NOW.timestamp())
    with database.writing() as session:
        for token, expires in (("old", second - 1), ("now", second), ("new", second + 1)):
            session.execute(
                text(
                    "INSERT INTO sign_ins (token_hash, account_id, expires, name, strong, checked_at)"
                    " VALUES (:token, :account, :expires, :token, FALSE, 0)"
                ),
                {"token": token, "account": account, "expires": expires},
                execution_options={"onmeet_technical": True},
            )
    month, year = NOW - timedelta(days=30), NOW - timedelta(days=365)
    for at in (month, month + timedelta(seconds=1)):
        _add_receipt(database, at)
    for at in (year, year + timedelta(seconds=1)):
        _add_count(database, at)
    Sweep(database, policy()).run(NOW)
    assert rows.all("sign_ins", "token_hash") == ["new"]
    assert len(rows.all("receipts", "id")) == len(rows.all("sweep_counts", "id")) == 1


def _add_receipt(database: Database, at: datetime) -> None:
    with database.engine.begin() as connection:
        values = {"id": at.isoformat(), "at": at, "body": "{}", "signature": ""}
        connection.execute(Base.metadata.tables["receipts"].insert().values(values))


def _add_count(database: Database, at: datetime) -> None:
    with database.engine.begin() as connection:
        values = {"at": at, "category": "meeting.ip", "count": 1}
        connection.execute(Base.metadata.tables["sweep_counts"].insert().values(values))


class TestKeys:
    def test_the_key_of_a_person_of_whom_no_row_is_left_is_destroyed(self, database: Database, rows: Rows):
        closed = rows.add("accounts", name="Ada", closed_on=TODAY, subject="a" * 32)
        rows.add("accounts", name="Grace", subject="b" * 32)
        rows.add("meetings", owner_id=closed, subject="a" * 32, title="Budget")
        keys = Keys("a" * 32, "b" * 32)
        swept = Sweep(database, policy(), keys).run(NOW)
        assert (list(keys.made), swept.keys) == (["b" * 32], 1)

    def test_a_key_stays_while_another_row_needs_it(self, database: Database, rows: Rows):
        account = rows.add("accounts", name="Ada", subject="a" * 32)
        record = rows.add("meeting_records", ended_on=TODAY, account_id=account)
        rows.add("participations", record_id=record, ended_on=TODAY, name="Ada", subject="a" * 32)
        keys = Keys("a" * 32)
        Sweep(database, policy(), keys).run(NOW)
        assert rows.all("participations") == []
        assert list(keys.made) == ["a" * 32]

    def test_keys_left_by_a_sweep_that_was_killed_are_found_and_young_ones_spared(self, database: Database):
        keys = Keys(*(f"{number:032x}" for number in range(1200)))
        keys.made["young"] = TODAY
        Sweep(database, policy(), keys).run(NOW)
        assert list(keys.made) == ["young"]


def test_a_busy_reader_makes_the_result_not_clean_until_it_ends(tmp_path: Path):
    database = opened(f"sqlite:///{tmp_path}/onmeet.db", tmp_path)
    Rows(database).add("accounts", name="Ada Canary Lovelace", closed_on=TODAY)
    log = tmp_path / "onmeet.db-wal"
    with sqlite3.connect(tmp_path / "onmeet.db") as reader:
        reader.execute("BEGIN").execute("SELECT count(*) FROM accounts").fetchone()
        assert not Sweep(database, policy()).run(NOW).clean
        assert b"Canary" in log.read_bytes()
        reader.rollback()
    reader.close()
    assert Sweep(database, policy()).run(NOW).clean
    assert log.stat().st_size == 0
    assert b"Canary" not in (tmp_path / "onmeet.db").read_bytes()
    database.close()


def test_two_sweeps_at_once_delete_and_count_each_row_once(database: Database, rows: Rows):
    for _ in range(40):
        record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
        rows.add("participations", record_id=record, ended_on=TODAY, name="Ada")
    other = Sweep(database, policy())
    inner: list[Any] = []

    def run_the_other_in_between() -> None:
        if not inner:
            inner.append(None)
            inner.append(other.run(NOW))

    outer = Sweep(database, policy(), pause=run_the_other_in_between).run(NOW)
    assert inner[1].counts == {"meeting.participants": 40, "meeting.topic": 40}
    assert outer.counts == {}
    assert rows.all("participations") == rows.all("meeting_records") == []


@pytest.fixture
def often_collecting() -> Iterator[None]:
    """Python looks for garbage whenever it has made some objects."""
    usual = gc.get_threshold()
    gc.set_threshold(20, 1000, 1000)
    yield
    gc.set_threshold(*usual)


def test_garbage_is_collected_between_the_transactions_of_a_sweep(
    database: Database, rows: Rows, often_collecting: None
):
    rows.add("meeting_records", ended_on=TODAY, title="Budget")
    locked, collected = [False], {True: 0, False: 0}

    def begun(connection: Connection) -> None:
        locked[0] = bool(connection.get_execution_options().get("onmeet_writes"))

    def ended(_connection: Connection) -> None:
        locked[0] = False

    def collecting(phase: str, _info: dict[str, int]) -> None:
        collected[locked[0]] += phase == "start"

    event.listen(database.engine, "begin", begun)
    event.listen(database.engine, "commit", ended)
    gc.callbacks.append(collecting)
    try:
        assert Sweep(database, policy()).run(NOW).rows == 1
    finally:
        gc.callbacks.remove(collecting)
    assert collected[True] == 0
    assert collected[False]
    assert gc.isenabled()


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("after", range(1, 7))
def test_a_sweep_that_is_broken_off_is_finished_by_the_next(database: Database, rows: Rows, after: int):
    for number in range(25):
        record = rows.add("meeting_records", ended_on=TODAY, title="Budget")
        ip = "203.0.113.7" if number % 2 else None
        rows.add("participations", record_id=record, ended_on=TODAY, name="Ada", ip=ip)
    steps = 0

    def die() -> None:
        nonlocal steps
        steps += 1
        if steps == after:
            raise Killed

    partly = policy(item("meeting.ip", TWELVE_FULL_MONTHS))
    first = Sweep(database, partly, pause=die)
    first.batch = Batch(size=7, most=7)
    with pytest.raises(Killed):
        first.run(NOW)
    Sweep(database, partly).run(NOW)
    assert rows.all("participations", "name", "ip") == [(None, "203.0.113.7")] * 12
    assert rows.all("meeting_records", "title") == [None] * 12
    counted: dict[str, int] = {}
    for category, count in rows.all("sweep_counts", "category", "count"):
        counted[category] = counted.get(category, 0) + count
    assert counted == {"meeting.participants": 25, "meeting.topic": 25}


def test_a_category_that_no_term_can_end_is_reported():
    endless = policy(item("meeting.topic", Term("invoice_date")), item("meeting.ip", END_OF_CALL))
    found = never_due(Base.metadata, endless)
    assert ("meetings", "meeting.topic") in found
    assert ("participations", "meeting.ip") not in found


def test_a_column_that_could_not_be_emptied_by_itself_is_refused():
    metadata = MetaData()
    Table(
        "visits",
        metadata,
        Column("id", Text, primary_key=True, info=technical("names the row")),
        Column("name", Text, nullable=False, info=kept("meeting.participants")),
        Column("ip", Text, info=kept("meeting.ip")),
        **declare(events={"call_end": "id"}),
    )
    with pytest.raises(ConfigError, match=r"visits\.name of meeting\.participants could not be emptied"):
        plans(metadata, policy(), NOW)


def test_a_table_with_a_key_of_several_columns_is_refused():
    metadata = MetaData()
    Table("rooms", metadata, Column("id", Text, primary_key=True, info=technical("names the row")))
    Table(
        "visits",
        metadata,
        Column("room", ForeignKey("rooms.id"), primary_key=True, info=technical("joins the room")),
        Column("seat", Text, primary_key=True, info=technical("names the row")),
        Column("ip", Text, info=kept("meeting.ip")),
        **declare(),
    )
    with pytest.raises(ConfigError, match="table visits needs a primary key of one column"):
        plans(metadata, policy(), NOW)


def test_the_next_transaction_gets_as_many_rows_as_fit():
    batch = Batch(target=0.02, size=100, least=20, most=1000)
    batch.took(100, 0.01)
    assert batch.size == 150
    batch.took(150, 0.06)
    assert batch.size == 50
    assert [len(piece) for piece in batch.cut(range(120))] == [50, 50, 20]
    assert batch.longest == 0.06
    batch.took(50, 100.0)
    assert batch.size == 20


def test_restricted_accounts_are_swept_like_others(database: Database, rows: Rows):
    rows.add("accounts", name="Ada", restricted=True, closed_on=TODAY)
    Sweep(database, policy(item("account.name", CLOSED))).run(NOW)
    assert rows.all("accounts") == []
