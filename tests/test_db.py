"""The database: safe with many hands, and forgetful when told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from onmeet import migrations
from onmeet.config import Config
from onmeet.db import Base, Database, connect
from onmeet.web import app as _app  # noqa: F401 - declares every table

INSERT = text(
    "INSERT INTO accounts (subject, email_mark, email, restricted, objected, erasing, proven, notice,"
    " new_email_mark, new_email_agreed, totp_step, role)"
    " VALUES (:email, :email, :email, FALSE, FALSE, FALSE, '', '', '', '', 0, '')"
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.from_env({"ONMEET_DATA": str(tmp_path / "var"), "ONMEET_MEDIA_IP": "127.0.0.1"})


@pytest.fixture
def database(config: Config) -> Database:
    migrations.upgrade(config)
    return connect(config.database_url)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("secure_delete", 1), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_every_connection_has_the_settings_that_deleting_relies_on(
    database: Database, pragma: str, value: object
) -> None:
    with database.reading() as one, database.reading() as two:
        assert one.execute(text(f"PRAGMA {pragma}")).scalar() == value
        assert two.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_the_tables_are_those_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_head_is_the_newest_revision() -> None:
    settings = AlembicConfig()
    settings.set_main_option("script_location", "onmeet:migrations")
    settings.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(settings).get_heads() == [migrations.HEAD]


def test_processes_that_start_together_migrate_once(config: Config) -> None:
    command = [sys.executable, "-m", "onmeet.cli", "db", "upgrade"]
    environment = {"ONMEET_DATA": str(config.data), "PATH": ""}
    starts = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    for start in starts:
        _, errors = start.communicate()
        assert (start.returncode, errors) == (0, b"")
    with sqlite3.connect(config.data / "onmeet.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (migrations.HEAD,)
        ]


def test_a_second_start_does_not_even_load_the_tools(config: Config) -> None:
    migrations.upgrade(config)
    script = (
        "import sys; from onmeet import migrations; from onmeet.config import Config;"
        "migrations.upgrade(Config.from_env());"
        "sys.exit(any(name in sys.modules for name in ('alembic', 'sqlalchemy', 'flask')))"
    )
    environment = {"ONMEET_DATA": str(config.data), "PATH": ""}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0


def test_an_exception_undoes_the_whole_block(database: Database) -> None:

    def fail() -> None:
        with database.writing() as session:
            session.execute(INSERT, {"email": "a"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM accounts")).scalar() == 0


def test_a_reader_does_not_stop_a_writer(database: Database) -> None:
    with database.reading() as reader:
        before = reader.execute(text("SELECT count(*) FROM accounts")).scalar()
        with database.writing() as writer:
            writer.execute(INSERT, {"email": "a"})
        assert reader.execute(text("SELECT count(*) FROM accounts")).scalar() == before == 0


def test_errors_do_not_quote_what_was_stored(database: Database) -> None:
    with database.writing() as session:
        session.execute(INSERT, {"email": "ada@example.org"})
    with pytest.raises(Exception, match="UNIQUE") as failed, database.writing() as session:
        session.execute(INSERT, {"email": "ada@example.org"})
    assert "ada@example.org" not in str(failed.value)


def test_emptying_the_log_leaves_the_patience_of_the_connection_as_it_was(database: Database) -> None:
    assert database.erase_traces()
    with database.reading() as session:
        assert session.execute(text("PRAGMA busy_timeout")).scalar() == 10_000
