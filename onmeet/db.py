"""The database: one engine, short transactions, and deleting that really deletes.

Services take a `Database` and open `reading()` or `writing()` blocks; nothing here knows a web request, so
the relay, the sweep and the command line share the same models. Where the tables come from is the
business of `onmeet.migrations`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Session

from onmeet.clock import monotonic

if TYPE_CHECKING:
    import psycopg
from onmeet.errors import ConfigError

__all__ = ["HIGHEST_NUMBER", "Base", "Database", "afterwards", "connect"]

HIGHEST_NUMBER = 2**31 - 1
"""Of a row. PostgreSQL refuses to look for a higher one, and SQLite for one of more than 64 bits."""

BUSY_SECONDS = 10
"""How long a statement waits for another writer before it gives up."""

ERASE_SECONDS = 0.25
"""How long emptying the log waits for readers: somebody waits for the page meanwhile."""

WRITE_BACK_SECONDS = 0.5
"""How often a long sweep brings the log into the database file."""

_AFTERWARDS = "onmeet.afterwards"

LOCK_SECONDS = 0.02
"""How long one try at it keeps writers out while it waits for readers."""


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
        self._write_back_at = 0.0

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
        actions: list[Callable[[], object]] = []
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            connection = session.connection(execution_options={"onmeet_writes": True})
            connection.info[_AFTERWARDS] = actions
            yield session
            session.flush()
            del connection.info[_AFTERWARDS]
        for action in actions:
            action()
        if self._traces_left:
            self.erase_traces()

    @contextmanager
    def calmly(self) -> Iterator[Connection]:
        """A connection for many small writing transactions, each begun by the caller.

        None of them stops to write SQLite's log back at its end, as every thousandth page otherwise makes
        one do: call `write_back` between them.
        """
        with self.engine.connect() as connection:
            sqlite = self.engine.dialect.name == "sqlite"
            if sqlite:
                connection.execute(text("PRAGMA wal_autocheckpoint = 0"))
                connection.rollback()
            try:
                yield connection.execution_options(onmeet_writes=True)
            finally:
                if sqlite:
                    connection.rollback()
                    connection.execution_options(onmeet_writes=False)  # a pragma needs no lock
                    connection.execute(text("PRAGMA wal_autocheckpoint = 1000"))

    def write_back(self) -> None:
        """Bring SQLite's log into the database file, while others may write; now and then is enough."""
        if self.engine.dialect.name != "sqlite" or monotonic() < self._write_back_at:
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)")).one()
        self._write_back_at = monotonic() + WRITE_BACK_SECONDS

    def erase_traces(self, seconds: float = ERASE_SECONDS) -> bool:
        """Empty SQLite's write-ahead log, where deleted text outlives its row; call it after deleting.

        False means that an open reader was in the way for so many seconds and the text is still there: the
        next write tries again. Other databases have no such switch here, and True is returned.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        deadline = monotonic() + seconds
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"PRAGMA busy_timeout = {int(LOCK_SECONDS * 1000)}"))
            try:
                while not (erased := self._truncate(connection)) and monotonic() < deadline:
                    time.sleep(LOCK_SECONDS / 2)
            finally:
                connection.execute(text(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}"))
        self._traces_left = not erased
        return erased

    def _truncate(self, connection: Connection) -> bool:
        """Try once, and look at the file. Most is written back beforehand, while others may still write.

        Somebody may write between emptying and looking; then the log begins anew, with another head.
        """
        before = self._log_head()
        connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)")).one()
        busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
        after = self._log_head()
        return not busy and (not after or after != before)

    def _log_head(self) -> bytes:
        """The first bytes of SQLite's log, with its salts; empty when nothing is in it."""
        if not (path := self.engine.url.database):
            return b""
        try:
            with open(f"{path}-wal", "rb") as log:
                return log.read(32)
        except FileNotFoundError:
            return b""

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def afterwards(connection: Connection, action: Callable[[], object]) -> None:
    """Have something done once the writing block that this connection serves has been committed.

    Outside of such a block it is not done at all.
    """
    connection.info.get(_AFTERWARDS, []).append(action)


def connect(url: str) -> Database:
    """Open the database at a SQLAlchemy URL, as `Config.database_url` spells it."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "DATABASE_URL must look like postgres://user:password@host:5432/name or sqlite:////path"
        ) from None
    # hide_parameters: an exception's text must not quote what somebody typed
    engine = create_engine(address, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return Database(engine)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and never IMMEDIATE
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    _log_ahead(connection)
    for pragma in ("synchronous = NORMAL", "secure_delete = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: psycopg.Connection[Any], _record: Any) -> None:
    """Let it interpret statements: compiling one of the sweep's takes a second, with the rows locked."""
    connection.execute("SELECT set_config('jit', 'off', false)")
    connection.commit()


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Write-ahead logging. While others open a new file too, SQLite says "busy" without waiting."""
    deadline = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("onmeet_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
