"""`onmeet sweep` and `onmeet hold`, as an operator types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from onmeet import clock
from onmeet.cli import main
from onmeet.config import Config
from onmeet.meetings.models import MeetingRecord
from onmeet.notices.models import SweepCount
from onmeet.notices.store import open_database
from onmeet.notices.versions import policy_of

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Types a command; gives its status and what it printed. Under a notice that keeps records for a time."""
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    monkeypatch.setenv("ONMEET_NOTICE", "easymeet24")
    assert main(["db", "upgrade"]) == 0

    def typed(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main(words)
        said = capsys.readouterr()
        return status, said.out + said.err

    return typed


@pytest.fixture
def record(run: Run) -> Callable[[], list[str | None]]:
    """Adds a record of a meeting that ended today; gives what is there of its topic later."""
    config = Config.from_env()
    database = open_database(config, policy_of(config, clock.now()))
    today = clock.now().date()
    with database.writing() as session:
        session.add(MeetingRecord(subject="ab" * 16, instance="ab" * 32, title="Budget", ended_on=today))

    def there() -> list[str | None]:
        with database.reading() as session:
            return list(session.scalars(select(MeetingRecord.title)))

    return there


def in_years(years: int) -> str:
    return f"{clock.now().year + years}-06-01T00:00Z"


def test_the_preview_shows_what_will_go_by_a_time_and_changes_nothing(run: Run, record: Callable[[], list]):
    assert run("sweep", "--dry-run") == (0, "Nothing is due.\n")
    status, said = run("sweep", "--dry-run", "--at", in_years(3), "--json")
    assert (status, json.loads(said)) == (0, {"due": {"meeting.topic": 1}})
    assert record() == ["Budget"]


def test_deleting_ahead_of_time_must_be_meant(run: Run, record: Callable[[], list]):
    status, said = run("sweep", "--at", in_years(3))
    assert status == 1
    assert "that is in the future" in said
    assert record() == ["Budget"]
    assert run("sweep", "--at", in_years(3), "--ahead")[0] == 0
    assert record() == []
    config = Config.from_env()
    database = open_database(config, policy_of(config, clock.now()))
    with database.reading() as session:
        counted = session.execute(select(SweepCount.category, SweepCount.count, SweepCount.at)).all()
    assert [(row.category, row.count, row.at.year) for row in counted] == [
        ("meeting.topic", 1, clock.now().year + 3)
    ]


def test_an_ordinary_sweep_says_what_went(run: Run, record: Callable[[], list]):
    status, said = run("sweep", "--json")
    assert (status, json.loads(said)) == (0, {"deleted": {}, "rows": 0, "keys": 0, "clean": True})


@pytest.mark.promise("N1.14")
def test_a_hold_is_added_listed_and_ended(run: Run, record: Callable[[], list]):
    """A legal hold has a reason and an end."""
    assert run("hold", "add", "--category", "meeting.topic", "--reason", "court order 12/34") == (
        0, "Hold 1 is in force.\n",
    )  # fmt: skip
    status, said = run("hold", "list")
    assert status == 0
    assert "meeting.topic of everybody" in said
    assert said.endswith(": court order 12/34\n")
    assert json.loads(run("hold", "list", "--json")[1])[0]["category"] == "meeting.topic"
    run("sweep", "--at", in_years(3), "--ahead")
    assert record() == ["Budget"]
    assert run("hold", "end", "1") == (0, "")
    assert run("hold", "list") == (0, "No hold is in force.\n")
    run("sweep", "--at", in_years(3), "--ahead")
    assert record() == []


def test_a_hold_needs_a_reason_and_something_known(run: Run):
    assert run("hold", "add", "--reason", " ")[0] == 1
    assert "no category of data" in run("hold", "add", "--reason", "x", "--category", "meeting.smell")[1]
    assert "no account" in run("hold", "add", "--reason", "x", "--account", "ada@example.org")[1]
    assert "no such hold" in run("hold", "end", "7")[1]
    assert "this day is over" in run("hold", "add", "--reason", "x", "--until", "2020-01-01")[1]
    assert run("hold", "list") == (0, "No hold is in force.\n")
