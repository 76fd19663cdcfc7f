"""What the keeper does for people: it finishes erasures and forgets requests that nobody confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onmeet.config import Config
from onmeet.db import Database
from onmeet.keeper.__main__ import Keeper
from onmeet.mail.about_requests import mail_about_request
from onmeet.notices import access
from onmeet.notices.erasure import Erasure
from onmeet.notices.requests import Requests
from onmeet.notices.store import open_database
from tests.factories.held import fill
from tests.factories.house import MakeDatabase, empty_database, make_config, new_database
from tests.factories.policies import policy

__all__ = ["empty_database", "new_database"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def config(new_database: MakeDatabase, tmp_path: Path) -> Config:
    made = make_config(tmp_path / "var")
    return replace(made, database_url=new_database(made.data))


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    opened = open_database(config, policy())
    yield opened
    opened.close()


def test_an_erasure_that_was_cut_short_is_finished(config: Config, database: Database) -> None:
    def crash(_step: str) -> None:
        raise InterruptedError

    with database.writing() as session:
        ada, _ = fill(session, "ada")
    with pytest.raises(InterruptedError):
        Erasure(database, policy(), step=crash).account(ada, NOW)
    Keeper(config, policy(), database)._work()["erasures"](NOW)
    with database.reading() as session:
        left = access.held(session, ada, policy(), NOW)
    assert {item.category for item in left} == {"billing.invoice"}, "what the law keeps, and nothing else"


def test_a_request_that_nobody_confirmed_is_forgotten(config: Config, database: Database) -> None:
    requests = Requests(database, mail_about_request)
    requests.file("access", "what?", NOW, email="gil@example.org")
    Keeper(config, policy(), database)._work()["requests"](NOW + timedelta(days=8))
    with database.reading() as session:
        assert access.mentioning(session, "gil@example.org", policy(), NOW) == []
