"""A PostgreSQL of the tests' own, for as long as they run: no service, no password, no other machine.

`./dev test --postgresql` sets TEST_DATABASE=postgresql. Then every test that does not care which kind of
database it uses gets a fresh one here: `fresh_database`, all of them in one cluster for the whole run.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from onmeet import migrations
from onmeet.config import Config, database_url
from onmeet.db import connect
from tests.ports import free_port
from tests.waiting import until

__all__ = ["Cluster", "drop", "fresh_database", "migrated_in", "missing", "running_cluster"]


def fresh_database() -> str:
    """The URL of a migrated database with nothing in it; the run ends here where there can be none."""
    return _lasting().new_database(_template())


def drop(url: str) -> None:
    """Remove a database that `fresh_database` made; the others go with the run."""
    _lasting().drop(url)


MEMORY_BYTES = 4 << 30
"""Less is not taken from the machine's memory: a run has one server, and dozens of databases of 10 MB."""


@cache
def _lasting() -> Cluster:
    if (why := missing()) is not None:
        pytest.exit(why, returncode=2)
    stack = ExitStack()
    atexit.register(
        stack.close
    )  # servers and pools of the whole run use it: nothing of pytest's ends as late
    return stack.enter_context(running_cluster())


@cache
def _template() -> str:
    with tempfile.TemporaryDirectory(prefix="onmeet-template-") as data:
        return migrated_in(_lasting(), Path(data))


def migrated_in(cluster: Cluster, data: Path) -> str:
    """The name of a new, migrated database with nothing in it, to be copied.

    data: a folder for the keys that migrating makes.
    """
    url = cluster.new_database()
    settings = {"ONMEET_DATA": str(data), "ONMEET_MEDIA_IP": "127.0.0.1", "DATABASE_URL": url}
    migrations.upgrade(Config.from_env(settings))
    return url.rpartition("/")[2]


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
    with tempfile.TemporaryDirectory(prefix="onmeet-postgres-", dir=_memory()) as folder:
        who = _become(Path(folder))
        data = f"{folder}/data"
        make = ["initdb", "-D", data, "-U", "onmeet", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N"]
        subprocess.run(
            [binaries / make[0], *make[1:]], check=True, cwd=folder, stdout=subprocess.DEVNULL, **who
        )
        port = free_port()
        settings = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "max_connections": 300,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *options], cwd=folder, stdout=log, stderr=log, **who
            )
        try:
            cluster = Cluster(port, Path(folder))
            until(cluster.answers, "PostgreSQL to answer", within=90)
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)  # what it calls a fast shutdown
            server.wait(90)


def _memory() -> str | None:
    """A folder in memory, where a new database takes a tenth of the time; None where there is too little."""
    try:
        roomy = shutil.disk_usage("/dev/shm").free > MEMORY_BYTES
    except OSError:
        return None
    return "/dev/shm" if roomy and os.access("/dev/shm", os.W_OK) else None


def _become(folder: Path) -> dict[str, Any]:
    """Arguments of `subprocess` that run a program as an ordinary user, to whom `folder` is given."""
    user = _ordinary_user() if os.geteuid() == 0 else None
    if user is None:
        return {}
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
