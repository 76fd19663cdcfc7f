"""PostgreSQL for tests that choose it by themselves: fixtures to import; the cluster is in `cluster.py`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from onmeet.config import database_url
from tests.factories.cluster import Cluster, migrated_in, missing, running_cluster
from tests.factories.house import House, MakeDatabase, copy_of

__all__ = [
    "Cluster", "migrated", "missing", "new_database", "postgres", "running_cluster", "sqlite_files",
]  # fmt: skip


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
    return migrated_in(postgres, tmp_path_factory.mktemp("postgres"))


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
