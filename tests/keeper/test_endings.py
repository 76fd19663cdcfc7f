"""When a meeting is over: deleted at once, the log emptied, a receipt that says so and what stays."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from onmeet.db import Database
from onmeet.keeper.endings import Endings
from onmeet.keeper.remains import remains
from onmeet.notices.policy import Policy
from onmeet.notices.receipts import InstanceKey, Receipts, check
from onmeet.notices.sweep import Sweep
from tests.factories.postgres import postgres
from tests.notices.sweeping import (
    END_OF_CALL,
    NOW,
    TODAY,
    TWELVE_FULL_MONTHS,
    Rows,
    database,
    item,
    opened,
    policy,
    rows,
)

__all__ = ["database", "postgres", "rows"]

ROOM = "ab" * 32


class Finish:
    """Finishes a meeting under a policy and gives its receipt."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.key = InstanceKey.load(folder / "receipts.pem")
        self.complaints: list[str] = []

    def __call__(self, under: Policy) -> dict[str, Any]:
        receipts = Receipts(self.database, self.key, under.notice)
        sweep = Sweep(self.database, under)
        endings = Endings(
            self.database, under, sweep, receipts, not_clean=lambda: self.complaints.append("traces")
        )
        endings.finish(ROOM, NOW)
        receipt = receipts.find(ROOM)
        assert receipt is not None
        assert check(receipt.body, receipt.signature, receipts.public_key)
        body: dict[str, Any] = json.loads(receipt.body)
        return body

    def stores(self, under: Policy) -> dict[str, str]:
        return {store["store"]: store["result"] for store in self(under)["stores"]}


@pytest.fixture
def finish(database: Database, tmp_path: Path) -> Finish:
    return Finish(database, tmp_path)


@pytest.mark.promise("N1.2", "N1.7")
def test_under_a_notice_without_records_nothing_was_stored(finish: Finish):
    """The receipt of a meeting under on-meet says that nothing of it was stored."""
    body = finish(policy())
    assert body["kept"] == []
    assert {"store": "relay memory", "result": "released"} in body["stores"]
    assert {"store": "database", "result": "nothing was stored"} in body["stores"]


def test_the_receipt_counts_what_went_and_says_what_stays_and_until_when(finish: Finish, rows: Rows):
    record = rows.add("meeting_records", instance=ROOM, ended_on=TODAY, title="Budget")
    for name in ("Ada", "Grace"):
        rows.add("participations", record_id=record, ended_on=TODAY, name=name, ip="203.0.113.7")
    other = rows.add("meeting_records", ended_on=TODAY, title="Another meeting")
    rows.add("participations", record_id=other, ended_on=TODAY, name="Emmy")
    body = finish(policy(item("meeting.participants", END_OF_CALL), item("meeting.ip", TWELVE_FULL_MONTHS)))
    went = {"meeting.participants": 2, "meeting.topic": 1}
    assert {"store": "database", "result": "deleted", "categories": went} in body["stores"]
    assert {"category": "meeting.ip", "until": "2029-04-01T00:00:00Z"} in body["kept"]
    assert "Ada" not in json.dumps(body)


def test_when_nothing_is_due_yet_the_receipt_says_so(finish: Finish, rows: Rows):
    rows.add("meeting_records", instance=ROOM, ended_on=TODAY, title="Budget")
    keeps = policy(*(item(category, TWELVE_FULL_MONTHS) for category in ("meeting.topic", "meeting.joins")))
    assert finish.stores(keeps)["database"] == "nothing is due"
    assert remains(finish.database, ROOM).counts == {"meeting.topic": 1}


def test_a_reader_in_the_way_is_admitted_and_reported(tmp_path: Path):
    database = opened(f"sqlite:///{tmp_path}/onmeet.db", tmp_path)
    record = Rows(database).add("meeting_records", instance=ROOM, ended_on=TODAY, title="Budget")
    assert record
    finish = Finish(database, tmp_path)
    reader = sqlite3.connect(tmp_path / "onmeet.db")
    reader.execute("BEGIN").execute("SELECT count(*) FROM accounts").fetchone()
    stores = finish.stores(policy(item("meeting.topic", END_OF_CALL)))
    assert stores["write-ahead log"] == "not emptied yet: a reader was in the way"
    assert finish.complaints == ["traces"]
    reader.close()
    assert database.erase_traces()
    database.close()


def test_an_empty_log_is_said_to_be_emptied(tmp_path: Path):
    database = opened(f"sqlite:///{tmp_path}/onmeet.db", tmp_path)
    Rows(database).add("meeting_records", instance=ROOM, ended_on=TODAY, title="Canary")
    assert Finish(database, tmp_path).stores(policy(item("meeting.topic", END_OF_CALL))) == {
        "relay memory": "released", "database": "deleted", "write-ahead log": "emptied",
    }  # fmt: skip
    for file in tmp_path.glob("onmeet.db*"):
        assert b"Canary" not in file.read_bytes()
    database.close()
