"""A PostgreSQL of the tests' own, for as long as they run: no service, no password, no other machine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from onmeet import migrations
from onmeet.config import Config, database_url
from onmeet.db import connect
from tests.factories.house import House, MakeDatabase, copy_of
from tests.running import free_port
from tests.waiting import until

__all__ = [
    "Cluster", "migrated", "missing", "new_database", "postgres", "running_cluster", "sqlite_files",
]  # fmt: skip


def _binaries() -> Path | None:
    """Where `initdb` and `postgres` lie; Debian keeps them out of PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3])
    return versions[-1].parent if versions else None


def missing() -> str | None:
    """Why there can be no PostgreSQL here, in words, or None."""
    if _binaries() is None:
        return "PostgreSQL is not installed: sudo apt-get install postgresql"
    if os.geteuid() == 0 and _ordinary_user() is None:
        return "PostgreSQL does not run as root, and there is no user to run it as"
    return None


def _ordinary_user() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class Cluster:
    """A running server with databases made on request."""

    def __init__(self, port: int, folder: Path) -> None:
        """folder: where everything lies that the server writes."""
        self.folder = folder
        self._port = port
        self._count = 0

    def url(self, database: str = "postgres") -> str:
        """As a PaaS would hand it out."""
        return f"postgres://onmeet@127.0.0.1:{self._port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """The URL of a fresh database, a copy of `template`."""
        self._count += 1
        name = f"test{self._count}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._run(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self._run("SELECT 1")
        except OperationalError:
            return False
        return True

    def _run(self, statement: str) -> None:
        database = connect(database_url(self.url()))
        try:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(statement))
        finally:
            database.close()


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Make a cluster in a temporary folder, run it on 127.0.0.1, end it."""
    binaries = _binaries()
    assert binaries is not None
    with tempfile.TemporaryDirectory(prefix="onmeet-postgres-") as folder:
        who = _become(Path(folder))
        data = f"{folder}/data"
        make = ["initdb", "-D", data, "-U", "onmeet", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N"]
        subprocess.run(
            [binaries / make[0], *make[1:]], check=True, cwd=folder, stdout=subprocess.DEVNULL, **who
        )
        port = free_port()
        settings = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *options], cwd=folder, stdout=log, stderr=log, **who
            )
        try:
            cluster = Cluster(port, Path(folder))
            until(cluster.answers, "PostgreSQL to answer", within=30)
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)  # what it calls a fast shutdown
            server.wait(30)


def _become(folder: Path) -> dict[str, Any]:
    """Arguments of `subprocess` that run a program as an ordinary user, to whom `folder` is given."""
    user = _ordinary_user() if os.geteuid() == 0 else None
    if user is None:
        return {}
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


# -- fixtures ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The cluster, one for the whole run; skips with the reason where there can be none."""
    if (why := missing()) is not None:
        pytest.skip(why)
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database with nothing in it, to be copied."""
    url = postgres.new_database()
    data = tmp_path_factory.mktemp("postgres")
    settings = {"ONMEET_DATA": str(data), "ONMEET_MEDIA_IP": "127.0.0.1", "DATABASE_URL": url}
    migrations.upgrade(Config.from_env(settings))
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> Iterator[MakeDatabase]:
    """As `house.new_database`, for a module whose tests are to run on both kinds of database."""
    if request.param == "sqlite":
        yield partial(copy_of, request.getfixturevalue("empty_database"))
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("migrated")
    made: list[str] = []

    def make(_data: Path) -> str:
        made.append(cluster.new_database(template))
        return database_url(made[-1])

    yield make
    for url in made:
        cluster.drop(url)


@pytest.fixture
def sqlite_files(house: House) -> Path:
    """The folder of SQLite's files, for tests that look into them; skips on the other kind."""
    if house.services.database.engine.dialect.name != "sqlite":
        pytest.skip("looks into SQLite's files; PostgreSQL promises nothing about its own")
    return house.config.data
