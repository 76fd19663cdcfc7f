"""Back-ups that forget: one file, unreadable without the keys, which are not in it.

The first line says what the file is; every other line is one row, encrypted under a key of this back-up,
and in it text about people is sealed under the key of each person. So an erased person is gone from every
back-up at once, and with a back-up's own key, which is destroyed after the days that the notice allows, the
whole file. Rows and values that were deleted one by one since are left out when it is restored
(`onmeet.notices.forgotten`).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    column,
    delete,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy import table as plain_table

from onmeet import keyfiles
from onmeet.config import Config
from onmeet.db import Base, Database, connect
from onmeet.errors import UserError
from onmeet.notices.backup_lines import Lines
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.forgotten import Forgotten
from onmeet.notices.kept import Kept
from onmeet.notices.key_names import backup_key, for_backups, subject_of
from onmeet.notices.keys import FileKeyStore, open_key_store
from onmeet.notices.sealing import Sealer, is_sealed, key_name, wanted

__all__ = ["Counts", "default_file", "expire", "made_at", "make", "restore"]

_KIND = "onmeet back-up 1"
_NONCE = 12
_BATCH = 500
_TRIES = 5
_PASSING = frozenset({"sign_ins", "mails"})
"""Not backed up: a sign-in that ended, or a mail that was sent, must not come back."""


@dataclass
class Counts:
    """Rows by table: copied, and left out because they were erased since."""

    copied: dict[str, int] = field(default_factory=dict)
    erased: dict[str, int] = field(default_factory=dict)

    def add(self, where: dict[str, int], name: str) -> None:
        """One more."""
        where[name] = where.get(name, 0) + 1


def default_file(config: Config, now: datetime) -> Path:
    """Where a back-up goes when nothing is said: `<data>/backups/2026-03-01T120000Z.onmeet`."""
    return config.data / "backups" / f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}.onmeet"


# -- making -------------------------------------------------------------------------------------------


def make(config: Config, file: Path, *, revision: str, days: int, now: datetime) -> Counts:
    """Write a consistent copy of the database to `file`, which must not exist.

    revision: of the tables. days: for so long the file can be restored; the keys of back-ups that are older
    are destroyed, and their files in the data folder removed. Raises `UserError`.
    """
    keys = open_key_store(config)
    try:
        expire(config, keys, days=days, now=now)
        name = backup_key(now)
        key = keys.ensure([name])[name]
        head = {"kind": _KIND, "key": name, "made": now.astimezone(UTC).isoformat(), "revision": revision}
        try:
            with _new_file(file) as handle, _opened(config) as database:
                return _write(handle, head, key, database, Sealer(keys))
        except BaseException:
            keys.destroy([name])
            raise
    finally:
        keys.close()


def expire(config: Config, keys: FileKeyStore, *, days: int, now: datetime) -> list[str]:
    """Destroy the keys of back-ups that are older than `days`; what they were of can no longer be read."""
    before = now.astimezone(UTC).date() - timedelta(days=days)
    old = [name for name, made in keys.backups().items() if made < before]
    keys.destroy(old)
    for file in (config.data / "backups").glob("*.onmeet"):
        if _key_name(file) not in keys.backups():
            file.unlink()
    oldest = datetime(before.year, before.month, before.day, tzinfo=UTC)
    Forgotten(config.keys).prune(oldest.timestamp())
    return old


def made_at(file: Path) -> datetime | None:
    """When a back-up was made, by what it says itself; None for a file that is none."""
    try:
        return datetime.fromisoformat(_head(file)["made"])
    except (KeyError, ValueError):
        return None


def _write(handle: Any, head: dict[str, str], key: bytes, database: Database, sealer: Sealer) -> Counts:
    counts, lines = Counts(), Lines(key, head["key"])
    handle.write(json.dumps(head) + "\n")
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            _check_complete(connection)
            for table in _tables(Base.metadata):
                _ensure_keys(connection, table, sealer)
                for row in connection.execution_options(yield_per=_BATCH).execute(select(table)).mappings():
                    values = _readable(database, table, dict(row), sealer)
                    handle.write(lines.seal([table.name, _out(table, values, sealer)]) + "\n")
                    counts.add(counts.copied, table.name)
    handle.write(lines.seal(["", counts.copied]) + "\n")
    return counts


def _check_complete(connection: Connection) -> None:
    """A table that no imported module declares would be missing in the file."""
    unknown = set(inspect(connection).get_table_names()) - set(Base.metadata.tables) - {"alembic_version"}
    if unknown:
        raise RuntimeError(f"tables that nothing declares: {', '.join(sorted(unknown))}")


def _ensure_keys(connection: Connection, table: Table, sealer: Sealer) -> None:
    """Make missing keys in one go; a row of somebody erased stays behind."""
    if (subject := rows_of(table).subject) is None:
        return
    wanted_ = set(connection.execute(select(table.c[subject]).distinct()).scalars())
    gone = {name for name in wanted_ if sealer.keys.was_destroyed(name)}
    sealer.keys.ensure(map(for_backups, wanted_ - gone))


def _readable(database: Database, table: Table, row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """The row as it is by now, when somebody has changed it since this copy began: its old key is gone."""
    (key,) = table.primary_key.columns
    subject = row.get(rows_of(table).subject or "")
    for _ in range(_TRIES):
        names = {key_name(value) for value in row.values() if isinstance(value, str)}
        mine = [name for name in names if name is not None and subject_of(name) == subject]
        if all(sealer.keys.get(name) for name in mine):
            break
        with database.engine.connect() as connection:
            now = connection.execute(select(table).where(key == row[key.name])).mappings().one_or_none()
        if now is None:
            break  # deleted meanwhile
        row = dict(now)
    return row


def _out(table: Table, row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """A row as it stands in the file."""
    subject = row.get(rows_of(table).subject or "")
    values: dict[str, Any] = {}
    for col in table.columns:
        value = row[col.key]
        if subject and category_of(col) and isinstance(value, str):
            clear = sealer.open(table.name, col.name, value) if is_sealed(value, subject) else value
            gone = clear is None or sealer.keys.was_destroyed(subject)
            value = None if gone else sealer.seal(for_backups(subject), table.name, col.name, str(clear))
        values[col.name] = value.isoformat() if isinstance(value, date) else value
    return values


# -- restoring ----------------------------------------------------------------------------------------


def restore(
    config: Config, file: Path, *, revision: str, days: int, now: datetime, overwrite: bool = False
) -> Counts:
    """Bring back what a back-up holds, but nothing that has been erased or deleted since.

    The database must have its tables. Raises `UserError` when the file is too old, damaged, of other tables,
    or its keys are gone, and when the database holds anything about people and `overwrite` is not set.
    """
    keys = open_key_store(config)
    try:
        with file.open(encoding="ascii") as handle:
            head = _read_head(handle.readline())
            made = datetime.fromisoformat(head["made"])
            _check(head, made, revision=revision, days=days, now=now)
            key = keys.get(head["key"])
            if key is None:
                raise UserError("the key of this back-up is not there: it was destroyed, or lies elsewhere")
            lines = Lines(key, head["key"])
            with _opened(config) as database:
                return _Restoring(config, keys, made, database).run(lines.open_all(handle), overwrite)
    except (OSError, UnicodeDecodeError):
        raise UserError("the file cannot be read as a back-up") from None
    finally:
        keys.close()


def _read_head(line: str) -> dict[str, str]:
    try:
        head: dict[str, str] = json.loads(line)
        if head["kind"] == _KIND and head["key"] and head["made"] and head["revision"]:
            return head
    except (ValueError, KeyError, TypeError):
        pass
    raise UserError("the file is no back-up of this software")


def _check(head: dict[str, str], made: datetime, *, revision: str, days: int, now: datetime) -> None:
    if now - made > timedelta(days=days):
        raise UserError(f"the back-up is older than the {days} days for which the notice permits one")
    if head["revision"] != revision:
        raise UserError(f"the back-up has tables of revision {head['revision']}, this software {revision}")


class _Restoring:
    """One run: in one transaction, so that it comes whole or not at all."""

    def __init__(self, config: Config, keys: FileKeyStore, made: datetime, database: Database) -> None:
        self._sealer = Sealer(keys)
        self._seals = wanted(config)
        self._forgotten = Forgotten(config.keys).since(made.timestamp())
        self._database = database
        self._counts = Counts()
        self._there: dict[str, set[Any]] = {}

    def run(self, rows: Iterator[tuple[str, dict[str, Any]]], overwrite: bool) -> Counts:
        connecting = self._database.engine.connect().execution_options(onmeet_writes=True)
        with connecting as connection, connection.begin():
            _make_room(connection, overwrite)
            for name, values in rows:
                self._row(connection, Base.metadata.tables[name], values)
            _set_sequences(connection)
        self._database.erase_traces()
        return self._counts

    def _row(self, connection: Connection, table: Table, stored: dict[str, Any]) -> None:
        (key,) = table.primary_key.columns
        place = f"{table.name}/{stored[key.name]}"
        subject = stored.get(rows_of(table).subject or "")
        erased = subject is not None and self._sealer.keys.get(for_backups(subject)) is None
        if erased or place in self._forgotten or not self._join(table, stored):
            self._counts.add(self._counts.erased, table.name)
            return
        values = {col.name: self._value(table, col, stored[col.name], place) for col in table.columns}
        connection.execute(insert(_bare(table)), values)
        self._there.setdefault(table.name, set()).add(stored[key.name])
        self._counts.add(self._counts.copied, table.name)

    def _join(self, table: Table, stored: dict[str, Any]) -> bool:
        """Whether all rows that this one belongs to are back; a reference that may go is dropped."""
        for foreign in table.foreign_keys:
            name, to = foreign.parent.name, foreign.column.table.name
            if stored[name] is None or stored[name] in self._there.get(to, ()):
                continue
            if foreign.ondelete != "SET NULL":
                return False
            stored[name] = None
        return True

    def _value(self, table: Table, col: Column[Any], stored: Any, place: str) -> Any:
        if stored is None or f"{place}/{col.name}" in self._forgotten:
            return None
        kind = _inner(col).python_type
        if kind in (date, datetime):
            return kind.fromisoformat(stored)
        if category_of(col) and rows_of(table).subject and isinstance(_inner(col), String):
            opened = self._sealer.open(table.name, col.name, stored)
            if opened is None:
                return None
            clear = str(opened)
            return self._sealer.seal(opened.subject, table.name, col.name, clear) if self._seals else clear
        return stored


def _make_room(connection: Connection, overwrite: bool) -> None:
    """Refuse to overwrite anything about people unless told to; then empty every table."""
    for table in Base.metadata.sorted_tables:
        some = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if some and rows_of(table).subject is not None and not overwrite:
            raise UserError(f"the database is not empty ({table.name}): say --overwrite to replace it all")
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(delete(table))


def _set_sequences(connection: Connection) -> None:
    """PostgreSQL goes on counting after the highest number that came back."""
    if connection.dialect.name != "postgresql":
        return
    for table in _tables(Base.metadata):
        (key,) = table.primary_key.columns
        if key.autoincrement and _inner(key).python_type is int:
            highest = connection.execute(select(func.max(key))).scalar()
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))


# -- the file -----------------------------------------------------------------------------------------


def _key_name(file: Path) -> str:
    return _head(file).get("key", "")


def _head(file: Path) -> dict[str, str]:
    try:
        with file.open(encoding="ascii") as handle:
            return _read_head(handle.readline())
    except (OSError, UnicodeDecodeError, UserError):
        return {}


@contextmanager
def _new_file(file: Path) -> Iterator[Any]:
    """A file that appears when it is whole."""
    if file.exists():
        raise UserError(f"{file} is there already")
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(file)
        keyfiles.sync_folder(file.parent)
    except OSError as error:
        raise UserError(f"the back-up cannot be written: {error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _opened(config: Config) -> Iterator[Database]:
    """The database without gate and seal: rows pass as they lie there."""
    database = connect(config.database_url)
    try:
        yield database
    finally:
        database.close()


def _tables(metadata: MetaData) -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in _PASSING]


def _inner(col: Column[Any]) -> Any:
    return col.type.inner if isinstance(col.type, Kept) else col.type


def _bare(table: Table) -> Any:
    """The table without the gate's types: what comes from a back-up has passed the gate before."""
    return plain_table(table.name, *(column(col.name, _inner(col)) for col in table.columns))
