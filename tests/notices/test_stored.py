"""What lies in the database gets sealed, and nothing of it is to be read in any file of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from onmeet import migrations
from onmeet.accounts.models import Account
from onmeet.accounts.service import Accounts, WrongCredentials
from onmeet.config import Config, database_url
from onmeet.db import Database, connect
from onmeet.errors import ConfigError
from onmeet.meetings.service import Meetings
from onmeet.notices.keys import FileKeyStore, open_key_store
from onmeet.notices.owned import Owned
from onmeet.notices.sealing import Sealer, is_sealed
from onmeet.notices.store import open_database
from onmeet.notices.stored import renew_keys, seal_all
from tests.factories.house import PASSWORD, QUICK, MakeDatabase, empty_database, make_config
from tests.factories.policies import policy
from tests.factories.postgres import Cluster, migrated, new_database, postgres
from tests.test_upgrade import CODES, Old

__all__ = ["empty_database", "migrated", "new_database", "postgres"]

ADA = "unforgettable-7431@example.org"
NAME, TITLE = "Unforgettable-Name-7431", "Unforgettable-Title-7431"


def services(config: Config, database: Database) -> tuple[Accounts, Meetings]:
    accounts = Accounts(database, key=config.marks_key, passwords=QUICK)
    return accounts, Meetings(database, key=config.marks_key, anyone_may_start=False)


def fill(config: Config) -> str:
    """An account with a meeting; the name of its key."""
    database = open_database(config, policy("easymeet24"))
    accounts, meetings = services(config, database)
    accounts.register(ADA, PASSWORD, NAME)
    meetings.create(1, TITLE)
    with database.reading() as session:
        subject = session.scalars(select(Account.subject)).one()
    database.close()
    return subject


def values(config: Config) -> list[tuple[str, str]]:
    database = connect(config.database_url)
    with database.reading() as session:
        accounts = session.execute(text("SELECT email, name, password, subject FROM accounts")).all()
        meetings = session.execute(text("SELECT code, title, subject FROM meetings")).all()
    database.close()
    return [(value, row[-1]) for row in (*accounts, *meetings) for value in row[:-1]]


@pytest.fixture
def keys(config: Config) -> Iterator[FileKeyStore]:
    store = open_key_store(config)
    yield store
    store.close()


@pytest.fixture
def config(tmp_path: Path, empty_database: Path) -> Config:
    made = make_config(tmp_path / "var")
    (made.data / "onmeet.db").write_bytes(empty_database.read_bytes())
    return made


def test_what_lay_in_clear_is_sealed_once_sealing_is_wanted(config: Config, keys: FileKeyStore) -> None:
    fill(config)
    assert not any(is_sealed(*found) for found in values(config))
    sealing = replace(config, seal="always")
    with pytest.raises(ConfigError, match="onmeet keys seal"):
        open_database(sealing, policy())
    assert seal_all(sealing, Sealer(keys)) == 5
    assert seal_all(sealing, Sealer(keys)) == 0
    assert all(is_sealed(*found) for found in values(config))
    raw = b"".join(file.read_bytes() for file in config.data.glob("onmeet.db*"))
    assert NAME.encode() not in raw
    database = open_database(sealing, policy())
    accounts, meetings = services(config, database)
    assert accounts.sign_in(ADA, PASSWORD, client="home").person.name == NAME
    assert [meeting.title for meeting in meetings.of(1)] == [TITLE]
    database.close()


def test_a_sealed_database_is_not_opened_as_if_it_were_clear(config: Config) -> None:
    fill(replace(config, seal="always"))
    with pytest.raises(ConfigError, match="ONMEET_SEAL must be always"):
        open_database(config, policy())


def test_a_sealed_database_is_not_opened_without_its_keys(config: Config, tmp_path: Path) -> None:
    sealing = replace(config, seal="always")
    fill(sealing)
    (tmp_path / "other").mkdir()
    with pytest.raises(ConfigError, match="ONMEET_KEYS: the keys of this database are not there"):
        open_database(replace(sealing, keys=tmp_path / "other"), policy())


def test_an_upgrade_on_postgresql_seals_what_was_there(postgres: Cluster, tmp_path: Path) -> None:
    config = replace(make_config(tmp_path / "var"), database_url=database_url(postgres.new_database()))
    Old(config).fill()
    migrations.upgrade(config)
    assert len(values(config)) == 12
    assert all(is_sealed(*found) for found in values(config))
    database = open_database(config, policy())
    accounts, meetings = services(config, database)
    for number, (email, codes) in enumerate(CODES.items(), start=1):
        assert accounts.sign_in(email, PASSWORD, client="home").person.email == email
        assert {meeting.code for meeting in meetings.of(number)} == set(codes)
    database.close()


# -- another key for everybody ------------------------------------------------------------------------


@pytest.fixture
def sealed(new_database: MakeDatabase, tmp_path: Path) -> Config:
    config = make_config(tmp_path / "sealed", seal="always")
    return replace(config, database_url=new_database(config.data))


def test_all_text_is_sealed_under_new_keys_while_people_go_on_writing(sealed: Config) -> None:
    subject = fill(sealed)
    keys = open_key_store(sealed)
    old_key, before = keys.get(subject), values(sealed)
    late = Sealer(open_key_store(sealed))
    late.seal(subject, "accounts", "name", "x")  # remembers the old key for some seconds

    def somebody_writes(_seconds: float) -> None:
        database = connect(sealed.database_url)
        with database.writing() as session:
            name = late.seal(subject, "accounts", "name", "Countess")
            session.execute(text("UPDATE accounts SET name = :name"), {"name": name})
        database.close()

    assert renew_keys(sealed, keys, somebody_writes) == 5
    assert keys.older(subject) == ()
    assert keys.get(subject) != old_key
    after = values(sealed)
    assert not {value for value, _ in before} & {value for value, _ in after}
    database = open_database(sealed, policy())
    accounts, meetings = services(sealed, database)
    assert accounts.sign_in(ADA, PASSWORD, client="home").person.name == "Countess"
    assert [meeting.title for meeting in meetings.of(1)] == [TITLE]
    database.close()


class Killed(BaseException):
    """The process ends here."""


def test_renewing_that_was_killed_half_way_loses_nothing_and_can_be_repeated(sealed: Config) -> None:
    subject = fill(sealed)

    def die(_seconds: float) -> None:
        raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            renew_keys(sealed, open_key_store(sealed), die)
        assert signs_in(sealed)
    renew_keys(sealed, open_key_store(sealed), lambda _: None)
    assert open_key_store(sealed).older(subject) == ()
    assert signs_in(sealed)


def signs_in(config: Config) -> bool:
    database = open_database(config, policy())
    name = services(config, database)[0].sign_in(ADA, PASSWORD, client="home").person.name
    database.close()
    return name == NAME


# -- PostgreSQL's own files ---------------------------------------------------------------------------


def found_in(folder: Path, *texts: str) -> list[str]:
    """Which of the texts stand in some byte of some file below `folder`, in any case."""
    raw = [file.read_bytes().lower() for file in folder.rglob("*") if file.is_file()]
    assert sum(map(len, raw)) > 1_000_000
    return [searched for searched in texts if any(searched.lower().encode() in content for content in raw)]


def flush(config: Config) -> None:
    database = connect(config.database_url)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
    database.close()


@pytest.mark.promise("N1.15")
def test_in_no_byte_of_postgresql_there_is_anything_to_read_before_or_after_erasure(
    postgres: Cluster, migrated: str, tmp_path: Path
) -> None:
    """In PostgreSQL's own files nothing can be read, before or after an erasure."""
    url = database_url(postgres.new_database(migrated))
    config = replace(make_config(tmp_path / "var"), database_url=url)
    subject = fill(config)
    database = open_database(config, policy("easymeet24"))
    with database.writing() as session:
        person = session.scalars(select(Account)).one()
        person.name = f"{NAME}-again"
        session.flush()
        session.execute(update(Account).values(country=Owned(f"{NAME}-too", subject)))
    flush(config)
    secrets = (ADA, "unforgettable", NAME, TITLE, PASSWORD)
    assert found_in(postgres.folder, *secrets) == []
    assert found_in(postgres.folder, subject) == [subject]  # the search does find what is there
    destroy: Callable[[Any], int] = open_key_store(config).destroy
    assert destroy([subject]) == 1
    flush(config)
    assert found_in(postgres.folder, *secrets) == []
    database.close()
    reopened = open_database(config, policy())
    with reopened.reading() as session:
        person = session.scalars(select(Account)).one()
        assert (person.name, person.email, person.password) == (None, None, None)
    with pytest.raises(WrongCredentials):
        services(config, reopened)[0].sign_in(ADA, PASSWORD, client="home")
    reopened.close()
