"""People about whom something is held in every column that there is, and a notice that permits all of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, String, Table, insert
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.errors import NotPermitted
from onmeet.notices.access import people_tables
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.notice import Contact, Item, Notice, Term
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.house import MakeDatabase, make_config

__all__ = ["LONG_AGO", "Filled", "database", "everything_permitted", "fill"]

LONG_AGO = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)

_numbers = itertools.count(1)

Filled = dict[tuple[str, str], Any]
"""What was written: (table, column) → value."""


@pytest.fixture
def database(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Database]:
    """An empty database that takes everything as it is."""
    config = make_config(tmp_path / "var")
    opened = open_database(replace(config, database_url=new_database(config.data)), everything_permitted())
    yield opened
    opened.close()


def everything_permitted(**changes: Any) -> Policy:
    """A notice that permits every category as it is, for as long as the account lasts."""
    items = tuple(
        Item(
            name,
            "ServiceProvision",
            "Contract",
            terms=(Term("account_close"),)
            if "account_close" in category.events
            else (Term("collected", days=90),),
            readers=("self",),
        )
        for name, category in CATEGORIES.items()
    )
    notice = Notice(
        name="everything",
        version="1",
        published=date(2026, 1, 1),
        effective=date(2026, 1, 15),
        languages=("en",),
        controller=Contact(name="Example Ltd"),
        items=items,
    )
    return Policy(replace(notice, **changes))


def fill(session: Session, who: str) -> tuple[int, Filled]:
    """One row in every table of people, each column with a value of its own that begins with `who`."""
    account_id = 0
    written: Filled = {}
    made: dict[str, Any] = {}
    for table in people_tables():
        _make_parents(session, table, made)
        row = {column.name: _value(table, column, who, made) for column in table.columns}
        if table.name == "accounts":
            row |= {"closed_on": None, "warned_on": None, "restricted": False, "objected": False}
            account_id = row["id"]
        try:
            session.execute(insert(table).values(row))
        except NotPermitted:
            continue  # a row that the notice does not let be: a consent without its record
        made[table.name] = row["id"]
        written |= {
            (table.name, column.name): row[column.name] for column in table.columns if category_of(column)
        }
    return account_id, written


def _make_parents(session: Session, table: Table, made: dict[str, Any]) -> None:
    """Rows about nobody to which a row of `table` refers."""
    for key in table.foreign_keys:
        parent = key.column.table
        if parent is not table and parent.name not in made and rows_of(parent).person is None:
            row = {column.name: _value(parent, column, "nobody", made) for column in parent.columns}
            session.execute(insert(parent).values(row), execution_options={"onmeet_technical": True})
            made[parent.name] = row[key.column.name]


def _value(table: Table, column: Column[Any], who: str, made: Mapping[str, Any]) -> Any:
    number = next(_numbers)
    for key in column.foreign_keys:
        return made[key.column.table.name]
    if column.name == rows_of(table).subject:
        return f"{who[:8]:x<8}{number:024}"
    kind = getattr(column.type, "inner", column.type)
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return LONG_AGO + timedelta(minutes=number)
    if isinstance(kind, Date):
        return LONG_AGO.date() + timedelta(days=number % 90)
    if isinstance(kind, Integer):
        return 10_000 + number
    assert isinstance(kind, String)
    text = f"{who}-{column.name}-{number}"
    return text[: kind.length] if kind.length else text
