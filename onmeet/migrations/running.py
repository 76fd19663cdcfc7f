"""Runs Alembic on one connection, under a lock that all starting processes share."""

from __future__ import annotations

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, inspect, text

from onmeet.db import connect

__all__ = ["migrate"]

_LOCK = 0x6F6E6D656574  # "onmeet": the advisory lock of migrations on PostgreSQL


def migrate(url: str, head: str) -> None:
    """Bring the database at `url` to revision `head`, in one transaction."""
    database = connect(url)
    try:
        # BEGIN IMMEDIATE on SQLite: whoever comes second waits here
        with (
            database.engine.connect().execution_options(onmeet_writes=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if _revision(connection) != head:
                _run(connection)
    finally:
        database.close()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run(connection: Connection) -> None:
    settings = AlembicConfig()
    settings.set_main_option("script_location", "onmeet:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
