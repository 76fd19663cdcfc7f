"""The operator exports, erases, closes and answers from the command line."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from onmeet.accounts.models import Account
from onmeet.accounts.service import Accounts
from onmeet.cli import main
from onmeet.config import Config
from onmeet.mail.about_requests import mail_about_request
from onmeet.notices.holds import Holds
from onmeet.notices.requests import Requests
from onmeet.notices.store import open_database
from tests.factories.policies import policy

EMAIL = "quill@example.org"
PASSWORD = "a lamp in the forest"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    assert main(["db", "upgrade"]) == 0
    made = Config.from_env()
    database = open_database(made, policy())
    Accounts(database, key=made.marks_key).register(EMAIL, PASSWORD, "Quill Heron")
    database.close()
    return made


def raw(config: Config) -> bytes:
    return b"".join(file.read_bytes() for file in config.data.rglob("*") if file.is_file())


@pytest.mark.promise("N1.12")
def test_one_command_exports_everything_about_a_person(config: Config, tmp_path: Path) -> None:
    """One command exports everything about a person."""
    target = tmp_path / "quill.zip"
    assert main(["export", EMAIL, str(target), "--language", "de"]) == 0
    with zipfile.ZipFile(target) as archive:
        data = json.loads(archive.read("data.json"))
        readme = archive.read("README.txt").decode()
        assert "Rechtsgrundlage" in readme
        assert "{" not in readme, "the operator's own name stands where the notice has a placeholder"
    assert data["tables"]["accounts"][0]["values"]["name"]["value"] == "Quill Heron"
    assert target.stat().st_mode & 0o777 == 0o600
    assert main(["export", EMAIL, str(target)]) == 1  # never over another file


@pytest.mark.promise("N1.15", "N2.4", "N4.5")
@pytest.mark.parametrize("command", [["erase"], ["user", "delete"]], ids=["erase", "delete"])
def test_erasing_leaves_nothing_in_any_file(config: Config, command: list[str]) -> None:
    """One command erases a person from every file."""
    assert main([*command, EMAIL]) == 0
    left = raw(config)
    assert EMAIL.encode() not in left
    assert b"Quill Heron" not in left
    assert main([*command, EMAIL]) == 1


def test_what_stays_after_erasing_is_said(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    database = open_database(config, policy())
    Holds(database).add("file 12 O 34/56", datetime.now(UTC), category="account.name")
    database.close()
    assert main(["erase", EMAIL]) == 0
    assert capsys.readouterr().out == ("stays: account.name (1), because of a legal hold: file 12 O 34/56\n")


def test_a_closed_account_lets_nobody_in_until_the_operator_opens_it(config: Config) -> None:
    assert main(["user", "close", EMAIL]) == 0
    assert not signs_in(config)
    assert main(["user", "close", EMAIL]) == 1
    assert main(["user", "reopen", EMAIL]) == 0
    assert signs_in(config)
    assert main(["user", "reopen", EMAIL]) == 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"password": None}, 0), ({"email": None}, 1), ({"erasing": True}, 1)],
    ids=["no password", "no address", "erasing"],
)
def test_a_closed_account_is_opened_as_long_as_its_address_is_held(
    config: Config, changed: dict[str, object], status: int
) -> None:
    assert main(["user", "close", EMAIL]) == 0
    database = open_database(config, policy())
    with database.writing() as session:
        session.execute(update(Account).values(changed))
    database.close()
    assert main(["user", "reopen", EMAIL]) == status


@pytest.mark.promise("N2.4", "N4.4")
def test_a_request_is_listed_extended_passed_on_and_answered(
    config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator lists, extends, passes on and answers requests."""
    database = open_database(config, policy())
    account = Accounts(database, key=config.marks_key).id_of(EMAIL)
    requests = Requests(database, mail_about_request)
    number = requests.file("access", "what?", datetime.now(UTC), email=EMAIL, account_id=account)
    requests.file("access", "unverified", datetime.now(UTC), email="gil@example.org")
    database.close()
    for arguments, said in (
        (["list"], "access"),
        (["show", str(number)], "asks: what?"),
        (["held", str(number)], "Quill Heron"),
        (["extend", str(number), "many records"], "due "),
        (["pass-on", str(number), EMAIL], ""),
        (["list"], "passed-on"),
    ):
        assert main(["requests", *arguments]) == 0
        out = capsys.readouterr().out
        assert said in out
        assert "unverified" not in out
    monkeypatch.setattr("sys.stdin", io.StringIO("Here it is.\n"))
    assert main(["requests", "answer", str(number)]) == 0
    assert main(["requests", "list"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["requests", "list", "--all"]) == 0
    assert "answered" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("Again.\n"))
    assert main(["requests", "answer", str(number)]) == 1
    assert main(["requests", "show", "999"]) == 1


def signs_in(config: Config) -> bool:
    database = open_database(config, policy())
    try:
        Accounts(database, key=config.marks_key).sign_in(EMAIL, PASSWORD, client="here")
    except Exception:
        return False
    finally:
        database.close()
    return True
