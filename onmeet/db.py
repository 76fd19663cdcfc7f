"""The database: one engine, short transactions, and deleting that really deletes.

Services take a `Database` and open `reading()` or `writing()` blocks; nothing here knows a web request, so
the relay, the sweep and the command line share the same models. Where the tables come from is the
business of `onmeet.migrations`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.orm import DeclarativeBase, Session

__all__ = ["Base", "Database", "connect"]

BUSY_SECONDS = 10
"""How long a statement waits for another writer before it gives up."""

ERASE_SECONDS = 0.25
"""How long emptying the log waits for readers: somebody waits for the page meanwhile."""


class Base(DeclarativeBase):
    """Root of all stored models; each column says why it exists (`onmeet.notices.columns`)."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """Sessions on one engine. Objects that leave a block stay readable and are no longer watched."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._traces_left = False

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that changes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block and undone by an exception.

        SQLite takes its write lock at once: a reader that turns writer half-way would be refused
        without waiting when somebody else wrote in between.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"onmeet_writes": True})
            yield session
        if self._traces_left:
            self.erase_traces()

    def erase_traces(self) -> bool:
        """Empty SQLite's write-ahead log, where deleted text outlives its row; call it after deleting.

        False means that an open reader was in the way and the text is still there: the next write tries
        again. Other databases have no such switch here, and True is returned.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"PRAGMA busy_timeout = {int(ERASE_SECONDS * 1000)}"))
            busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
            connection.execute(text(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}"))
        self._traces_left = bool(busy)
        return not busy

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def connect(url: str) -> Database:
    """Open the database at a SQLAlchemy URL, as `Config.database_url` spells it."""
    # hide_parameters: an exception's text must not quote what somebody typed
    engine = create_engine(make_url(url), hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return Database(engine)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and never IMMEDIATE
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "secure_delete = ON",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("onmeet_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
