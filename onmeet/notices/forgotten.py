"""What was deleted since the last back-ups were made, so that restoring one does not bring it back.

Erasing a whole person is destroying the key, which no back-up holds. For single rows and values the log here
is kept beside the keys: a table, a row's number, perhaps a column, and when; nothing of what was there. It is
written only while there is a back-up that could bring something back, and pruned with them.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Delete, Engine, MetaData, Table, Update, event, select
from sqlalchemy.sql.elements import BindParameter, Null

from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.keys import FileKeyStore

__all__ = ["Forgotten", "fit"]

_PENDING = "onmeet.forgotten"
_TABLE = "CREATE TABLE IF NOT EXISTS forgotten (place TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID"


class Forgotten:
    """The log, in `<folder>/forgotten.db`. Safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "forgotten.db"

    def add(self, places: Iterable[str], at: float) -> None:
        """Note places (`meetings/7`, `accounts/3/phone`) as emptied at a time, unix seconds."""
        with self._open() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO forgotten VALUES (?, ?)", [(place, at) for place in places]
            )

    def since(self, at: float) -> frozenset[str]:
        """The places that were emptied at that time or later."""
        with self._open() as connection:
            rows = connection.execute("SELECT place FROM forgotten WHERE at >= ?", (at,)).fetchall()
        return frozenset(place for (place,) in rows)

    def prune(self, before: float) -> None:
        """Drop what was emptied before any back-up that can still be read."""
        with self._open() as connection:
            connection.execute("DELETE FROM forgotten WHERE at < ?", (before,))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(_TABLE)
            with connection:
                yield connection


def fit(
    engine: Engine,
    metadata: MetaData,
    keys: FileKeyStore,
    log: Forgotten,
    wall: Callable[[], float] = time.time,
) -> None:
    """Note what statements on `engine` delete, or set to NULL, of what is kept about people."""

    def note(connection: Connection, statement: Any, many: Any, one: Any, _options: Any) -> None:
        if not isinstance(statement, Delete | Update):
            return
        table = metadata.tables.get(getattr(statement.table, "name", ""))
        if table is None or rows_of(table).subject is None or not (keys.path.exists() and keys.backups()):
            return
        places = connection.info.setdefault(_PENDING, set())
        for values in many or [one]:
            places.update(_places(connection, table, statement, dict(values)))

    def write(connection: Connection) -> None:
        places = connection.info.pop(_PENDING, None)
        if places:
            log.add(sorted(places), wall())

    event.listen(engine, "before_execute", note)
    event.listen(engine, "commit", write)
    event.listen(engine, "rollback", lambda connection: connection.info.pop(_PENDING, None))


def _places(connection: Connection, table: Table, statement: Any, values: dict[str, Any]) -> Iterator[str]:
    """What a statement is about to empty."""
    emptied = [""] if isinstance(statement, Delete) else _emptied(table, statement, values)
    if not emptied:
        return
    (key,) = table.primary_key.columns
    rows = connection.execute(select(key).where(*statement._where_criteria), values).scalars()
    for number in rows.all():
        for column in emptied:
            yield f"{table.name}/{number}{column and f'/{column}'}"


def _emptied(table: Table, statement: Any, values: dict[str, Any]) -> list[str]:
    kept = {column.key for column in table.columns if category_of(column)}
    stated = {
        getattr(key, "key", key): value.value if isinstance(value, BindParameter) else value
        for key, value in (statement._values or {}).items()
    }
    new = {**stated, **values}
    return sorted(name for name in kept & set(new) if new[name] is None or isinstance(new[name], Null))
