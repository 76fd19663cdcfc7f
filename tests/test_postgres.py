"""Migrations on PostgreSQL, as an operator with a `DATABASE_URL` meets them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from onmeet import migrations
from onmeet.config import Config, database_url
from onmeet.db import Base, connect
from onmeet.web import app as _app  # noqa: F401 - declares every table
from tests.factories.postgres import Cluster, postgres

__all__ = ["postgres"]


def test_processes_that_start_together_migrate_once(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.new_database()
    env = {"ONMEET_DATA": str(tmp_path), "ONMEET_MEDIA_IP": "127.0.0.1", "DATABASE_URL": url}
    upgrade = [sys.executable, "-m", "onmeet.cli", "db", "upgrade"]
    starting = [subprocess.Popen(upgrade, env=env) for _ in range(3)]
    assert [process.wait(60) for process in starting] == [0, 0, 0]
    database = connect(database_url(url))
    with database.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).all() == [(migrations.HEAD,)]
        differences = compare_metadata(MigrationContext.configure(session.connection()), Base.metadata)
    database.close()
    assert differences == []


def test_no_connection_compiles_its_statements(postgres: Cluster) -> None:
    """Compiling one of the sweep's takes a second, and its rows are locked meanwhile."""
    database = connect(database_url(postgres.url()))
    with database.reading() as one, database.reading() as two:
        one.rollback()
        assert [session.scalar(text("SHOW jit")) for session in (one, two)] == ["off", "off"]
    database.close()


def test_a_lost_connection_is_replaced(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.new_database()
    settings = {"ONMEET_DATA": str(tmp_path), "ONMEET_MEDIA_IP": "127.0.0.1", "DATABASE_URL": url}
    database = connect(Config.from_env(settings).database_url)
    with database.reading() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
    other = connect(database_url(postgres.url()))
    with other.reading() as session:
        assert session.scalar(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    with database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    other.close()
    database.close()
