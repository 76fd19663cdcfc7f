"""A database of an earlier revision survives the upgrade, with all that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from onmeet import migrations
from onmeet.accounts.models import Account
from onmeet.accounts.service import Accounts
from onmeet.config import Config, database_url
from onmeet.db import Base, connect
from onmeet.meetings.models import Meeting
from onmeet.meetings.service import Meetings
from onmeet.notices.store import open_database
from onmeet.web import app as _app  # noqa: F401 - declares every table
from tests.factories.house import PASSWORD, QUICK, make_config
from tests.factories.policies import policy
from tests.factories.postgres import Cluster, postgres

__all__ = ["postgres"]

CODES = {"ada@example.org": ("abc-defg-hjk", "bcd-efgh-jkm"), "grace@example.org": ("cde-fghj-kmn",)}


@dataclass
class Old:
    """A database of revision 0001 with two accounts, a sign-in each, and three meetings."""

    config: Config

    def fill(self) -> None:
        database = connect(self.config.database_url)
        try:
            with database.writing() as session:
                settings = AlembicConfig()
                settings.set_main_option("script_location", "onmeet:migrations")
                settings.set_main_option("path_separator", "os")
                settings.attributes["connection"] = session.connection()
                command.upgrade(settings, "0001")
                for number, (email, codes) in enumerate(CODES.items(), start=1):
                    self._insert(session, "accounts", email=email, name=f"N{number}", password=_hashed())
                    self._insert(session, "sign_ins", token_hash="0" * 63 + str(number), account_id=number,
                                 expires=2_000_000_000)  # fmt: skip
                    for code in codes:
                        self._insert(session, "meetings", code=code, owner_id=number, title=f"T {code}",
                                     created_on=date(2026, 1, 31))  # fmt: skip
        finally:
            database.close()

    @staticmethod
    def _insert(session: Any, table: str, **values: object) -> None:
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def _hashed() -> str:
    return QUICK.hash(PASSWORD)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    config = make_config(tmp_path / "var")
    if request.param == "sqlite":
        made = Old(config)
        made.fill()
        yield made
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.new_database()
    made = Old(replace(config, database_url=database_url(url)))
    made.fill()
    yield made
    cluster.drop(url)


def test_nothing_is_lost_when_accounts_and_meetings_get_marks(old: Old) -> None:
    migrations.upgrade(old.config)
    database = open_database(old.config, policy())
    accounts = Accounts(database, key=old.config.marks_key, passwords=QUICK)
    meetings = Meetings(database, key=old.config.marks_key, anyone_may_start=False)
    for number, (email, codes) in enumerate(CODES.items(), start=1):
        person = accounts.sign_in(email.upper(), PASSWORD, client="home").person
        assert (person.id, person.email, person.name) == (number, email, f"N{number}")
        for code in codes:
            kept = meetings.get(number, code)
            assert (kept.title, kept.created_on) == (f"T {code}", date(2026, 1, 31))
            assert meetings.role(code, number, started_here=False) == "host"
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM sign_ins")) == 4
        subjects = [*session.scalars(select(Account.subject)), *session.scalars(select(Meeting.subject))]
    database.close()
    assert len(set(subjects)) == len(subjects) == 2 + sum(map(len, CODES.values()))


def test_terms_of_accounts_from_before_count_from_the_upgrade(old: Old) -> None:
    migrations.upgrade(old.config)
    database = connect(old.config.database_url)
    with database.reading() as session:
        days = session.execute(select(Account.created_on, Account.last_seen_on, Account.closed_on)).all()
    database.close()
    assert len(days) == 2
    assert all(made == seen is not None and closed is None for made, seen, closed in days)


def test_the_upgraded_tables_are_those_of_the_models(old: Old) -> None:
    migrations.upgrade(old.config)
    database = connect(old.config.database_url)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.close()


def test_meetings_from_before_get_a_pin_each(old: Old) -> None:
    migrations.upgrade(old.config)
    database = open_database(old.config, policy())
    meetings = Meetings(database, key=old.config.marks_key, anyone_may_start=False)
    pins = {}
    for number, codes in enumerate(CODES.values(), start=1):
        for code in codes:
            kept = meetings.get(number, code)
            pins[kept.pin] = code
            assert not kept.pin_rotates
    assert len(pins) == 3
    assert all(len(pin) == 9 and pin.isdecimal() for pin in pins)
    assert {pin: meetings.by_pin(pin) for pin in pins} == pins
    database.close()


def test_deleting_an_account_still_takes_along_what_belongs_to_it(old: Old) -> None:
    migrations.upgrade(old.config)
    database = connect(old.config.database_url)
    with database.writing() as session:
        session.execute(text("DELETE FROM accounts WHERE id = 1"))
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM meetings")) == 1
        assert session.scalar(text("SELECT count(*) FROM sign_ins")) == 1
    database.close()
