"""Databases, notices and rows for tests of the sweep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from onmeet.accounts import models as _accounts  # noqa: F401 - fills the metadata
from onmeet.config import database_url
from onmeet.db import Base, Database, connect
from onmeet.mail import models as _mail  # noqa: F401 - fills the metadata
from onmeet.meetings import models as _meetings  # noqa: F401 - fills the metadata
from onmeet.notices import gate
from onmeet.notices import models as _notices  # noqa: F401 - fills the metadata
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.kept import Gate
from onmeet.notices.notice import Contact, Item, Notice, Term
from onmeet.notices.policy import Policy
from onmeet.notices.rotating import RotatingKeys

TODAY = date(2028, 3, 15)
NOW = datetime(2028, 3, 15, 12, tzinfo=UTC)

END_OF_CALL = Term("call_end")
TWELVE_FULL_MONTHS = Term("call_end", months=12, round_up="month")
CLOSED = Term("account_close")

ACCOUNT = ("account.name", "account.email", "account.country", "account.password", "account.times")


def item(category: str, *terms: Term, transient: bool = False) -> Item:
    return Item(category, "ServiceProvision", "Contract", terms=terms, transient=transient)


def policy(*items: Item) -> Policy:
    """A notice with these items, and what an account needs unless they say otherwise."""
    named = {one.category for one in items}
    more = tuple(item(category, CLOSED) for category in ACCOUNT if category not in named)
    notice = Notice(
        name="test",
        version="1",
        published=date(2026, 1, 1),
        effective=date(2026, 2, 1),
        languages=("en",),
        controller=Contact(),
        items=(*items, *more),
    )
    return Policy(notice)


def opened(url: str, folder: Path) -> Database:
    """A database with every table, behind a gate that permits everything."""
    anything = policy(*(item(category, CLOSED) for category in CATEGORIES))
    made = connect(url)
    gate.fit(made.engine, Gate(anything, RotatingKeys(folder / "rotating")), Base.metadata)
    with made.engine.begin() as connection:
        Base.metadata.create_all(connection.execution_options(**{gate.TECHNICAL: True}))
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind, with every table."""
    cluster = None
    url = f"sqlite:///{tmp_path}/onmeet.db"
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        url = cluster.new_database()
    made = opened(database_url(url), tmp_path)
    yield made
    made.close()
    if cluster is not None:
        cluster.drop(url)


class Rows:
    """Puts rows into a database and says what is left of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made = 0

    def add(self, table: str, **values: Any) -> int:
        """A row of a table; what every row needs is made up."""
        self._made += 1
        unique = f"{self._made:032x}"
        filled: dict[str, Any] = {"subject": unique}
        match table:
            case "accounts":
                filled |= {"email_mark": unique, "restricted": False, "objected": False, "notice": ""}
            case "meetings":
                filled |= {"code_mark": unique}
            case "meeting_records" | "call_records":
                filled |= {"instance": unique}
            case "participations":
                filled |= {"seat": self._made}
        known = Base.metadata.tables[table]
        with self._database.engine.begin() as connection:
            made = connection.execute(insert(known).values(filled | values))
            return int(made.inserted_primary_key[0])

    def all(self, table: str, *columns: str) -> list[Any]:
        """The rows of a table in order: of one column its values, else tuples."""
        known = Base.metadata.tables[table]
        wanted = [known.c[name] for name in columns or ("id",)]
        with self._database.engine.connect() as connection:
            found = connection.execute(select(*wanted).order_by(*known.primary_key.columns)).all()
        return [row[0] if len(wanted) == 1 else tuple(row) for row in found]


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)
