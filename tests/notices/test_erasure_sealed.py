"""Where columns are sealed, erasing destroys the person's key: no copy can be read any more (N1.15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from onmeet.config import Config
from onmeet.db import Base, Database, connect
from onmeet.notices import access
from onmeet.notices.erasure import Erasure
from onmeet.notices.holds import Holds
from onmeet.notices.keys import FileKeyStore, open_key_store
from onmeet.notices.sealing import Sealer
from onmeet.notices.store import open_database
from tests.factories.held import everything_permitted, fill
from tests.factories.house import MakeDatabase, empty_database, make_config
from tests.factories.policies import policy
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def config(new_database: MakeDatabase, tmp_path: Path) -> Config:
    made = make_config(tmp_path / "var", seal="always")
    return replace(made, database_url=new_database(made.data))


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    opened = open_database(config, everything_permitted())
    yield opened
    opened.close()


@pytest.fixture
def keys(config: Config) -> Iterator[FileKeyStore]:
    store = open_key_store(config)
    yield store
    store.close()


def stored(config: Config, table: str, column: str) -> list[tuple[str, str]]:
    """(subject, value) as they lie in the database, without any gate."""
    bare = connect(config.database_url)
    try:
        with bare.engine.connect() as connection:
            rows = connection.execute(text(f"SELECT subject, {column} FROM {table}")).all()
            return [(row[0], row[1]) for row in rows]
    finally:
        bare.close()


@pytest.mark.promise("N1.15")
def test_a_copy_taken_before_the_erasure_is_noise_afterwards(
    config: Config, database: Database, keys: FileKeyStore
) -> None:
    """A copy of the database from before an erasure is noise afterwards."""
    with database.writing() as session:
        ada, hers = fill(session, "ada")
        ben, his = fill(session, "ben")
    (subject, sealed), _ = stored(config, "accounts", "name")
    assert hers["accounts", "name"] not in sealed  # three letters of it may be there by chance
    others = stored(config, "meetings", "title")[0], stored(config, "participations", "ip")[0]
    Erasure(database, everything_permitted(), keys).account(ada, NOW)
    assert Sealer(keys).open("accounts", "name", sealed) is None
    assert Sealer(keys).open("meetings", "title", others[0][1]) is None
    assert Sealer(keys).open("participations", "ip", others[1][1]) is None
    assert len({subject, others[0][0], others[1][0]}) == 3
    with database.reading() as session:
        assert access.held(session, ada, everything_permitted(), NOW) == []
        assert his["accounts", "name"] in [
            item.value for item in access.held(session, ben, everything_permitted(), NOW)
        ]


def test_what_must_stay_is_readable_under_a_new_key_and_old_copies_of_it_are_not(
    config: Config, database: Database, keys: FileKeyStore
) -> None:
    with database.writing() as session:
        ada, hers = fill(session, "ada")
    before = stored(config, "participations", "ip")[0]
    Holds(database).add("file 12 O 34/56", NOW, category="meeting.ip", account_id=ada)
    Erasure(database, everything_permitted(), keys).account(ada, NOW)
    assert Sealer(keys).open("participations", "ip", before[1]) is None
    (after,) = stored(config, "participations", "ip")
    assert after[0] != before[0]
    with database.reading() as session:
        (left,) = access.held(session, ada, everything_permitted(), NOW)
        account = session.execute(select(Base.metadata.tables["accounts"])).one()
    assert left.value == hers["participations", "ip"]
    assert account.subject != after[0]


def test_a_hold_keeps_even_what_the_notice_no_longer_permits(
    config: Config, database: Database, keys: FileKeyStore
) -> None:
    with database.writing() as session:
        ada, hers = fill(session, "ada")
    Holds(database).add("file 12 O 34/56", NOW, category="call.caller_number", account_id=ada)
    stricter = open_database(config, policy("on-meet"))
    try:
        stays = Erasure(stricter, policy("on-meet"), keys).account(ada, NOW).stays
        assert {stay.category for stay in stays} == {"call.caller_number", "billing.invoice"}  # and by law
        with stricter.reading() as session:
            left = access.held(session, ada, policy("on-meet"), NOW)
        held = [item.value for item in left if item.category == "call.caller_number"]
        assert held == [hers["call_records", "caller_number"]]
    finally:
        stricter.close()
