"""What the operator is told of load, visits and attacks."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from onmeet import cli, clock, migrations
from onmeet.config import Config
from onmeet.db import Database
from onmeet.meetings.records import Records
from onmeet.meetings.reports import Delivery, Joined, Started, hashed
from onmeet.notices.page_counts import Opened, PageCounts
from onmeet.notices.security_log import SecurityLog
from onmeet.notices.store import open_database
from tests.factories.policies import policy

ROOM = hashed("a room")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    monkeypatch.setenv("ONMEET_NOTICE", "easymeet24")
    found = Config.from_env()
    migrations.upgrade(found)
    return found


@pytest.fixture
def database(config: Config) -> Database:
    return open_database(config, policy("easymeet24"))


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert cli.main(arguments) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.promise("N3.10")
def test_the_load_is_shown_as_a_table_and_as_json(
    config: Config, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator sees the load in sums, by command."""
    records = Records(database, policy("easymeet24"), key=config.marks_key)
    now = clock.now()
    for seq, report in enumerate(
        (
            Started(ROOM, now.timestamp(), counted=True),
            Joined(ROOM, 0, now.timestamp(), at_once=3),
            Joined(ROOM, 1, (now - timedelta(days=30)).timestamp(), at_once=9),
        ),
        1,
    ):
        records.take(Delivery("run", seq, report))
    head, line = said(capsys, "usage")
    assert head.split() == ["hour", "meetings", "joins", "most_at_once", "minutes"]
    assert line.split()[-4:] == ["1", "1", "3", "0"]
    assert len(said(capsys, "usage", "--days", "40")) == 3
    (hour,) = said(capsys, "usage", "--json")
    assert json.loads(hour)["most_at_once"] == 3


@pytest.mark.promise("N4.8")
def test_opened_pages_are_shown(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """The operator sees how often pages were opened, in sums."""
    counts = PageCounts(database, policy("easymeet24"))
    counts.count(Opened(clock.now().date(), "/", "Firefox", "Linux"))
    counts.flush()
    _head, line = said(capsys, "pages")
    assert line.split()[1:] == ["/", "Firefox", "Linux", "1"]


@pytest.mark.promise("N2.7")
def test_the_security_log_is_shown_newest_first(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever looks after security reads the log by command, on the server."""
    log = SecurityLog(database, policy("easymeet24"))
    for address in ("203.0.113.7", "203.0.113.8"):
        log.note("sign-in-failed", address, clock.now())
    log.flush(clock.now())
    (line,) = said(capsys, "security-log", "--lines", "1", "--json")
    assert json.loads(line)["what"] == "sign-in-failed"
    assert json.loads(line)["address"] == "203.0.113.8"
    assert len(said(capsys, "security-log")) == 3


@pytest.mark.promise("N1.2")
@pytest.mark.parametrize("command", ["usage", "pages", "security-log"])
def test_where_nothing_may_be_stored_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Where nothing may be counted or logged the commands say so."""
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    assert cli.main((command,)) == 1
    assert "does not permit" in capsys.readouterr().err
