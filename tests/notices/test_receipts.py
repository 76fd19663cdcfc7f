"""Deletion receipts: signed, stored once, checked by anybody with the public key and nothing else."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.notices.receipts import InstanceKey, Issued, Looked, Receipts, canonical, check, fingerprint
from tests.factories.postgres import postgres
from tests.notices.sweeping import NOW, database, policy

__all__ = ["database", "postgres"]

ROOM = "ab" * 32
LOOKED = [
    Looked("relay memory", "released"),
    Looked("database", "deleted", {"meeting.participants": 3, "meeting.joins": 6}),
]


@pytest.fixture
def key(tmp_path: Path) -> InstanceKey:
    return InstanceKey.load(tmp_path / "receipts.pem")


def issue(database: Database, key: InstanceKey, **more: object) -> Issued:
    return Receipts(database, key, policy().notice).issue(ROOM, NOW, LOOKED, more.get("kept"))  # type: ignore[arg-type]


@pytest.mark.promise("N1.2", "N1.15")
def test_a_receipt_names_stores_and_categories_and_is_signed(database: Database, key: InstanceKey):
    """After a meeting a signed receipt says what was deleted, where and when."""
    receipt = issue(database, key, kept={"meeting.ip": NOW + timedelta(days=30), "meeting.topic": None})
    assert json.loads(receipt.body) == {
        "schema": "onmeet-receipt-1",
        "id": ROOM,
        "at": "2028-03-15T12:00:00Z",
        "key": key.fingerprint,
        "notice": {"name": "test", "version": "1"},
        "stores": [
            {"store": "relay memory", "result": "released"},
            {
                "store": "database",
                "result": "deleted",
                "categories": {"meeting.participants": 3, "meeting.joins": 6},
            },
        ],
        "kept": [
            {"category": "meeting.ip", "until": "2028-04-14T12:00:00Z"},
            {"category": "meeting.topic", "until": None},
        ],
    }
    assert check(receipt.body, receipt.signature, key.public_pem)


def test_a_receipt_is_issued_once_and_found_again(database: Database, key: InstanceKey):
    receipts = Receipts(database, key, policy().notice)
    first = receipts.issue(ROOM, NOW, LOOKED)
    assert receipts.issue(ROOM, NOW + timedelta(seconds=5), []) == first
    assert receipts.find(ROOM) == first
    assert receipts.find("cd" * 32) is None


def test_any_change_breaks_the_signature(database: Database, key: InstanceKey, tmp_path: Path):
    receipt = issue(database, key)
    changed = receipt.body.replace('"meeting.joins":6', '"meeting.joins":7')
    assert changed != receipt.body
    other = InstanceKey.load(tmp_path / "other.pem")
    assert not check(changed, receipt.signature, key.public_pem)
    assert not check(receipt.body + "\n", receipt.signature, key.public_pem)
    assert not check(receipt.body, receipt.signature, other.public_pem)
    for nonsense in ("", "é", "AAAA", receipt.signature[:-4], "!" + receipt.signature):
        assert not check(receipt.body, nonsense, key.public_pem)
    assert not check(receipt.body, receipt.signature, "no key")


def test_one_statement_has_one_spelling():
    assert canonical({"b": 1, "a": {"d": "ä", "c": None}}) == '{"a":{"c":null,"d":"ä"},"b":1}'


def test_the_key_is_made_once_and_readable_for_its_owner_alone(tmp_path: Path):
    file = tmp_path / "receipts.pem"
    first = InstanceKey.load(file)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert InstanceKey.load(file).public_pem == first.public_pem
    assert fingerprint(first.public_pem) == first.fingerprint
    file.write_text("something else")
    with pytest.raises(ConfigError, match=r"receipts\.pem, which signs receipts, cannot be read"):
        InstanceKey.load(file)


CHECK = Path(__file__).parents[2] / "docs" / "receipts.md"


def test_the_shell_commands_of_the_documentation_check_a_receipt(
    database: Database, key: InstanceKey, tmp_path: Path
):
    receipt = issue(database, key)
    folder = tmp_path / "received"
    folder.mkdir()
    (folder / "receipt.json").write_text(receipt.body, "utf-8")
    (folder / "receipt.sig").write_text(receipt.signature + "\n")
    (folder / "instance.pem").write_text(key.public_pem)
    block = CHECK.read_text("utf-8").split("```sh\n", 1)[1].split("```", 1)[0]
    run = ["sh", "-ec", block]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Signature Verified Successfully" in done.stdout
    assert key.fingerprint in done.stdout
    (folder / "receipt.json").write_text(receipt.body.replace("released", "kept"), "utf-8")
    assert subprocess.run(run, cwd=folder, capture_output=True).returncode != 0


def test_times_are_written_in_utc(database: Database, key: InstanceKey):
    later = datetime(2028, 1, 1, tzinfo=UTC)
    receipt = Receipts(database, key, policy().notice).issue(ROOM, later, [])
    assert json.loads(receipt.body)["at"] == "2028-01-01T00:00:00Z"
    assert len(base64.urlsafe_b64decode(receipt.signature)) == 64
