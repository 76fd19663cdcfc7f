"""Back-ups hold no key, and nothing that was deleted since they were made comes back from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, select, update

from onmeet import migrations
from onmeet.accounts.models import Account, SignIn
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import UserError
from onmeet.meetings.models import Meeting, MeetingRecord, Participation
from onmeet.notices import backup
from onmeet.notices.backup import Counts
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.key_names import for_backups
from onmeet.notices.keys import open_key_store
from onmeet.notices.notice import Item
from onmeet.notices.sealing import Sealer
from onmeet.notices.store import open_database
from tests.factories.house import HandClock, MakeDatabase, empty_database, make_config
from tests.factories.policies import permitting
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]  # on both kinds of database

EVERYTHING = permitting(*(Item(name, "ServiceProvision", "Contract") for name in CATEGORIES))
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS = 30
ADA, GRACE = "a" * 32, "b" * 32
NAMES = {ADA: "Unforgettable-Ada", GRACE: "Unforgettable-Grace"}


@dataclass
class Instance:
    """An instance with two people, two meetings of the first, and a record of one with a guest."""

    config: Config
    clock: HandClock
    folder: Path

    def __post_init__(self) -> None:
        self.database = self.open()

    def open(self) -> Database:
        return open_database(self.config, EVERYTHING, wall=self.clock)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def fill(self) -> None:
        with self.database.writing() as session:
            for number, (subject, name) in enumerate(NAMES.items(), start=1):
                email = f"{name.lower()}@example.org"
                day = date(2026, 1, number)
                person = Account(
                    subject=subject, email_mark=f"mark {number}", email=email, name=name, created_on=day
                )
                session.add(person)
                session.flush()
            session.add(SignIn(token_hash="f" * 64, account_id=1, expires=2_000_000_000))
            for number, code in ((1, "abc-defg-hjk"), (2, "abc-defg-hjj")):
                title, day = f"Unforgettable-Topic-{number}", date(2026, 2, number)
                kept = {"code": code, "title": title, "created_on": day}
                session.add(Meeting(code_mark=f"code {number}", owner_id=1, **kept))
            topic = "Unforgettable-Topic-1"
            record = MeetingRecord(account_id=1, instance="i" * 64, title=topic)
            session.add(record)
            session.flush()
            guest = {"name": "Unforgettable-Guest", "joined_at": START}
            session.add(Participation(record_id=record.id, seat=1, **guest))

    def keys(self) -> Any:
        return open_key_store(self.config)

    def back_up(self, name: str = "copy") -> Path:
        file = self.folder / name
        backup.make(self.config, file, revision=migrations.HEAD, days=DAYS, now=self.now())
        self.clock.pass_by(60)
        return file

    def restore(self, file: Path, **more: Any) -> Counts:
        self.clock.pass_by(60)
        return backup.restore(self.config, file, revision=migrations.HEAD, days=DAYS, now=self.now(), **more)

    def lose_database(self, new: MakeDatabase) -> None:
        """The disk is gone; the folder of the keys is not."""
        self.database.close()
        for file in self.config.data.glob("onmeet.db*"):
            file.unlink()
        self.config = replace(self.config, database_url=new(self.config.data))
        self.database = self.open()

    def names(self) -> list[str | None]:
        with self.database.reading() as session:
            return [person.name for person in session.scalars(select(Account).order_by(Account.id))]

    def titles(self) -> list[str | None]:
        with self.database.reading() as session:
            return [meeting.title for meeting in session.scalars(select(Meeting).order_by(Meeting.id))]


@pytest.fixture
def instance(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Instance]:
    config = make_config(tmp_path / "var")
    config = replace(config, database_url=new_database(config.data))
    made = Instance(config, HandClock(START.timestamp()), tmp_path)
    made.fill()
    yield made
    made.database.close()


def test_everything_comes_back(instance: Instance, new_database: MakeDatabase) -> None:
    file = instance.back_up()
    instance.lose_database(new_database)
    counts = instance.restore(file)
    assert counts.erased == {}
    assert instance.names() == list(NAMES.values())
    assert instance.titles() == ["Unforgettable-Topic-1", "Unforgettable-Topic-2"]
    with instance.database.reading() as session:
        person = session.scalars(select(Account).where(Account.id == 2)).one()
        assert (person.email, person.created_on) == ("unforgettable-grace@example.org", date(2026, 1, 2))
        guest = session.scalars(select(Participation)).one()
        assert (guest.name, guest.record_id) == ("Unforgettable-Guest", 1)
        assert guest.joined_at is not None
        assert guest.joined_at.replace(tzinfo=UTC) == START


def test_after_restoring_the_next_row_gets_a_number_of_its_own(
    instance: Instance, new_database: MakeDatabase
) -> None:
    file = instance.back_up()
    instance.lose_database(new_database)
    instance.restore(file)
    with instance.database.writing() as session:
        session.add(Account(email_mark="mark 3", name="Third"))
    assert instance.names() == [*NAMES.values(), "Third"]


def test_a_sign_in_that_has_ended_does_not_come_back(instance: Instance, new_database: MakeDatabase) -> None:
    file = instance.back_up()
    instance.lose_database(new_database)
    instance.restore(file)
    with instance.database.reading() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_the_file_says_nothing_about_anybody_and_holds_no_key(instance: Instance) -> None:
    raw = instance.back_up().read_bytes()
    for secret in (b"Unforgettable", b"unforgettable", b"mark 1", b"abc-defg", ADA.encode()):
        assert secret not in raw
    keys = instance.keys()
    for subject in (*keys.names(), *map(for_backups, keys.subjects()), *keys.backups()):
        assert keys.get(subject) not in raw
        assert keys.get(subject).hex().encode() not in raw


@pytest.mark.promise("N1.15", "N1.14")
def test_an_erased_person_does_not_come_back(instance: Instance, new_database: MakeDatabase) -> None:
    """A back-up from before an erasure does not bring the person back."""
    file = instance.back_up()
    instance.keys().destroy([ADA])
    instance.lose_database(new_database)
    counts = instance.restore(file)
    assert instance.names() == [NAMES[GRACE]]
    assert instance.titles() == []
    assert counts.erased == {"accounts": 1, "meetings": 2, "meeting_records": 1, "participations": 1}


@pytest.mark.promise("N1.15")
def test_a_single_row_that_was_deleted_does_not_come_back(
    instance: Instance, new_database: MakeDatabase
) -> None:
    """A back-up does not bring back a single entry that was deleted since."""
    file = instance.back_up()
    with instance.database.writing() as session:
        session.execute(delete(Meeting).where(Meeting.code_mark == "code 1"))
    with instance.database.writing() as session:
        session.delete(session.scalars(select(Participation)).one())
    instance.lose_database(new_database)
    counts = instance.restore(file)
    assert instance.titles() == ["Unforgettable-Topic-2"]
    assert counts.erased == {"meetings": 1, "participations": 1}


@pytest.mark.promise("N1.15")
def test_a_single_value_that_was_deleted_does_not_come_back(
    instance: Instance, new_database: MakeDatabase
) -> None:
    """A back-up does not bring back a single value that was deleted since."""
    file = instance.back_up()
    with instance.database.writing() as session:
        session.execute(update(Account).where(Account.email_mark == "mark 1").values(name=None))
        session.scalars(select(Meeting).where(Meeting.code_mark == "code 2")).one().title = None
    instance.lose_database(new_database)
    instance.restore(file)
    assert instance.names() == [None, NAMES[GRACE]]
    assert instance.titles() == ["Unforgettable-Topic-1", None]


def test_what_was_changed_since_comes_back_as_it_was(instance: Instance, new_database: MakeDatabase) -> None:
    """A change makes other keys in the database; a back-up from before can be restored all the same."""
    file = instance.back_up()
    with instance.database.writing() as session:
        session.scalars(select(Account).where(Account.email_mark == "mark 1")).one().name = "Countess"
        session.scalars(select(Meeting).where(Meeting.code_mark == "code 2")).one().title = "Renamed"
    newer = instance.back_up("newer")
    for copy, name, title in ((file, NAMES[ADA], "Unforgettable-Topic-2"), (newer, "Countess", "Renamed")):
        instance.lose_database(new_database)
        assert instance.restore(copy).erased == {}
        assert (instance.names()[0], instance.titles()[1]) == (name, title)


def test_what_is_changed_while_the_copy_is_written_is_in_it(
    instance: Instance, new_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup._ensure_keys

    def meanwhile(connection: Connection, table: Table, sealer: Sealer) -> None:
        if table.name == "accounts":
            with instance.database.writing() as session:
                session.scalars(select(Account).where(Account.email_mark == "mark 1")).one().country = "DE"
                session.flush()
                session.scalars(select(Account).where(Account.email_mark == "mark 1")).one().name = "Countess"
        real(connection, table, sealer)

    monkeypatch.setattr(backup, "_ensure_keys", meanwhile)
    file = instance.back_up()
    instance.lose_database(new_database)
    assert instance.restore(file).erased == {}
    with instance.database.reading() as session:
        person = session.scalars(select(Account).where(Account.id == 1)).one()
    assert person.name in (NAMES[ADA], "Countess")
    assert person.email == f"{NAMES[ADA].lower()}@example.org"


def test_what_was_not_deleted_after_all_comes_back(instance: Instance, new_database: MakeDatabase) -> None:
    file = instance.back_up()

    def change_of_mind() -> None:
        with instance.database.writing() as session:
            session.execute(delete(Meeting))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_of_mind()
    instance.lose_database(new_database)
    instance.restore(file)
    assert len(instance.titles()) == 2


def test_what_was_made_after_a_deletion_is_in_the_next_back_up(
    instance: Instance, new_database: MakeDatabase
) -> None:
    instance.back_up("first")
    with instance.database.writing() as session:
        session.execute(delete(Meeting).where(Meeting.code_mark == "code 2"))
    instance.clock.pass_by(60)
    with instance.database.writing() as session:
        session.add(Meeting(id=2, code_mark="code 3", owner_id=1, title="Another"))
    file = instance.back_up("second")
    instance.lose_database(new_database)
    instance.restore(file)
    assert instance.titles() == ["Unforgettable-Topic-1", "Another"]


def test_no_log_of_deletions_is_kept_while_there_is_no_back_up(instance: Instance) -> None:
    with instance.database.writing() as session:
        session.execute(delete(Meeting))
    assert not (instance.config.keys / "forgotten.db").exists()


def test_a_database_with_people_in_it_is_not_overwritten_unless_one_says_so(instance: Instance) -> None:
    file = instance.back_up()
    with instance.database.writing() as session:
        session.scalars(select(Account).where(Account.id == 2)).one().name = "Changed"
    with pytest.raises(UserError, match="--overwrite"):
        instance.restore(file)
    assert instance.names() == [NAMES[ADA], "Changed"]
    instance.restore(file, overwrite=True)
    assert instance.names() == list(NAMES.values())


@pytest.mark.promise("N1.14")
def test_a_back_up_older_than_the_notice_permits_is_refused(instance: Instance) -> None:
    """A back-up older than the notice permits is not restored."""
    file = instance.back_up()
    instance.clock.pass_by(DAYS * 86_400)
    with pytest.raises(UserError, match="older than the 30 days"):
        instance.restore(file, overwrite=True)


@pytest.mark.promise("N1.14")
def test_the_next_back_up_makes_those_that_are_too_old_unreadable(instance: Instance) -> None:
    """Back-ups that are too old become unreadable when the next one is made."""
    inside = instance.config.data / "backups" / "first.onmeet"
    backup.make(instance.config, inside, revision=migrations.HEAD, days=DAYS, now=instance.now())
    outside = instance.back_up()
    old = set(instance.keys().backups())
    later = datetime.now(UTC) + timedelta(days=DAYS + 2)  # the key store counts by the real clock
    backup.make(instance.config, instance.folder / "new", revision=migrations.HEAD, days=DAYS, now=later)
    assert not old & set(instance.keys().backups())
    assert not inside.exists()
    with pytest.raises(UserError, match="key of this back-up is not there"):
        backup.restore(
            instance.config, outside, revision=migrations.HEAD, days=99_999, now=later, overwrite=True
        )


def test_nothing_is_restored_without_the_keys(instance: Instance) -> None:
    file = instance.back_up()
    elsewhere = replace(instance.config, keys=instance.folder / "other")
    elsewhere.keys.mkdir()
    with pytest.raises(UserError, match="key of this back-up is not there"):
        backup.restore(elsewhere, file, revision=migrations.HEAD, days=DAYS, now=instance.now())


def test_a_damaged_or_cut_file_changes_nothing(instance: Instance) -> None:
    lines = instance.back_up().read_text().splitlines()
    exchanged = [lines[0], lines[2], lines[1], *lines[3:]]
    for broken in (lines[:-1], [*lines, lines[-1]], exchanged, [lines[0], *lines[2:]], lines[1:], ["{}"], []):
        (instance.folder / "broken").write_text("\n".join(broken) + "\n")
        with pytest.raises(UserError, match=r"damaged|incomplete|no back-up"):
            instance.restore(instance.folder / "broken", overwrite=True)
    assert instance.names() == list(NAMES.values())


def test_a_file_that_is_there_is_not_replaced(instance: Instance) -> None:
    instance.back_up()
    with pytest.raises(UserError, match="is there already"):
        instance.back_up()
    assert len(instance.keys().backups()) == 1


def test_tables_of_another_revision_are_refused(instance: Instance) -> None:
    file = instance.back_up()
    with pytest.raises(UserError, match="tables of revision"):
        backup.restore(instance.config, file, revision="9999", days=DAYS, now=instance.now())
