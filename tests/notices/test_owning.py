"""Every way of writing gives a sealed column its row's subject, or is refused; nothing is stored in clear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    func,
    insert,
    null,
    select,
    table,
    update,
)  # fmt: skip
from sqlalchemy import column as plain_column
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.config import Config
from onmeet.db import Base, Database, connect
from onmeet.errors import NotPermitted
from onmeet.meetings.models import Meeting, MeetingRecord
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import kept, rows, technical
from onmeet.notices.notice import Item
from onmeet.notices.owned import Owned
from onmeet.notices.owning import sealed_tables
from onmeet.notices.sealing import SealBroken, is_sealed
from onmeet.notices.store import open_database
from tests.factories.house import MakeDatabase, empty_database, make_config
from tests.factories.policies import permitting
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]  # on both kinds of database

EVERYTHING = permitting(*(Item(name, "ServiceProvision", "Contract") for name in CATEGORIES))
ADA, GRACE = "a" * 32, "b" * 32


@pytest.fixture
def config(new_database: MakeDatabase, tmp_path: Path) -> Config:
    made = make_config(tmp_path / "var", seal="always")
    return replace(made, database_url=new_database(made.data))


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    opened = open_database(config, EVERYTHING)
    yield opened
    opened.close()


def stored(config: Config, name: str = "name", of: str = "accounts") -> list[Any]:
    """A column as it lies in the database, with each row's subject, in order."""
    bare = connect(config.database_url)
    raw = table(of, *map(plain_column, ("id", "subject", name)))
    with bare.reading() as session:
        found = session.execute(select(raw.c[name], raw.c.subject).order_by(raw.c.id)).all()
    bare.close()
    return [tuple(row) for row in found]


def account(number: int = 1, **values: Any) -> dict[str, Any]:
    rest = {"restricted": False, "objected": False, "notice": ""}
    return {"email_mark": f"mark {number}", "name": f"Name-{number}", **rest, **values}


def add(session: Session) -> None:
    session.add(Account(**account()))


def add_all(session: Session) -> None:
    session.add_all([Account(**account(1)), Account(**account(2))])


def core_values(session: Session) -> None:
    session.execute(insert(Account.__table__).values(**account(subject=ADA)))


def core_values_by_column(session: Session) -> None:
    accounts = Account.__table__.c
    values = account(subject=ADA)
    session.execute(insert(Account.__table__).values({accounts[name]: values[name] for name in values}))


def core_values_without_subject(session: Session) -> None:
    session.execute(insert(Account.__table__).values(**account()))


def core_one(session: Session) -> None:
    session.execute(insert(Account.__table__), account(subject=ADA))


def core_many(session: Session) -> None:
    session.execute(insert(Account.__table__), [account(1, subject=ADA), account(2, subject=GRACE)])


def core_many_without_subject(session: Session) -> None:
    session.execute(insert(Account.__table__), [account(1), account(2)])


def core_several_values(session: Session) -> None:
    several = [account(1, subject=ADA), account(2, subject=GRACE)]
    session.execute(insert(Account.__table__).values(several))


def orm_values(session: Session) -> None:
    session.execute(insert(Account).values(**account(subject=ADA)))


def orm_many(session: Session) -> None:
    session.execute(insert(Account), [account(1), account(2)])


def orm_returning(session: Session) -> None:
    made = session.scalars(insert(Account).returning(Account), [account(1), account(2)]).all()
    assert [(one.name, type(one.name)) for one in made] == [("Name-1", str), ("Name-2", str)]


def connection_many(session: Session) -> None:
    session.connection().execute(insert(Account.__table__), [account(1, subject=ADA)])


