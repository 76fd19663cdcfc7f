"""`onmeet newsletter FILE`, as the operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onmeet import clock
from onmeet.accounts.models import Account
from onmeet.accounts.service import Accounts
from onmeet.config import Config
from onmeet.mail.queue import waiting
from onmeet.notices import versions
from onmeet.notices.consents import Consents
from onmeet.notices.store import open_database

NOW = datetime(2026, 3, 1, tzinfo=UTC)

pytestmark = pytest.mark.timeout(300)  # up to four processes in a row, on a machine that others use, too


def onmeet(data: Path, notice: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ONMEET_DATA": str(data), "ONMEET_NOTICE": notice}
    command = [sys.executable, "-m", "onmeet.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def letter(tmp_path: Path) -> str:
    file = tmp_path / "spring.txt"
    file.write_text("Spring\n\nIt is here.\n")
    return str(file)


@pytest.mark.promise("N2.5", "N3.11", "N4.7")
def test_only_those_who_agreed_and_have_not_objected_are_written_to(tmp_path: Path, letter: str) -> None:
    """Only those who agreed to a newsletter and have not objected are written to."""
    data = tmp_path / "var"
    assert onmeet(data, "easymeet24", "db", "upgrade").returncode == 0
    config = Config.from_env({"ONMEET_DATA": str(data), "ONMEET_NOTICE": "easymeet24"})
    policy = versions.policy_of(config, clock.now())
    database = open_database(config, policy)
    accounts = Accounts(database, key=config.marks_key)
    for name in ("ada", "ben", "cid", "dan"):
        accounts.register(f"{name}@example.org", "seven green parrots")
    for agreeing in (1, 3, 4):
        Consents(database, policy).give(agreeing, "newsletter", "Yes.", NOW)
    with database.writing() as session:
        session.get_one(Account, 3).restricted = True
        session.get_one(Account, 4).objected = True
    done = onmeet(data, "easymeet24", "newsletter", letter)
    assert (done.returncode, done.stdout) == (0, "1 mails are on their way\n")
    with database.reading() as session:
        assert waiting(session) == 1
    database.close()


@pytest.mark.promise("N1.8")
def test_a_notice_without_newsletter_forbids_it(tmp_path: Path, letter: str) -> None:
    """Where the notice names no newsletter, the command to send one refuses."""
    data = tmp_path / "var"
    assert onmeet(data, "on-meet", "db", "upgrade").returncode == 0
    done = onmeet(data, "on-meet", "newsletter", letter)
    assert (done.returncode, done.stderr) == (
        1,
        "onmeet: the notice in force, on-meet, does not permit a newsletter\n",
    )


@pytest.mark.promise("N1.19")
def test_a_changed_notice_queues_a_mail_to_every_account(tmp_path: Path) -> None:
    """A changed notice is announced to accounts by mail, once each."""
    data = tmp_path / "var"
    assert onmeet(data, "on-meet", "db", "upgrade").returncode == 0
    config = Config.from_env({"ONMEET_DATA": str(data)})
    database = open_database(config, versions.policy_of(config, clock.now()))
    Accounts(database, key=config.marks_key).register("ada@example.org", "seven green parrots")
    for _ in range(2):  # the second start finds it done
        assert onmeet(data, "easymeet24", "db", "upgrade").returncode == 0
        with database.reading() as session:
            assert waiting(session) == 1
    database.close()
