"""The key of a row goes with the row: when a deletion is committed, the keys of what it took are destroyed.

Killed in between, a process leaves keys behind that no row uses: the sweep destroys them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Delete, Engine, MetaData, Table, event, select

from onmeet.db import afterwards
from onmeet.notices.columns import rows_of
from onmeet.notices.keys import FileKeyStore

__all__ = ["SEEN_TO", "fit", "in_use"]

SEEN_TO = "onmeet_keys_seen_to"
"""Execution option of a statement whose caller destroys the keys itself."""


def fit(engine: Engine, metadata: MetaData, keys: FileKeyStore) -> None:
    """Destroy the keys of the rows that a DELETE in a writing block takes away, by itself or by cascade."""

    def note(connection: Connection, statement: Any, many: Any, one: Any, options: Any) -> None:
        if not isinstance(statement, Delete) or options.get(SEEN_TO) or not keys.path.exists():
            return
        table = metadata.tables.get(getattr(statement.table, "name", ""))
        if table is None:
            return
        queries = list(_subjects(table, statement._where_criteria))
        found = {
            subject
            for values in many or [one]
            for query in queries
            for subject in connection.execute(query, values).scalars()
        }
        if found:
            afterwards(connection, lambda: _destroy(engine, metadata, keys, found))

    event.listen(engine, "before_execute", note)


def in_use(connection: Connection, metadata: MetaData, subjects: Collection[str]) -> set[str]:
    """Which of the subjects rows have: tables of before a key for each row may share one."""
    found: set[str] = set()
    for table in metadata.sorted_tables:
        if (name := rows_of(table).subject) is not None:
            column = table.c[name]
            found.update(connection.execute(select(column).where(column.in_(subjects))).scalars())
    return found


def _destroy(engine: Engine, metadata: MetaData, keys: FileKeyStore, subjects: set[str]) -> None:
    with engine.connect() as connection:
        unused = subjects - in_use(connection, metadata, subjects)
    if unused:
        keys.destroy(sorted(unused))


def _subjects(table: Table, which: Any) -> Iterator[Any]:
    """Queries for the names of the keys of some rows, and of those that are deleted along with them."""
    if (name := rows_of(table).subject) is not None:
        yield select(table.c[name]).where(*which)
    for child in table.metadata.sorted_tables:
        for foreign in child.foreign_keys:
            together = (foreign.ondelete or "").upper() == "CASCADE"
            if foreign.column.table is table and child is not table and together:
                yield from _subjects(child, [foreign.parent.in_(select(foreign.column).where(*which))])
