"""One audit of a whole instance: files, keys, Redis, and what it says of them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from onmeet import cli, clock, migrations
from onmeet.accounts.service import Accounts
from onmeet.config import Config
from onmeet.mail.office import outbox
from onmeet.notices import backup
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.report import Report
from onmeet.notices.audit.running import audit
from onmeet.notices.keys import open_key_store
from onmeet.notices.models import SubjectRequest
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.house import make_config
from tests.factories.policies import permitting, policy

NAME = "Zoë Quillfeather"

ON_MEET = policy("on-meet")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = make_config(tmp_path / "var")
    migrations.upgrade(made)
    return made


def report(config: Config, *canaries: str, also: tuple[Path, ...] = (), by: Policy = ON_MEET) -> Report:
    database = open_database(config, by)
    try:
        return audit(config, database, by, clock.now(), canaries=Canaries(canaries), also=also)
    finally:
        database.close()


def test_a_fresh_instance_is_clean(config: Config) -> None:
    assert report(config, NAME).clean


def test_what_no_term_of_the_notice_ever_ends_is_told(config: Config) -> None:
    endless = Item("account.name", "ServiceProvision", "Contract", terms=(Term("invoice_date", years=1),))
    notes = report(config, by=permitting(endless)).notes
    assert any("account.name in accounts" in note for note in notes)
    assert not any("No term" in note for note in report(config).notes)


def test_a_file_that_nobody_declared_is_found(config: Config) -> None:
    (config.data / "export.csv").write_text("a list of people")
    found = report(config)
    assert [(f.kind, f.place) for f in found.findings] == [("not declared", "export.csv")]
    assert not found.clean


def test_a_string_in_any_file_is_seen(config: Config, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(json.dumps({"name": NAME}))
    (config.data / "run" / "relay.lock").write_text(NAME)
    found = report(config, NAME, also=(log,))
    assert {s.place for s in found.sightings} == {str(log), "run/relay.lock"}
    assert not found.clean


def test_a_string_in_the_name_of_a_file_is_seen(config: Config) -> None:
    (config.data / f"{NAME}.txt").touch()
    assert [s.text for s in report(config, NAME).sightings] == [NAME]


def test_a_key_that_opens_nothing_is_found_a_day_later(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.now()
    store = open_key_store(config)
    store.ensure(["a" * 32])
    store.close()
    monkeypatch.setattr(clock, "now", lambda: today)  # also when midnight comes in between
    assert report(config).clean, "it may belong to a row that is being written"
    monkeypatch.setattr(clock, "now", lambda: today + timedelta(days=365))
    assert [(f.kind, f.count) for f in report(config).findings] == [("key left over", 1)]


def test_a_mail_that_lies_in_its_folder_for_too_long_is_found(config: Config) -> None:
    box = outbox(config, policy("on-meet"))
    for _ in range(2):
        box.send(EmailMessage())
    assert report(config).clean
    old = sorted(box.folder.iterdir())[0]
    long_ago = clock.now().timestamp() - 27 * 3600
    os.utime(old, (long_ago, long_ago))
    assert [(f.kind, f.place) for f in report(config).findings] == [("overdue", f"outbox/{old.name}")]


def test_a_letter_in_the_outbox_may_name_whoever_has_an_account_and_nobody_else(config: Config) -> None:
    people = open_database(config, policy("on-meet"))
    Accounts(people, key=config.marks_key).register("wren@example.org", "a lamp in the forest")
    people.close()
    for address in ("wren@example.org", "gone@example.org"):
        letter = EmailMessage()
        letter["To"] = address
        outbox(config, policy("on-meet")).send(letter)
    found = report(config, "wren@example.org", "gone@example.org").sightings
    letters = {each.text: each.permitted for each in found if each.place.startswith("outbox/")}
    assert letters == {"wren@example.org": True, "gone@example.org": False}


@pytest.mark.promise("N1.15")
def test_a_back_up_that_is_older_than_the_notice_permits_is_found(config: Config) -> None:
    """A back-up that stays for longer than the notice permits is found by the audit."""
    days = policy("on-meet").notice.backup_days
    made = [clock.now() - timedelta(days=days, hours=1), clock.now() - timedelta(days=days + 1, hours=3)]
    files = [backup.default_file(config, moment) for moment in made]
    for file, moment in zip(files, made, strict=True):
        backup.make(config, file, revision=migrations.HEAD, days=999, now=moment)
    overdue = [f.place for f in report(config).findings if f.kind == "overdue"]
    assert overdue == [f"backups/{files[1].name}"]
    assert not [f for f in report(config).findings if f.kind == "not declared"]


def test_requests_near_their_deadline_are_noted(config: Config) -> None:
    today = clock.now().date()
    assert not any("requests" in note for note in report(config).notes)
    database = open_database(config, policy("on-meet"))
    with database.writing() as session:
        for days, state in ((-1, "open"), (3, "passed-on"), (20, "open"), (-1, "answered")):
            due = today + timedelta(days=days)
            session.add(SubjectRequest(kind="access", state=state, received_at=clock.now(), due_on=due))
    database.close()
    found = report(config)
    assert found.notes[0].startswith("2 requests of data subjects wait")
    assert "of which overdue: 1." in found.notes[0]
    assert found.clean


def test_redis_that_does_not_answer_is_no_clean_audit(config: Config) -> None:
    found = report(replace(config, redis_url="redis://127.0.0.1:1/0"))
    assert [(f.kind, f.store) for f in found.findings] == [("not readable", "redis")]


def test_the_command_says_by_its_exit_status_whether_all_is_well(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_DATA", str(config.data))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    assert cli.main(["audit"]) == 0
    assert "Clean." in capsys.readouterr().out
    (config.data / "copy.db").write_bytes(b"")
    assert cli.main(["audit", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["clean"] is False
    assert told["findings"][0]["place"] == "copy.db"
    assert cli.main(["audit"]) == 1
    assert "WRONG not declared: 1 in files: copy.db" in capsys.readouterr().out


def test_a_file_of_strings_that_cannot_be_read_is_said(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_DATA", str(config.data))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    assert cli.main(["audit", "--canary", str(config.data / "nowhere")]) == 1
    assert "nowhere cannot be read" in capsys.readouterr().err
