"""What fails outside of the command line is told in one sentence, and nothing starts half."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onmeet import cli
from tests.cli.test_commands import onmeet
from tests.running import postgresql_everywhere

KMS = "ONMEET_KMS_COMMAND"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "sqlite:////no/such/folder/onmeet.db", "DATABASE_URL: the database cannot be used"),
        ("DATABASE_URL", "postgres://nobody:hush@127.0.0.1:1/x", "DATABASE_URL: the database cannot be used"),
        ("DATABASE_URL", "postgres://nobody:hush@host:port/x", "DATABASE_URL must look like postgres://"),
        ("ONMEET_SMTP_URL", "mail.example.org", "ONMEET_SMTP_URL must look like smtp://"),
        ("ONMEET_SMTP_URL", "ftp://mail.example.org:25", "ONMEET_SMTP_URL must look like smtp://"),
        ("ONMEET_PLANS", "/no/such/plans.toml", "ONMEET_PLANS"),
        (KMS, "/no/such/program", f"{KMS}: there is no such program"),
        (KMS, "false", f"{KMS}: the key service's program ended with status 1"),
        (KMS, "true", f"{KMS}: the key service gave an empty answer"),
        (KMS, "'unclosed", f"{KMS} cannot be understood"),
    ],
)
def test_a_setting_that_fails_only_when_used_stops_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path))
    monkeypatch.setenv("ONMEET_MAIL_FROM", "onmeet@example.org")
    monkeypatch.setenv(name, value)
    assert cli.main(["db", "upgrade"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"onmeet: {said}")
    assert "hush" not in errors
    assert errors.count("\n") == 1


def test_a_key_service_that_gives_back_something_else_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kms.sh").write_text("#!/bin/sh\nhead -c 32 /dev/urandom | base64 -w0\n")
    (tmp_path / "kms.sh").chmod(0o700)
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(KMS, str(tmp_path / "kms.sh"))
    assert cli.main(["db", "upgrade"]) == 2
    assert "does not come back" in capsys.readouterr().err


def test_a_damaged_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "onmeet.db").write_bytes(b"this is no database at all" * 200)
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/onmeet.db")
    assert cli.main(["audit"]) == 2
    assert capsys.readouterr().err == (
        "onmeet: DATABASE_URL: the database cannot be used (file is not a database)\n"
    )


def test_a_reader_who_has_seen_enough_sees_no_traceback() -> None:
    command = f"{sys.executable} -m onmeet.cli notice show on-meet | true"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sweep", "--at", "soon"), "write a time such as 2028-01-01T00:00Z"),
        (("hold", "add", "--reason", "r", "--until", "2027-13-01"), "write a day such as 2027-12-31"),
        (("audit", "--also", "/no/such/log"), "/no/such/log is not there"),
        (("audit", "--canary", "/no/such/file"), "/no/such/file cannot be read"),
    ],
)
def test_wrong_use_is_explained(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = onmeet(tmp_path, *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(postgresql_everywhere(), reason="takes the database from one folder into another")
def test_a_sealed_database_without_its_keys_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    monkeypatch.setenv("ONMEET_SEAL", "always")
    done = onmeet(there, "user", "add", "wren@example.org", text="a lamp in the forest\n")
    assert done.returncode == 0, done.stderr
    here.mkdir()
    (there / "onmeet.db").rename(here / "onmeet.db")
    monkeypatch.setenv("ONMEET_DATA", str(here))
    assert cli.main(["db", "upgrade"]) == 2
    assert "the keys of this database are not there" in capsys.readouterr().err
    monkeypatch.setenv("ONMEET_SEAL", "auto")
    assert cli.main(["db", "upgrade"]) == 2
    assert "ONMEET_SEAL must be always" in capsys.readouterr().err
