"""The operator's commands find their database by the environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.cluster import drop, fresh_database
from tests.running import postgresql_everywhere


@pytest.fixture(autouse=True)
def usual_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PostgreSQL under `./dev test --postgresql`; otherwise what the settings say, which is SQLite."""
    if not postgresql_everywhere():
        yield
        return
    url = fresh_database()
    monkeypatch.setenv("DATABASE_URL", url)
    yield
    drop(url)
