"""Erasing is erasing: nothing is left but what a law keeps, and that is said beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, true

from onmeet.db import Base, Database
from onmeet.errors import UserError
from onmeet.notices import access
from onmeet.notices.erasure import Erasure
from onmeet.notices.holds import Holds
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy
from tests.factories.held import Filled, database, everything_permitted, fill
from tests.factories.house import empty_database, new_database
from tests.running import postgresql_everywhere

__all__ = ["database", "empty_database", "new_database"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

STEPS = ("begin", "rows", "empty", "keys", "end", "traces")


class FakeKeys:
    """Remembers whose keys were destroyed."""

    def __init__(self) -> None:
        self.destroyed: list[str] = []

    def destroy(self, subjects: Iterable[str]) -> int:
        self.destroyed += subjects
        return 1


def subject_of(database: Database, table: str, key: int | None = None) -> str:
    """The name of the key of a row, or of the only one."""
    rows = Base.metadata.tables[table]
    query = select(rows.c.subject).where(rows.c.id == key if key is not None else true())
    with database.reading() as session:
        return session.scalars(query).one()


class Crash(Exception):
    """The process ends here."""


@pytest.mark.skipif(
    postgresql_everywhere(), reason="reads SQLite's files; test_stored.py searches those of PostgreSQL"
)
@pytest.mark.promise("N1.12", "N1.15")
def test_an_erased_account_leaves_no_byte_and_others_keep_theirs(database: Database, tmp_path: Path) -> None:
    """An erased account leaves no byte in any file, and others keep what is theirs."""
    ada, hers = filled(database, "ada")
    ben, his = filled(database, "ben")
    keys = FakeKeys()
    own = subject_of(database, "accounts", ada)
    erased = Erasure(database, everything_permitted(), keys).account(ada, NOW)
    assert erased.stays == ()
    assert erased.traces_gone
    assert keys.destroyed == [own]
    raw = raw_bytes(tmp_path)
    for value in texts(hers):
        assert value.encode() not in raw
    assert all(value.encode() in raw for value in texts(his))
    assert left(database, ada) == []
    assert len(left(database, ben)) == len(his)


def test_a_second_erasure_is_harmless(database: Database) -> None:
    ada, _ = filled(database, "ada")
    erasure = Erasure(database, everything_permitted())
    erasure.account(ada, NOW)
    assert erasure.account(ada, NOW).rows == {}
    assert erasure.finish(NOW) == 0


@pytest.mark.parametrize("broken", STEPS)
@pytest.mark.parametrize("held", [False, True], ids=["nothing-stays", "something-stays"])
def test_a_crash_after_any_step_is_finished_by_the_next_run(
    database: Database, tmp_path: Path, broken: str, held: bool
) -> None:
    ada, hers = filled(database, "ada")
    if held:
        Holds(database).add("file 12 O 34/56", NOW, category="meeting.ip", account_id=ada)
    done: list[str] = []

    def step(name: str) -> None:
        done.append(name)
        if name == broken:
            raise Crash

    keys = FakeKeys()
    with pytest.raises(Crash):
        Erasure(database, everything_permitted(), keys, step=step).account(ada, NOW)
    assert done == list(STEPS[: STEPS.index(broken) + 1])
    finished = Erasure(database, everything_permitted(), keys).finish(NOW)
    assert finished == (0 if broken in ("end", "traces") else 1)
    assert {row[0] for row in left(database, ada)} == ({"meeting.ip"} if held else set())
    assert database.erase_traces()
    raw = raw_bytes(tmp_path)
    gone = [v for v in texts(hers) if not (held and v == hers["participations", "ip"])]
    assert not [value for value in gone if value.encode() in raw]


def test_nobody_signs_in_any_more_from_the_first_step_on(database: Database) -> None:
    ada, _ = filled(database, "ada")
    sign_ins = Base.metadata.tables["sign_ins"]
    with database.writing() as session:
        session.execute(insert(sign_ins).values(token_hash="h" * 64, account_id=ada, expires=1))

    def stop(_name: str) -> None:
        raise Crash

    with pytest.raises(Crash):
        Erasure(database, everything_permitted(), step=stop).account(ada, NOW)
    with database.reading() as session:
        accounts = Base.metadata.tables["accounts"]
        assert session.execute(select(sign_ins)).all() == []
        row = session.execute(select(accounts)).one()
    assert row.erasing
    assert row.closed_on == NOW.date()
    assert not row.email_mark.startswith("ada")


@pytest.mark.promise("N1.14")
def test_what_a_legal_duty_keeps_stays_under_another_key_and_is_announced(database: Database) -> None:
    """What a law keeps after an erasure stays under another key, and is named beforehand."""
    ada, hers = filled(database, "ada")
    policy = with_item(
        Item(
            "meeting.times", "LegalCompliance", "LegalObligation", legal_duty=True,
            terms=(Term("account_close", years=10, round_up="year"),),
        )
    )  # fmt: skip
    keys = FakeKeys()
    erasure = Erasure(database, policy, keys)
    old = {subject_of(database, "accounts", ada), subject_of(database, "meeting_records")}
    (before,) = erasure.stays(ada, NOW)
    assert (before.category, before.why) == ("meeting.times", "legal-duty")
    (after,) = erasure.account(ada, NOW).stays
    assert after.category == "meeting.times"
    assert after.until == date(2037, 1, 1)
    assert {category for category, _ in left(database, ada)} == {"meeting.times"}
    accounts = Base.metadata.tables["accounts"]
    records = Base.metadata.tables["meeting_records"]
    with database.reading() as session:
        account = session.execute(select(accounts)).one()
        record = session.execute(select(records)).one()
    assert old <= set(keys.destroyed)
    assert record.subject not in keys.destroyed
    assert account.subject != record.subject
    assert not account.erasing
    assert record.started_at.replace(tzinfo=UTC) == hers["meeting_records", "started_at"]
    assert record.title is None


@pytest.mark.promise("N1.14")
def test_what_a_hold_covers_stays_and_its_reason_is_told(database: Database) -> None:
    """What a court forbids to delete stays, and the reason is told."""
    ada, hers = filled(database, "ada")
    Holds(database).add("file 12 O 34/56", NOW, category="meeting.ip", account_id=ada, until=date(2027, 5, 1))
    erasure = Erasure(database, everything_permitted())
    (stay,) = erasure.account(ada, NOW).stays
    assert (stay.why, stay.reason, stay.until) == ("hold", "file 12 O 34/56", date(2027, 5, 1))
    assert left(database, ada) == [("meeting.ip", hers["participations", "ip"])]


def test_somebody_elses_held_record_survives_the_hosts_erasure(database: Database) -> None:
    ada, _ = filled(database, "ada")
    ben, his = filled(database, "ben")
    participations = Base.metadata.tables["participations"]
    records = Base.metadata.tables["meeting_records"]
    with database.writing() as session:
        theirs = session.scalar(select(records.c.id).where(records.c.account_id == ada))
        session.execute(
            participations.update().where(participations.c.account_id == ben).values(record_id=theirs)
        )
    Holds(database).add("file 12 O 34/56", NOW, category="meeting.ip", account_id=ben)
    Erasure(database, everything_permitted()).account(ada, NOW)
    assert ("meeting.ip", his["participations", "ip"]) in left(database, ben)
    assert left(database, ada) == []


@pytest.mark.promise("N1.12")
def test_a_single_row_is_erased_and_the_rest_stays(database: Database, tmp_path: Path) -> None:
    """A single entry is deleted and the rest stays."""
    ada, hers = filled(database, "ada")
    Erasure(database, everything_permitted()).item(ada, "meetings", key_in(database, "meetings", ada), NOW)
    assert hers["meetings", "title"].encode() not in raw_bytes(tmp_path)
    assert {table for table, _ in hers} - {"meetings"} == {item.table for item in items(database, ada)}


@pytest.mark.parametrize("column", ["name", "phone", "country", "language"])
def test_an_optional_value_is_erased_alone(database: Database, tmp_path: Path, column: str) -> None:
    ada, hers = filled(database, "ada")
    Erasure(database, everything_permitted()).value(ada, column, NOW)
    assert hers["accounts", column].encode() not in raw_bytes(tmp_path)
    assert len(items(database, ada)) == len(hers) - 1


@pytest.mark.parametrize(
    ("table", "key"),
    [("meetings", "0"), ("meetings", "x"), ("meetings", "1,2"), ("accounts", "own"), ("nothing", "1"),
     ("sign_ins", "1"), ("meetings", "ben")],
)  # fmt: skip
def test_only_rows_of_ones_own_can_be_erased(database: Database, table: str, key: str) -> None:
    ada, hers = filled(database, "ada")
    ben, his = filled(database, "ben")
    key = {"own": str(ada), "ben": key_in(database, "meetings", ben)}.get(key, key)
    with pytest.raises(UserError) as refused:
        Erasure(database, everything_permitted()).item(ada, table, key, NOW)
    assert refused.value.status == 404
    assert (len(items(database, ada)), len(items(database, ben))) == (len(hers), len(his))


@pytest.mark.parametrize(("column", "status"), [("email", 409), ("password", 409), ("id", 404), ("no", 404)])
def test_what_the_account_needs_is_not_erased_alone(database: Database, column: str, status: int) -> None:
    ada, _ = filled(database, "ada")
    with pytest.raises(UserError) as refused:
        Erasure(database, everything_permitted()).value(ada, column, NOW)
    assert refused.value.status == status


def test_a_row_under_a_hold_is_not_erased_alone(database: Database) -> None:
    ada, hers = filled(database, "ada")
    Holds(database).add("file 12 O 34/56", NOW, category="meeting.topic", account_id=ada)
    with pytest.raises(UserError) as refused:
        Erasure(database, everything_permitted()).item(
            ada, "meetings", key_in(database, "meetings", ada), NOW
        )
    assert refused.value.status == 409
    assert len(items(database, ada)) == len(hers)


def test_an_objection_erases_its_categories_everywhere(database: Database) -> None:
    ada, hers = filled(database, "ada")
    Erasure(database, everything_permitted()).categories(ada, {"meeting.ip", "meeting.device"}, NOW)
    assert len(items(database, ada)) == len(hers) - 2


def test_a_long_list_is_erased_in_small_transactions(database: Database) -> None:
    ada, _ = filled(database, "ada")
    meetings = Base.metadata.tables["meetings"]
    rows = [
        {"subject": "a" * 32, "code_mark": f"{n:064}", "owner_id": ada, "title": "x"} for n in range(1201)
    ]
    with database.writing() as session:
        session.execute(insert(meetings), rows)
    assert Erasure(database, everything_permitted()).account(ada, NOW).rows["meetings"] == 1202
    assert left(database, ada) == []


def filled(database: Database, who: str) -> tuple[int, Filled]:
    with database.writing() as session:
        return fill(session, who)


def items(database: Database, account: int) -> list[access.HeldItem]:
    with database.reading() as session:
        return access.held(session, account, everything_permitted(), NOW)


def left(database: Database, account: int) -> list[tuple[str, Any]]:
    return [(item.category, item.value) for item in items(database, account)]


def key_in(database: Database, table: str, account: int) -> str:
    return next(item.key for item in items(database, account) if item.table == table)


def texts(written: Filled) -> list[str]:
    return [value for value in written.values() if isinstance(value, str)]


def raw_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("onmeet.db*")))


def with_item(item: Item) -> Policy:
    notice = everything_permitted().notice
    return Policy(replace(notice, items=(*(i for i in notice.items if i.category != item.category), item)))
