"""Back-ups and keys on the operator's command line, run as a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_commands import EMAIL, GOOD, accounts, onmeet
from tests.factories.cluster import fresh_database
from tests.factories.keys import kms_command
from tests.running import postgresql_everywhere


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    assert onmeet(folder, "user", "add", EMAIL, text=f"{GOOD}\n").returncode == 0
    return folder


def test_a_back_up_is_made_and_brought_back_after_the_database_is_lost(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = onmeet(data, "backup")
    assert made.returncode == 0, made.stderr
    (file,) = (data / "backups").iterdir()
    assert made.stdout.startswith(f"{file}: ")
    for lost in data.glob("onmeet.db*"):
        lost.unlink()
    if postgresql_everywhere():
        monkeypatch.setenv("DATABASE_URL", fresh_database())
    back = onmeet(data, "restore", str(file))
    assert back.returncode == 0, back.stderr
    assert "0 stay erased" in back.stdout
    assert accounts(data).sign_in(EMAIL, GOOD, client="here").person.email == EMAIL


@pytest.mark.promise("N1.15")
def test_whoever_was_deleted_stays_deleted(data: Path, tmp_path: Path) -> None:
    """After a restore whoever was deleted stays deleted."""
    assert onmeet(data, "backup", str(tmp_path / "copy")).returncode == 0
    assert onmeet(data, "user", "delete", EMAIL).returncode == 0
    assert onmeet(data, "restore", str(tmp_path / "copy")).returncode == 0
    assert not accounts(data).has(EMAIL)


def test_what_cannot_be_restored_is_refused_with_a_reason(data: Path, tmp_path: Path) -> None:
    onmeet(data, "backup", str(tmp_path / "copy"))
    refused = onmeet(data, "restore", str(tmp_path / "copy"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--overwrite" in refused.stderr
    missing = onmeet(data, "restore", str(tmp_path / "nothing"))
    assert (missing.returncode, missing.stderr) == (1, "onmeet: the file cannot be read as a back-up\n")


def test_keys_are_rotated_under_a_key_service(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert onmeet(data, "backup").returncode == 0
    assert "protected by: file" in onmeet(data, "keys", "status").stdout
    monkeypatch.setenv("ONMEET_KMS_COMMAND", kms_command(tmp_path / "kms"))
    rotated = onmeet(data, "keys", "rotate")
    wrapped = "3" if postgresql_everywhere() else "2"  # there the account's own key is in use, too
    assert (rotated.returncode, rotated.stdout.split()[0]) == (0, wrapped), rotated.stderr
    assert "protected by: command" in onmeet(data, "keys", "status").stdout
    monkeypatch.delenv("ONMEET_KMS_COMMAND")
    refused = onmeet(data, "keys", "status")
    assert refused.returncode == 0  # says what protects it without asking
    assert "must be set" in onmeet(data, "backup").stderr


@pytest.mark.skipif(postgresql_everywhere(), reason="a database in PostgreSQL is never clear")
def test_sealing_is_switched_on_for_a_database_that_was_clear(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = onmeet(data, "keys", "seal")
    assert (refused.returncode, "ONMEET_SEAL" in refused.stderr) == (2, True)
    monkeypatch.setenv("ONMEET_SEAL", "always")
    sealed = onmeet(data, "keys", "seal")
    assert (sealed.returncode, int(sealed.stdout.split()[0]) >= 2) == (0, True), sealed.stderr
    assert EMAIL.encode() not in b"".join(file.read_bytes() for file in data.glob("onmeet.db*"))
