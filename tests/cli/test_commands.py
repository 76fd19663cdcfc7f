"""The operator's command line, run as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onmeet.accounts.service import Accounts, WrongCredentials
from onmeet.config import Config
from onmeet.notices.store import open_database
from tests.factories.policies import policy
from tests.running import postgresql_everywhere

EMAIL = "quill@example.org"
GOOD, BETTER = "a lamp in the forest", "two lamps in the forest"


def onmeet(data: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ONMEET_DATA": str(data)}
    command = [sys.executable, "-m", "onmeet.cli", *arguments]
    return subprocess.run(command, env=environment, input=text, capture_output=True, text=True)


def accounts(data: Path) -> Accounts:
    config = Config.from_env({**os.environ, "ONMEET_DATA": str(data)})
    return Accounts(open_database(config, policy()), key=config.marks_key)


@pytest.mark.skipif(postgresql_everywhere(), reason="compares SQLite's file; test_postgres.py upgrades twice")
def test_database_is_made_and_a_second_upgrade_changes_nothing(tmp_path: Path):
    assert onmeet(tmp_path, "db", "upgrade").returncode == 0
    before = (tmp_path / "onmeet.db").read_bytes()
    again = onmeet(tmp_path, "db", "upgrade")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (tmp_path / "onmeet.db").read_bytes() == before


def test_account_is_made_gets_a_new_password_and_is_deleted(tmp_path: Path):
    assert onmeet(tmp_path, "user", "add", EMAIL, text=f"{GOOD}\n").returncode == 0
    signed_in = accounts(tmp_path).sign_in(EMAIL, GOOD, client="here")
    assert onmeet(tmp_path, "user", "password", EMAIL, text=f"{BETTER}\n").returncode == 0
    people = accounts(tmp_path)
    assert people.by_token(signed_in.token) is None
    with pytest.raises(WrongCredentials):
        people.sign_in(EMAIL, GOOD, client="here")
    assert people.sign_in(EMAIL, BETTER, client="here").person.email == EMAIL
    assert onmeet(tmp_path, "user", "delete", EMAIL).returncode == 0
    assert not accounts(tmp_path).has(EMAIL)
    left = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert EMAIL.encode() not in left


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (("user", "add", "nobody"), GOOD, "this is not an e-mail address"),
        (("user", "add", EMAIL), "short", "a password has 10 to 256 characters"),
        (("user", "add", EMAIL), EMAIL, "this password is too easy to guess"),
        (("user", "password", EMAIL), GOOD, "there is no account with this address"),
        (("user", "delete", EMAIL), "", "there is no account with this address"),
    ],
)
def test_refusal_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], text: str, said: str):
    done = onmeet(tmp_path, *arguments, text=text)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"onmeet: {said}\n")


def test_wrong_setting_is_named(tmp_path: Path):
    environment = {**os.environ, "ONMEET_DATA": str(tmp_path), "ONMEET_NOTICE": "none"}
    command = [sys.executable, "-m", "onmeet.cli", "db", "upgrade"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("onmeet: ONMEET_NOTICE: there is no notice")


@pytest.mark.skipif(postgresql_everywhere(), reason="looks at SQLite's file beside the others")
def test_nobody_else_can_read_what_is_made_in_a_folder_that_was_there(tmp_path: Path):
    tmp_path.chmod(0o755)
    assert onmeet(tmp_path, "db", "upgrade").returncode == 0
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "onmeet.db" in made
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []
