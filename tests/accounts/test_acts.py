"""The log of operators' acts: whoever changes it, cuts it or puts something in is noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from onmeet.accounts.acts import Acts
from onmeet.db import Database
from onmeet.notices.store import open_database
from tests.factories.house import MakeDatabase, empty_database, make_config
from tests.factories.policies import policy
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]  # both kinds of database

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
def database(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Database]:
    config = make_config(tmp_path / "var")
    opened = open_database(replace(config, database_url=new_database(config.data)), policy())
    yield opened
    opened.close()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    return folder


@pytest.fixture
def acts(database: Database, keys: Path) -> Acts:
    log = Acts(database, KEY, keys)
    for number in range(1, 6):
        log.record(7, "account-closed", number, NOW)
    return log


def tampered(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement), execution_options={"onmeet_technical": True})


def test_acts_are_read_as_they_were_written(acts: Acts) -> None:
    newest = acts.newest(2)
    assert [(each.number, each.about) for each in newest] == [(5, "5"), (4, "4")]
    assert newest[0].at == NOW.replace(microsecond=0)
    assert acts.broken_at() is None


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE admin_acts SET about = '9' WHERE id = 3", 3),
        ("UPDATE admin_acts SET actor = 8 WHERE id = 1", 1),
        ("UPDATE admin_acts SET at = '2026-03-01 12:31:00' WHERE id = 2", 2),
        ("DELETE FROM admin_acts WHERE id = 1", 1),
        ("DELETE FROM admin_acts WHERE id = 4", 4),
        ("DELETE FROM admin_acts WHERE id = 5", 5),
        ("DELETE FROM admin_acts", 1),
        ("INSERT INTO admin_acts SELECT 6, at, actor, act, about, chain FROM admin_acts WHERE id = 5", 6),
    ],
)
def test_a_row_that_was_changed_taken_out_or_put_in_is_noticed(
    database: Database, acts: Acts, statement: str, row: int
) -> None:
    tampered(database, statement)
    assert acts.broken_at() == row


def test_whoever_writes_rows_anew_without_the_key_is_noticed(
    database: Database, acts: Acts, keys: Path
) -> None:
    tampered(database, "DELETE FROM admin_acts WHERE id >= 3")
    forger = Acts(database, b"x" * 32, keys.parent / "elsewhere")
    (keys.parent / "elsewhere").mkdir()
    for number in (3, 4, 5):
        forger.record(7, "account-closed", number, NOW)
    assert acts.broken_at() == 3


def test_whoever_holds_the_key_alone_cannot_go_back_behind_the_noted_row(
    database: Database, acts: Acts, keys: Path
) -> None:
    """The newest row stands in the folder of the keys too, so that a past from a back-up does not fit."""
    tampered(database, "DELETE FROM admin_acts WHERE id >= 4")
    (keys.parent / "elsewhere").mkdir()
    other = Acts(database, KEY, keys.parent / "elsewhere")
    other.record(7, "account-reopened", 4, NOW)
    other.record(7, "account-reopened", 5, NOW)
    assert acts.broken_at() == 5


def test_a_process_that_ended_before_noting_its_row_breaks_nothing(
    database: Database, acts: Acts, keys: Path
) -> None:
    noted = (keys / "acts").read_text()
    acts.record(7, "account-closed", 6, NOW)
    (keys / "acts").write_text(noted)
    assert acts.broken_at() is None


def test_several_at_once_write_one_row_after_the_other(acts: Acts) -> None:
    def write(actor: int) -> Callable[[], None]:
        return lambda: [acts.record(actor, "account-closed", n, NOW) for n in range(5)] and None

    threads = [threading.Thread(target=write(actor)) for actor in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(acts.newest()) == 20
    assert acts.broken_at() is None