WAYS = [
    add, add_all, core_values, core_values_by_column, core_values_without_subject, core_one, core_many,
    core_many_without_subject, core_several_values, orm_values, orm_many, orm_returning, connection_many,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_however_a_row_is_inserted_its_text_is_sealed_for_its_subject(
    config: Config, database: Database, way: Any
) -> None:
    with database.writing() as session:
        way(session)
    found = stored(config)
    assert found
    assert all(is_sealed(value, subject) for value, subject in found)
    with database.reading() as session:
        names = session.execute(select(Account.id, Account.name).order_by(Account.id)).all()
        assert [name for _, name in names] == [f"Name-{number}" for number, _ in enumerate(found, start=1)]


@pytest.fixture
def ada(database: Database) -> Account:
    with database.writing() as session:
        made = Account(**account(subject=ADA))
        session.add(made)
    return made


def test_what_a_column_has_by_default_is_owned_too() -> None:
    made_up = Table(
        "made_up",
        MetaData(),
        Column("subject", String, default=lambda: ADA, info=technical("names the key")),
        Column("name", Text, default="nobody", info=kept("account.name")),
        **rows(subject="subject"),
    )
    sealed = sealed_tables(made_up.metadata)["made_up"]
    for given, text, subject in (
        ({}, "nobody", ADA),
        ({"subject": GRACE}, "nobody", GRACE),
        ({"name": "Ada"}, "Ada", ADA),
    ):
        whole = sealed.whole(given)
        assert (whole["name"], whole["name"].subject, whole["subject"]) == (text, subject, subject)
    assert sealed.whole({"name": None}) == {"name": None}


def test_nothing_is_stored_where_nothing_is_given(config: Config, database: Database) -> None:
    with database.writing() as session:
        session.execute(insert(Account.__table__), account(subject=ADA, name=None, email=None))
    assert [value for value, _ in stored(config)] == [None]


def test_what_is_loaded_is_plain_text(database: Database, ada: Account) -> None:
    assert type(ada.name) is str
    with database.reading() as session:
        loaded = session.scalars(select(Account)).one()
        assert (loaded.name, type(loaded.name)) == ("Name-1", str)
        session.refresh(loaded)
        assert type(loaded.name) is str
        assert session.execute(select(Account.name)).scalar_one() == "Name-1"


def test_a_changed_object_is_sealed_anew_and_stays_plain(
    config: Config, database: Database, ada: Account
) -> None:
    (before,) = stored(config)
    with database.writing() as session:
        changed = session.scalars(select(Account)).one()
        changed.name = "Countess"
        session.flush()
        assert type(changed.name) is str
    (after,) = stored(config)
    assert after != before
    assert is_sealed(*after)
    with database.reading() as session:
        assert session.scalars(select(Account)).one().name == "Countess"


def test_an_object_that_came_from_elsewhere_is_sealed_for_its_row(
    config: Config, database: Database, ada: Account
) -> None:
    ada.name = "Countess"
    with database.writing() as session:
        session.merge(ada)
    assert is_sealed(*stored(config)[0])


def test_a_change_that_touches_no_text_leaves_what_is_sealed(
    config: Config, database: Database, ada: Account
) -> None:
    before = stored(config)
    with database.writing() as session:
        session.scalars(select(Account)).one().objected = True
    assert stored(config) == before


def test_a_bulk_change_must_say_whose_data_it_writes(
    config: Config, database: Database, ada: Account
) -> None:
    before = stored(config)
    for statement, many in (
        (update(Account).values(name="Unforgettable-7431"), None),
        (update(Account), [{"id": ada.id, "name": "Unforgettable-7431"}]),
        (update(Account.__table__).where(Account.id == ada.id).values(name="Unforgettable-7431"), None),
    ):
        with pytest.raises(NotPermitted, match=r"accounts\.name is sealed"), database.writing() as session:
            session.execute(statement, many)
    assert stored(config) == before
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == ada.id).values(name=Owned("Countess", ADA)))
    assert is_sealed(*stored(config)[0])


def test_text_can_always_be_removed(config: Config, database: Database, ada: Account) -> None:
    with database.writing() as session:
        session.execute(update(Account).values(name=None, email=null()))
    assert [value for value, _ in stored(config)] == [None]
    with database.reading() as session:
        assert session.scalar(select(func.count(Account.id)).where(Account.name.is_(None))) == 1


def test_sealed_text_is_searched_for_by_marks_only(database: Database, ada: Account) -> None:
    for condition in (Account.name == "Name-1", Account.name.in_(["Name-1"]), Account.name.like("Name%")):
        with pytest.raises(NotPermitted, match="cannot be compared"), database.reading() as session:
            session.execute(select(Account.id).where(condition))


def test_what_was_sealed_for_one_row_does_not_pass_in_another(
    config: Config, database: Database, ada: Account
) -> None:
    with database.writing() as session:
        session.add(Account(**account(2, subject=GRACE)))
    exchange(config, "accounts", "name")
    with (
        pytest.raises(SealBroken, match="row of somebody else"),
        database.reading() as session,
    ):
        session.scalars(select(Account)).all()


def exchange(config: Config, of: str, name: str) -> None:
    """As somebody with the database's password could: give every row the last one's value."""
    bare = connect(config.database_url)
    raw = table(of, plain_column("id"), plain_column(name))
    with bare.writing() as session:
        last = session.scalar(select(raw.c[name]).order_by(raw.c.id.desc()).limit(1))
        session.execute(update(raw).values({name: last}))
    bare.close()


@pytest.mark.promise("N1.15")
def test_with_the_key_destroyed_the_row_is_empty(database: Database, config: Config, ada: Account) -> None:
    """With its key destroyed a sealed entry is empty."""
    gate: Any = database.engine.dialect.onmeet_gate  # type: ignore[attr-defined]
    gate.sealing.keys.destroy([ADA])
    for opened in (database, open_database(config, EVERYTHING)):
        with opened.reading() as session:
            assert session.scalars(select(Account)).one().name is None
    with pytest.raises(Exception, match="key has been destroyed"), database.writing() as session:
        session.scalars(select(Account)).one().name = "Countess"


def test_every_column_with_text_about_somebody_is_sealed() -> None:
    sealed = sealed_tables(Base.metadata)
    assert {Account.__tablename__, Meeting.__tablename__, MeetingRecord.__tablename__} <= set(sealed)
    assert set(sealed["accounts"].names) == {
        "email", "name", "phone", "country", "language", "password", "new_email", "time_zone", "handle",
        "reach", "shares", "totp", "picture", "sign_on_issuer",
    }  # fmt: skip
