"""Databases as they were before: for tests that share one house and change what is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import text

from onmeet.config import Config
from onmeet.db import Base, Database, connect

__all__ = ["taken_back"]


@contextmanager
def taken_back(config: Config, folder: Path) -> Iterator[None]:
    """What happens in the block to the database, and to the keys of sealed text, is undone after it.

    folder: an empty one, for the copies.
    """
    keys = config.data / "keys" / "subjects.db"
    files = [keys] if keys.exists() else []
    sqlite = config.database_url.startswith("sqlite:///")
    if sqlite:
        files.append(Path(config.database_url.removeprefix("sqlite:///")))
    for file in files:
        _copy(file, folder / file.name)
    if sqlite:
        yield
    else:
        with closing(connect(config.database_url)) as database:
            _save(database)
            yield
            _restore(database)
    for file in files:
        _copy(folder / file.name, file)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _save(database: Database) -> None:
    """Copy all rows beside their tables: a database that is in use cannot be a template."""
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS saved CASCADE"))
        connection.execute(text("CREATE SCHEMA saved"))
        for name in Base.metadata.tables:
            connection.execute(text(f'CREATE TABLE saved."{name}" AS TABLE public."{name}"'))


def _restore(database: Database) -> None:
    names = list(Base.metadata.tables)
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # foreign keys rest
        connection.execute(text("TRUNCATE " + ", ".join(f'public."{name}"' for name in names)))
        for name in names:
            connection.execute(text(f'INSERT INTO public."{name}" SELECT * FROM saved."{name}"'))
