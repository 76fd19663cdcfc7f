"""Access, export and erasure agree with what each notice lets be stored about a person."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from onmeet.db import Base, Database
from onmeet.notices import access
from onmeet.notices.columns import category_of
from onmeet.notices.erasure import Erasure
from onmeet.notices.export import export
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.held import fill
from tests.factories.house import MakeDatabase, empty_database, make_config, new_database
from tests.factories.policies import policy

__all__ = ["empty_database", "new_database"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting"])
def rules(request: pytest.FixtureRequest) -> Policy:
    return policy(request.param)


@pytest.fixture
def database(rules: Policy, new_database: MakeDatabase, tmp_path: Path) -> Iterator[Database]:
    config = make_config(tmp_path / "var", notice=rules.notice.name)
    opened = open_database(replace(config, database_url=new_database(config.data)), rules)
    yield opened
    opened.close()


@pytest.mark.promise("N1.12", "N2.4", "N3.15")
def test_what_is_stored_is_shown_and_exported_and_nothing_else_is_there(
    rules: Policy, database: Database
) -> None:
    """Under each notice people see and take along everything that is stored about them."""
    with database.writing() as session:
        ada, written = fill(session, "ada")
    with database.reading() as session:
        shown = access.held(session, ada, rules, NOW)
    with zipfile.ZipFile(io.BytesIO(export(database, ada, rules, NOW))) as archive:
        tables = json.loads(archive.read("data.json"))["tables"]
    places = {place for place in written if rules.storing(category(place)) != "drop"}
    assert {(item.table, item.column) for item in shown} == places
    exported = {(table, column) for table, rows in tables.items() for row in rows for column in row["values"]}
    assert exported == places
    for item in shown:
        assert item.permitted
        assert item.purpose
        assert item.basis
        assert item.goes_at is not None or item.counts_from, f"{item.category} would stay for ever"
        if not item.hidden and rules.storing(item.category) == "as-is":
            assert item.value == written[item.table, item.column]


@pytest.mark.promise("N1.12", "N1.15", "N2.4", "N3.15")
def test_erasing_leaves_what_the_notice_keeps_by_law_and_nothing_else(
    rules: Policy, database: Database
) -> None:
    """Under each notice erasing leaves what a law keeps, and nothing else."""
    with database.writing() as session:
        ada, _ = fill(session, "ada")
    erasure = Erasure(database, rules)
    announced = erasure.stays(ada, NOW)
    assert {stay.category for stay in erasure.account(ada, NOW).stays} == {s.category for s in announced}
    with database.reading() as session:
        left = access.held(session, ada, rules, NOW)
    assert {item.category for item in left} == {stay.category for stay in announced}
    assert all(item.legal_duty for item in left)


def category(place: tuple[str, Any]) -> str:
    table, column = place
    return category_of(Base.metadata.tables[table].c[column]) or ""
