"""The keys of data subjects: one each, shared by processes, and gone when destroyed."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from onmeet import keyfiles
from onmeet.errors import ConfigError
from onmeet.notices import keys as keys_module
from onmeet.notices.key_names import backup_key, for_backups, fresh_name
from onmeet.notices.keys import (
    CACHE_SECONDS,
    FileKeyStore,
    NotDestroyed,
    SubjectErased,
)
from onmeet.notices.masters import CommandWrapping, wrapping
from tests.factories.house import HandClock
from tests.factories.keys import key_store, kms_command

ADA, GRACE = "a" * 32, "b" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileKeyStore]:
    made = key_store(tmp_path / "keys")
    yield made
    made.close()


def wrapped(folder: Path) -> list[bytes]:
    with sqlite3.connect(folder / "subjects.db") as connection:
        return [row[0] for row in connection.execute("SELECT wrapped FROM keys")]


def raw(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_every_subject_has_a_key_of_its_own_and_keeps_it(store: FileKeyStore, tmp_path: Path) -> None:
    made = store.ensure([ADA, GRACE])
    assert len(set(made.values())) == 2
    assert {len(key) for key in made.values()} == {32}
    assert store.ensure([GRACE, ADA]) == made
    another_process = key_store(tmp_path / "keys")
    assert {subject: another_process.get(subject) for subject in (ADA, GRACE)} == made
    assert store.get("c" * 32) is None
    assert set(store.subjects()) == {ADA, GRACE}


def test_no_key_lies_in_the_files_as_it_is(store: FileKeyStore, tmp_path: Path) -> None:
    made = store.ensure([ADA, GRACE])
    assert not any(key in raw(tmp_path / "keys") for key in made.values())


def test_the_files_are_for_the_server_alone(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA])
    for name in ("subjects.db", "master-1.key"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


@pytest.mark.promise("N1.15")
def test_of_a_destroyed_key_no_byte_is_left(store: FileKeyStore, tmp_path: Path) -> None:
    """Of a destroyed key no byte is left in any file."""
    many = [f"{number:032x}" for number in range(500)]
    kept = store.ensure(many)
    there = wrapped(tmp_path / "keys")
    assert all(key in raw(tmp_path / "keys") for key in there)
    assert store.destroy(many[::2]) == 250
    left = wrapped(tmp_path / "keys")
    gone = [key for key in there if key not in left]
    assert len(gone) == len(left) == 250
    assert not any(key in raw(tmp_path / "keys") for key in gone)
    for number, subject in enumerate(many):
        assert store.get(subject) == (kept[subject] if number % 2 else None)


def test_with_a_subject_all_its_keys_are_destroyed_and_no_others(store: FileKeyStore) -> None:
    names = [ADA, fresh_name(ADA), for_backups(ADA)]
    others = [GRACE, for_backups(GRACE), backup_key(datetime(2026, 3, 1, tzinfo=UTC)), f"{ADA}0", ADA[:-1]]
    store.ensure([*names, *others])
    assert set(store.subjects()) == {ADA, GRACE, f"{ADA}0", ADA[:-1]}
    assert set(store.names()) == {*names[:2], GRACE, f"{ADA}0", ADA[:-1]}
    store.forget(names[1:2])
    assert [store.get(name) is None for name in names] == [False, True, False]
    store.ensure(names[1:2])
    assert store.destroy([ADA]) == 1
    assert all(store.get(name) is None for name in names)
    assert all(store.get(name) for name in others)
    for name in (*names, fresh_name(ADA)):
        with pytest.raises(SubjectErased):
            store.ensure([name])


def test_destroying_what_is_gone_already_does_no_harm(store: FileKeyStore) -> None:
    store.ensure([ADA])
    assert [store.destroy([ADA]), store.destroy([ADA, GRACE])] == [1, 0]


def test_a_key_that_would_stay_in_the_file_is_noticed(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA])
    (key,) = wrapped(tmp_path / "keys")
    with sqlite3.connect(tmp_path / "keys" / "subjects.db") as connection:  # a copy that nobody knows of
        connection.execute("CREATE TABLE copy AS SELECT * FROM keys")
    with pytest.raises(NotDestroyed):
        store.destroy([ADA])
    assert key in raw(tmp_path / "keys")


def test_unused_space_is_compacted_when_a_key_is_left_in_it(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA, GRACE])
    with sqlite3.connect(tmp_path / "keys" / "subjects.db") as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("CREATE TABLE copy AS SELECT * FROM keys")
        careless.execute("DROP TABLE copy")
    (key,) = [key for key in wrapped(tmp_path / "keys") if key in raw(tmp_path / "keys")][:1]
    store.destroy([ADA, GRACE])
    assert key not in raw(tmp_path / "keys")


def test_nothing_is_written_about_somebody_erased(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA])
    store.destroy([ADA])
    with pytest.raises(SubjectErased):
        store.ensure([ADA])
    with pytest.raises(SubjectErased):
        key_store(tmp_path / "keys").ensure([GRACE, ADA])


def test_the_name_of_a_destroyed_key_is_forgotten_after_a_week(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC).timestamp()]
    store = key_store(tmp_path / "keys", wall=lambda: now[0])
    store.ensure([ADA, GRACE])
    store.destroy([ADA])
    now[0] += 8 * 86_400
    store.destroy([GRACE])
    assert ADA.encode() not in raw(tmp_path / "keys")


def test_keys_that_were_just_made_can_be_told_from_older_ones(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()]
    store = key_store(tmp_path / "keys", wall=lambda: now[0])
    store.ensure([ADA])
    now[0] += 86_400
    store.ensure([GRACE])
    assert list(store.subjects(made_before=date(2026, 3, 2))) == [ADA]


def test_a_key_destroyed_by_another_process_ends_within_seconds(tmp_path: Path) -> None:
    clock = HandClock()
    store = key_store(tmp_path / "keys", clock=clock)
    store.ensure([ADA])
    key_store(tmp_path / "keys").destroy([ADA])
    clock.pass_by(CACHE_SECONDS)
    assert store.get(ADA) is None
    assert CACHE_SECONDS <= 60


def test_memory_is_bounded(store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "_CACHED", 10)
    store.ensure([f"{number:032x}" for number in range(50)])
    assert len(store._cache) == 10


def test_threads_and_processes_agree_on_one_key(store: FileKeyStore, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.factories.keys import key_store\n"
        "store = key_store(Path(sys.argv[1]))\n"
        "for number in range(40): print(store.ensure([f'{number:032x}'])[f'{number:032x}'].hex())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys")]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers: list[str] = []

    def ask() -> None:
        keys = [store.ensure([f"{number:032x}"])[f"{number:032x}"].hex() for number in range(40)]
        answers.append("\n".join(keys))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers += [other.communicate()[0].strip() for other in others]
    assert len(set(answers)) == 1
    assert len(answers[0].split()) == 40


# -- the master key ----------------------------------------------------------------------------------


def test_rotating_the_master_key_changes_no_subjects_key(store: FileKeyStore, tmp_path: Path) -> None:
    many = [f"{number:032x}" for number in range(450)]
    before = store.ensure(many)
    old_master = (tmp_path / "keys" / "master-1.key").read_bytes()
    old = wrapped(tmp_path / "keys")
    assert store.rotate_master() == 450
    assert key_store(tmp_path / "keys").ensure(many) == store.ensure(many) == before
    left = raw(tmp_path / "keys")
    assert old_master.strip() not in left
    assert not any(key in left for key in old)
    assert [file.name for file in (tmp_path / "keys").glob("master-*.key")] == ["master-2.key"]


def test_a_process_at_work_follows_a_rotation(store: FileKeyStore, tmp_path: Path) -> None:
    before = store.ensure([ADA])
    late = key_store(tmp_path / "keys")
    assert set(late.subjects()) == {ADA}  # open, but no master key read yet
    store.rotate_master()
    assert late.ensure([ADA]) == before
    late.ensure([GRACE])
    assert store.get(GRACE) == late.get(GRACE)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["made", "pointed", "rewrapped once", "rewrapped", "compacted", "shredded"])
def test_a_rotation_killed_at_any_point_loses_nothing_and_can_be_repeated(
    point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = key_store(tmp_path / "keys")
    many = [f"{number:032x}" for number in range(450)]
    before = store.ensure(many)
    old_master = (tmp_path / "keys" / "master-1.key").read_bytes()
    with monkeypatch.context() as patch:
        kill_at(point, store, patch)
        with pytest.raises(Killed):
            store.rotate_master()
    survivor = key_store(tmp_path / "keys")
    assert survivor.ensure(many) == before
    extra = survivor.ensure([ADA])
    survivor.rotate_master()
    assert survivor.ensure([*many, ADA]) == before | extra
    assert old_master.strip() not in raw(tmp_path / "keys")
    assert len(list((tmp_path / "keys").glob("master-*.key*"))) == 1


def kill_at(point: str, store: FileKeyStore, patch: pytest.MonkeyPatch) -> None:
    masters = store._masters
    target, name, calls = {
        "made": (masters, "make", 1),
        "pointed": (store, "_rewrap", 0),
        "rewrapped once": (store, "_rewrap", 1),
        "rewrapped": (store, "_verify_gone", 0),
        "compacted": (masters, "destroy_all_but", 0),
        "shredded": (keyfiles, "sync_folder", 1),  # the one of making the new key is let through
    }[point]
    real = getattr(target, name)
    made: list[object] = []

    def killed(*arguments: object, **more: object) -> object:
        if len(made) == calls:
            raise Killed
        made.append(real(*arguments, **more))
        if point == "made":
            raise Killed
        return made[-1]

    patch.setattr(target, name, killed)


def test_a_lost_master_key_is_said_in_words(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA])
    (tmp_path / "keys" / "master-1.key").unlink()
    with pytest.raises(ConfigError, match=r"master-1\.key is missing or damaged"):
        key_store(tmp_path / "keys").get(ADA)


def test_keys_of_another_copy_of_the_folder_are_refused(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA])
    key_store(tmp_path / "other").ensure([ADA])
    (tmp_path / "other" / "master-1.key").replace(tmp_path / "keys" / "master-1.key")
    with pytest.raises(ConfigError, match="does not fit the master key"):
        key_store(tmp_path / "keys").get(ADA)


def test_two_keys_of_the_store_cannot_be_exchanged(store: FileKeyStore, tmp_path: Path) -> None:
    store.ensure([ADA, GRACE])
    with sqlite3.connect(tmp_path / "keys" / "subjects.db") as connection:
        connection.execute(
            "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE subject = ?) WHERE subject = ?",
            (ADA, GRACE),
        )
    with pytest.raises(ConfigError):
        key_store(tmp_path / "keys").get(GRACE)


# -- another key for a subject ------------------------------------------------------------------------


def test_a_renewed_key_seals_from_now_on_and_the_old_one_opens_until_it_is_forgotten(
    store: FileKeyStore, tmp_path: Path
) -> None:
    old = store.ensure([ADA, GRACE])
    old_bytes = wrapped(tmp_path / "keys")
    store.renew([ADA, "c" * 32])
    new = store.get(ADA)
    assert new is not None
    assert new != old[ADA]
    assert store.older(ADA) == (old[ADA],)
    assert (store.get(GRACE), store.older(GRACE), store.get("c" * 32)) == (old[GRACE], (), None)
    store.forget_older([ADA, GRACE])
    assert (store.get(ADA), store.older(ADA)) == (new, ())
    assert store.get(GRACE) == old[GRACE]
    assert sum(key in raw(tmp_path / "keys") for key in old_bytes) == 1


# -- a key service ------------------------------------------------------------------------------------


def test_under_a_key_service_no_file_of_ours_holds_the_master_key(tmp_path: Path) -> None:
    store = key_store(tmp_path / "keys", CommandWrapping(kms_command(tmp_path / "kms")))
    made = store.ensure([ADA])
    again = key_store(tmp_path / "keys", CommandWrapping(kms_command(tmp_path / "kms")))
    assert again.ensure([ADA, GRACE])[ADA] == made[ADA]
    calls = (tmp_path / "kms" / "calls").read_text().split()
    assert calls == ["wrap", "unwrap", "unwrap"]  # once when a process first needs it
    master = store._masters.get(1)
    assert master not in raw(tmp_path / "keys")
    with pytest.raises(ConfigError, match="ONMEET_KMS_COMMAND must be set"):
        key_store(tmp_path / "keys").get(ADA)


def test_rotating_brings_a_master_key_under_the_key_service(store: FileKeyStore, tmp_path: Path) -> None:
    before = store.ensure([ADA])
    store.close()
    guarded = key_store(tmp_path / "keys", CommandWrapping(kms_command(tmp_path / "kms")))
    assert guarded.ensure([ADA]) == before
    guarded.rotate_master()
    assert (tmp_path / "keys" / "master-2.key").read_text().startswith("command:")
    assert guarded.ensure([ADA]) == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/kms", "no such program"),
        ("'unbalanced", "check its quotes"),
        ("false", "ended with status 1"),
        ("echo no!", "no usable answer"),
        ("printf aGFsbG8=", "no master key"),
        ("true", "empty answer"),
    ],
)
def test_a_key_service_that_does_not_answer_stops_the_start(command: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=said) as refused:
        key_store(tmp_path / "keys", wrapping(command)).ensure([ADA])
    assert "ONMEET_KMS_COMMAND" in str(refused.value) or "key service" in str(refused.value)
