"""Runs Alembic on one connection, under a lock that all starting processes share."""

from __future__ import annotations

import sqlite3
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, event, inspect, text

from onmeet.db import connect

__all__ = ["migrate"]

_LOCK = 0x6F6E6D656574  # "onmeet": the advisory lock of migrations on PostgreSQL


def migrate(url: str, head: str, *, marks_key: bytes) -> bool:
    """Bring the database at `url` to revision `head`, in one transaction; whether anything was to do.

    marks_key: makes the marks by which rows are found from revision 0002 on (`onmeet.notices.marks`).
    """
    database = connect(url)
    if database.engine.dialect.name == "sqlite":
        event.listen(database.engine, "connect", _keep_rows_of_replaced_tables)
    try:
        # BEGIN IMMEDIATE on SQLite: whoever comes second waits here
        with (
            database.engine.connect().execution_options(onmeet_writes=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            behind = _revision(connection) != head
            if behind:
                _run(connection, marks_key)
            _check_references(connection)
        database.erase_traces()  # what stood in replaced tables
    finally:
        database.close()
    return behind


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _keep_rows_of_replaced_tables(connection: sqlite3.Connection, _record: Any) -> None:
    """SQLite changes a table by replacing it: dropping the old one must not cascade to what refers to it."""
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(connection: Connection) -> None:
    """Undo the upgrade rather than leave rows that refer to nothing."""
    if connection.dialect.name != "sqlite":
        return
    dangling = {row[0] for row in connection.execute(text("PRAGMA foreign_key_check"))}
    if dangling:
        raise RuntimeError(f"the upgrade would leave dangling rows in: {', '.join(sorted(dangling))}")


def _run(connection: Connection, marks_key: bytes) -> None:
    settings = AlembicConfig()
    settings.set_main_option("script_location", "onmeet:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    settings.attributes["marks_key"] = marks_key
    command.upgrade(settings, "head")
