"""Deletion receipts as pages: read one, check one, with and without this server."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from onmeet.notices.receipts import InstanceKey, Issued, Looked, Receipts
from onmeet.web.receipts import parse
from tests.factories.house import House
from tests.web.test_notice_pages import words

JSON = {"Accept": "application/json"}
ID = "ab" * 32
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def issued(house: House) -> Issued:
    """A receipt that the keeper of this house has made."""
    key = InstanceKey.of(house.config)
    receipts = Receipts(house.services.database, key, house.services.policy.notice)
    looked = [Looked("relay memory", "released"), Looked("database", "deleted", {"meeting.topic": 2})]
    return receipts.issue(ID, NOW, looked, {"meeting.ip": datetime(2027, 12, 1, tzinfo=UTC)})


@pytest.mark.usefixtures("issued")
def test_a_receipt_says_what_went_and_what_stays(house: House) -> None:
    page = words(house.visitor().open(f"/privacy/receipts/{ID}"))
    assert "Memory of the relay released" in page
    assert "Database deleted Title of a meeting: 2" in page
    assert "Network addresses in a meeting 1 December 2027" in page
    assert "22 November 2026, 09:00 UTC" in page


@pytest.mark.usefixtures("issued")
def test_the_page_after_a_meeting_gets_it_as_json(house: House) -> None:
    said = house.visitor(**{"Accept-Language": "de"}).open(f"/privacy/receipts/{ID}", headers=JSON).get_json()
    assert said["stores"] == [["Arbeitsspeicher der Vermittlung", "freigegeben"], ["Datenbank", "gelöscht"]]
    assert said["kept"] == [["Netzadressen im Treffen", "1. Dezember 2027"]]
    assert house.visitor().open(said["page"]).status_code == 200


def test_a_receipt_that_is_not_there_yet_is_no_error_for_the_page_that_waits(house: House) -> None:
    waiting = house.visitor().open(f"/privacy/receipts/{ID}", headers=JSON)
    assert (waiting.status_code, waiting.get_json()) == (202, None)
    assert house.visitor().open(f"/privacy/receipts/{ID}").status_code == 404
    assert house.visitor().open("/privacy/receipts/nonsense").status_code == 404
    assert house.visitor().open(f"/privacy/receipts/{ID}/file").status_code == 404


def test_a_genuine_receipt_is_recognised_without_a_script(house: House, issued: Issued) -> None:
    visitor = house.visitor()
    file = visitor.open(f"/privacy/receipts/{ID}/file").text
    for pasted in (file, f"{issued.body}\n{issued.signature}\n"):
        page = words(visitor.send("/privacy/receipts", receipt=pasted))
        assert "Genuine." in page
        assert "Title of a meeting: 2" in page


def test_a_changed_receipt_is_refused(house: House, issued: Issued) -> None:
    visitor = house.visitor()
    for pasted in (
        f"{issued.body.replace('2027', '2026')}\n{issued.signature}",
        json.dumps({"body": issued.body, "signature": "AAAA"}),
        json.dumps({"body": 5}),
        "[" * 5000,
        "",
    ):
        page = words(visitor.send("/privacy/receipts", receipt=pasted))
        assert "Not genuine." in page, pasted[:40]


def test_the_commands_of_the_page_check_a_receipt_without_this_server(
    house: House, issued: Issued, tmp_path: Path
) -> None:
    visitor = house.visitor()
    (tmp_path / "key.pem").write_text(visitor.open("/privacy/receipts/key.pem").text)
    (tmp_path / "receipt.json").write_text(visitor.open(f"/privacy/receipts/{issued.id}/file").text)
    page = visitor.open("/privacy/receipts").text
    commands = unescape(page.partition("python3 -c")[2].partition("</pre>")[0])
    done = subprocess.run(
        ["bash", "-c", f"python3 -c{commands}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verified Successfully" in done.stdout, done.stderr


def test_body_and_signature_are_found_in_what_was_pasted() -> None:
    assert parse('{"body": "b", "signature": "s"}') == ("b", "s")
    assert parse("  b \n\n s ") == ("b", "s")
    assert parse("b") == ("b", "")
