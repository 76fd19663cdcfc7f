"""The audit of the database: what is held, and what should not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from onmeet.db import Base, Database, connect
from onmeet.notices import gate, owning
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.database import look
from onmeet.notices.audit.report import Finding, Held, Sighting
from onmeet.notices.holds import Holds
from onmeet.notices.kept import Gate
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy
from onmeet.notices.rotating import RotatingKeys
from onmeet.notices.sealing import Sealer
from tests.factories.keys import key_store
from tests.factories.postgres import postgres
from tests.notices.sweeping import NOW, TWELVE_FULL_MONTHS, Rows, database, item, policy, rows

__all__ = ["database", "postgres", "rows"]

TRAFFIC = policy(*(item(f"meeting.{name}", TWELVE_FULL_MONTHS) for name in ("participants", "ip", "times")))
NONE = policy()
PERSON = "Zoë Quillfeather"


def found(database: Database, by: Policy, *canaries: str) -> list[Held | Finding | Sighting]:
    return list(look(database, Base.metadata, by, NOW, Canaries(canaries)))


def wrong(database: Database, by: Policy) -> list[tuple[str, str, int]]:
    return [(f.kind, f.place, f.count) for f in found(database, by) if isinstance(f, Finding)]


def meeting(rows: Rows, ended: date, **participant: str) -> None:
    record = rows.add("meeting_records", ended_on=ended)
    rows.add("participations", record_id=record, ended_on=ended, **participant)


def test_what_is_held_is_counted_with_the_day_on_which_the_next_goes(database: Database, rows: Rows) -> None:
    meeting(rows, date(2028, 3, 1), name=PERSON, ip="203.0.113.7")
    meeting(rows, date(2027, 11, 2), name="Ada")
    held = {h.category: h for h in found(database, TRAFFIC) if isinstance(h, Held)}
    assert {name: h.count for name, h in held.items()} == {"meeting.participants": 2, "meeting.ip": 1}
    goes = held["meeting.participants"].next_goes
    assert goes is not None
    assert goes.date() == date(2028, 12, 1)
    assert wrong(database, TRAFFIC) == []


def test_what_is_over_its_time_is_found(database: Database, rows: Rows) -> None:
    meeting(rows, date(2026, 12, 31), name=PERSON, ip="203.0.113.7")
    meeting(rows, date(2028, 1, 31), name="Ada")
    assert wrong(database, TRAFFIC) == [
        ("overdue", "participations (meeting.participants)", 1),
        ("overdue", "participations (meeting.ip)", 1),
    ]


def test_a_legal_hold_is_no_delay(database: Database, rows: Rows) -> None:
    meeting(rows, date(2026, 12, 31), name=PERSON)
    Holds(database).add("file 1 O 2/27", NOW.replace(year=2027), category="meeting.participants")
    assert wrong(database, TRAFFIC) == []


def test_what_the_notice_does_not_permit_is_found(database: Database, rows: Rows) -> None:
    meeting(rows, date(2028, 3, 14), name=PERSON)
    assert wrong(database, NONE) == [("not permitted", "participations (meeting.participants)", 1)]


def test_a_table_and_a_column_that_nobody_declared_are_found(database: Database) -> None:
    with database.engine.begin() as connection:
        technical = connection.execution_options(**{gate.TECHNICAL: True})
        technical.execute(text("CREATE TABLE marketing (email TEXT)"))
        technical.execute(text("ALTER TABLE accounts ADD COLUMN shoe_size TEXT"))
    assert wrong(database, TRAFFIC) == [
        ("not declared", "accounts.shoe_size", 1),
        ("not declared", "marketing", 1),
    ]


@pytest.mark.parametrize(
    ("form", "good"), [("truncated", "203.0.113.0/24"), ("pseudonymised", "0123456789abcdef" * 4)]
)
def test_a_value_in_the_wrong_form_is_found(database: Database, rows: Rows, form: str, good: str) -> None:
    meeting(rows, date(2028, 3, 14), ip="203.0.113.7")
    meeting(rows, date(2028, 3, 14), ip=good)
    ip = Item("meeting.ip", "ServiceProvision", "Contract", terms=(Term("call_end", days=30),), rotate_days=1)
    by = policy(replace(ip, form=form))  # type: ignore[arg-type]
    assert wrong(database, by) == [("wrong form", "participations.ip", 1)]


def test_a_string_is_seen_where_it_stands_and_whether_it_may(database: Database, rows: Rows) -> None:
    meeting(rows, date(2028, 3, 14), name=f"Dr. {PERSON}", device="curl/Quillfeather")
    seen = {
        (s.text, s.place, s.permitted)
        for s in found(database, TRAFFIC, PERSON, "quillfeather", "somebody else")
        if isinstance(s, Sighting)
    }
    assert seen == {
        (PERSON, "participations.name", True),
        ("quillfeather", "participations.name", True),
        ("quillfeather", "participations.device", False),
    }


def test_of_sealed_columns_the_audit_sees_what_lies_in_clear_what_was_moved_and_what_is_lost(
    tmp_path: Path,
) -> None:
    sealed = connect(f"sqlite:///{tmp_path}/onmeet.db")
    keys = key_store(tmp_path / "keys")
    gate.fit(sealed.engine, Gate(TRAFFIC, RotatingKeys(tmp_path), Sealer(keys)), Base.metadata)
    owning.fit(sealed.engine, Base.metadata)
    with sealed.engine.begin() as connection:
        Base.metadata.create_all(connection.execution_options(**{gate.TECHNICAL: True}))
    rows = Rows(sealed)
    for name in (PERSON, "Ada", "Grace", "Edith"):
        meeting(rows, date(2028, 3, 14), name=name)
    assert wrong(sealed, TRAFFIC) == []
    assert [s.place for s in found(sealed, TRAFFIC, PERSON) if isinstance(s, Sighting)] == [
        "participations.name"
    ]
    first, second, third, _ = rows.all("participations", "subject")
    with sealed.engine.begin() as connection:
        technical = connection.execution_options(**{gate.TECHNICAL: True})
        change = "UPDATE participations SET name = :name WHERE subject = :subject"
        technical.execute(text(change), {"name": "in clear", "subject": first})
        technical.execute(text(change), {"name": f"s1.{second}.{'A' * 60}", "subject": second})
    keys.destroy([third])
    assert set(wrong(sealed, TRAFFIC)) == {
        ("not sealed", "participations.name", 1),
        ("not readable", "participations.name", 1),
        ("key missing", "participations.name", 1),
    }
    sealed.close()
    keys.close()
