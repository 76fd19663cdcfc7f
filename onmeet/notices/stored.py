"""Sealing what lies in the database already: text from before it was sealed, and text under an older key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Text, column, select, update
from sqlalchemy import table as plain_table
from sqlalchemy.exc import OperationalError, ProgrammingError

from onmeet.config import Config
from onmeet.db import Base, Database, connect
from onmeet.errors import ConfigError
from onmeet.notices.key_names import for_backups, subject_of
from onmeet.notices.keys import CACHE_SECONDS, KeyStore
from onmeet.notices.owning import Sealed, sealed_tables
from onmeet.notices.sealing import Sealer, is_sealed, key_name, wanted

__all__ = ["check_state", "renew_keys", "seal_all"]

_BATCH = 200

Change = Callable[[str, str, str, str], str]
"""From table, column, subject and what is stored to what shall be stored."""


def seal_all(config: Config, sealer: Sealer) -> int:
    """Seal every text that lies in clear; the number of values. Killed at any point, it can be repeated."""

    def change(table: str, name: str, subject: str, stored: str) -> str:
        return stored if is_sealed(stored, subject) else sealer.seal(subject, table, name, stored)

    return _change_all(config, sealer.keys, change)


def renew_keys(config: Config, keys: KeyStore, wait: Callable[[float], object]) -> int:
    """Give every subject another key and seal all text under it; the number of values in the first pass.

    What older back-ups hold about people can then no longer be opened: make a new one.
    `wait` sleeps for seconds, until no process seals under an older key. Killed at any point, both keys open,
    and it can be repeated.
    """
    sealer = Sealer(keys)
    subjects = list(keys.subjects())
    others = [name for name in keys.names() if name != subject_of(name)]
    keys.renew(subjects)
    stale = frozenset(others)

    def change(table: str, name: str, subject: str, stored: str) -> str:
        newest = key_name(stored) not in stale and sealer.is_newest(table, name, stored)
        if newest or not is_sealed(stored, subject):
            return stored
        text = sealer.open(table, name, stored)
        return stored if text is None else sealer.seal(subject, table, name, text)

    count = _change_all(config, keys, change)
    wait(2 * CACHE_SECONDS)
    while _change_all(config, keys, change):
        pass
    keys.forget_older(subjects)
    keys.forget([*others, *map(for_backups, subjects)])
    return count


def check_state(database: Database, config: Config, keys: KeyStore) -> None:
    """Refuse to work on a database that is sealed otherwise than the settings say, or without its keys.

    Looks at the newest account. Raises `ConfigError`.
    """
    sealed = sealed_tables(Base.metadata).get("accounts")
    if sealed is None:
        return
    accounts = _plain(sealed)
    query = (
        select(accounts.c.subject, accounts.c.password)
        .where(accounts.c.password.is_not(None))
        .order_by(accounts.c.id.desc())
    )
    try:
        with database.engine.connect() as connection:
            row = connection.execute(query.limit(1)).first()
    except (OperationalError, ProgrammingError):
        return  # no tables yet
    if row is None:
        return
    in_seal = is_sealed(row.password, row.subject)
    if in_seal and not wanted(config):
        raise ConfigError("ONMEET_SEAL must be always: text in this database is sealed")
    if not in_seal and wanted(config):
        raise ConfigError("ONMEET_SEAL: text in this database lies in clear: run `onmeet keys seal` first")
    if in_seal and keys.get(key_name(row.password) or "") is None and not keys.was_destroyed(row.subject):
        raise ConfigError(
            "ONMEET_KEYS: the keys of this database are not there: put back the folder that belongs to it"
        )


def _change_all(config: Config, keys: KeyStore, change: Change) -> int:
    database = connect(config.database_url)
    try:
        count = sum(
            _change_rows(database, sealed, rows, keys, change)
            for sealed in sealed_tables(Base.metadata).values()
            for rows in _batches(database, sealed)
        )
        database.erase_traces()
    finally:
        database.close()
    return count


def _batches(database: Database, sealed: Sealed) -> Iterator[list[Any]]:
    table, last = _plain(sealed), -1
    while True:
        query = select(table).where(table.c.id > last).order_by(table.c.id).limit(_BATCH)
        with database.engine.connect() as connection:
            rows = list(connection.execute(query).mappings())
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _change_rows(database: Database, sealed: Sealed, rows: list[Any], keys: KeyStore, change: Change) -> int:
    """Change what is stored in some rows, unless somebody else has changed it meanwhile."""
    table, count = _plain(sealed), 0
    texts = [row for row in rows if any(row[name] is not None for name in sealed.names)]
    alive = {row[sealed.subject.key] for row in texts if not keys.was_destroyed(row[sealed.subject.key])}
    keys.ensure(alive)
    with database.writing() as session:
        for row in texts:
            subject = row[sealed.subject.key]
            for name in sealed.names if subject in alive else ():
                old = row[name]
                new = None if old is None else change(sealed.table.name, name, subject, old)
                if new != old:
                    where = (table.c.id == row["id"], table.c[name] == old)
                    session.execute(update(table).where(*where).values({name: new}))
                    count += 1
    return count


def _plain(sealed: Sealed) -> Any:
    names = ("id", sealed.subject.key, *sealed.names)
    return plain_table(sealed.table.name, *(column(n, None if n == "id" else Text()) for n in names))
