"""What is changed or emptied in a row takes its key along: the rest of the row is sealed under another one.

So copies of what a row held before (free pages, logs and snapshots of the database) cannot be read any more,
as with a row that was deleted. What back-ups hold of it lies under a key that lasts as long as the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, RowMapping, Table, Text, select, text, type_coerce

from onmeet.db import afterwards
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.gate import TECHNICAL
from onmeet.notices.kept import gate_of
from onmeet.notices.key_names import fresh_name, subject_of
from onmeet.notices.keys import KeyStore
from onmeet.notices.sealing import Sealer, key_name

__all__ = ["Names", "forget_unused", "locked", "names_in", "reseal", "rolled", "sealer_of"]

_AT_ONCE = 500

Names = tuple[str, ...]
Raw = RowMapping
"""A row as it lies there: `key`, `subject`, and its sealed columns."""


@contextmanager
def rolled(connection: Connection, table: Table, which: Any) -> Iterator[list[str]]:
    """Around statements that empty columns of rows: what is left in those is sealed anew.

    The names of the old keys, which the list holds at the end, are forgotten when the writing block has been
    committed; who has none forgets them. Nothing happens where text is not sealed.
    """
    sealer, old = sealer_of(connection), list[str]()
    names = sealed_columns(table)
    if sealer is None or not names:
        yield old
        return
    before = locked(connection, table, which)
    yield old
    after = locked(connection, table, _key(table).in_([row["key"] for row in before]))
    fresh = {row["key"]: fresh_name(row["subject"]) for row in after if names_in(row, names)}
    sealer.keys.ensure(fresh.values())
    for row in after:
        if row["key"] in fresh:
            reseal(connection, sealer, table, row, names, fresh[row["key"]])
    old += sorted({name for row in before for name in names_in(row, names)})
    afterwards(connection, lambda: sealer.keys.forget(old))


def sealer_of(connection: Connection) -> Sealer | None:
    """What seals on this connection, if anything does."""
    gate = gate_of(connection.dialect)
    return gate.sealing if gate is not None and isinstance(gate.sealing, Sealer) else None


def sealed_columns(table: Table) -> Names:
    """The names of the columns with text about somebody; none where rows have no subject."""
    if rows_of(table).subject is None:
        return ()
    return tuple(column.key for column in table.columns if category_of(column) and column.type.is_text)  # type: ignore[attr-defined]


def locked(connection: Connection, table: Table, which: Any) -> list[Raw]:
    """Some rows as they lie there; nobody else changes them before the end of the transaction."""
    return list(connection.execute(_raw(table, which).with_for_update()).mappings())


def _raw(table: Table, which: Any) -> Any:
    subject = table.c[rows_of(table).subject or ""]
    raw = [type_coerce(table.c[name], Text).label(name) for name in sealed_columns(table)]
    return select(_key(table).label("key"), subject.label("subject"), *raw).where(which)


def names_in(row: Raw, columns: Names) -> set[str]:
    """The names of the keys under which a row lies."""
    found = (key_name(row[column]) for column in columns if row[column] is not None)
    return {name for name in found if name is not None}


def reseal(connection: Connection, sealer: Sealer, table: Table, row: Raw, columns: Names, name: str) -> None:
    """Seal columns of a row under another key: not through the gate, as they have their form already."""
    opened = {
        column: sealer.open(table.name, column, row[column]) for column in columns if row[column] is not None
    }
    values = {
        column: sealer.seal(name, table.name, column, clear)
        for column, clear in opened.items()
        if clear is not None
    }
    if values:
        setting = ", ".join(f"{column} = :{column}" for column in values)
        words = f"UPDATE {table.name} SET {setting} WHERE {_key(table).name} = :the_key"  # noqa: S608
        statement = text(words).execution_options(**{TECHNICAL: True})
        connection.execute(statement, {**values, "the_key": row["key"]})


def forget_unused(connection: Connection, metadata: MetaData, keys: KeyStore, before: date) -> int:
    """Destroy keys under which nothing lies any more, of rows that have several; the number of them.

    A process that was killed between a commit and forgetting leaves such a key behind.
    """
    if sealer_of(connection) is None:
        return 0
    several: dict[str, list[str]] = {}
    for name in keys.names():
        several.setdefault(subject_of(name), []).append(name)
    old = frozenset(keys.names(before))
    wanted = iter([subject for subject, names in several.items() if len(names) > 1])
    count = 0
    while some := list(islice(wanted, _AT_ONCE)):
        unused = {name for subject in some for name in several[subject]} & old
        for table in metadata.sorted_tables:
            if columns := sealed_columns(table):
                subject = table.c[rows_of(table).subject or ""]
                for row in connection.execute(_raw(table, subject.in_(some))).mappings():
                    unused -= names_in(row, columns)
        keys.forget(sorted(unused))
        count += len(unused)
    return count


def _key(table: Table) -> Any:
    (key,) = table.primary_key.columns
    return key
