"""A key for each row: with the row its key goes, and no copy that was taken before can be read (N1.15)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import delete, select, text

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.accounts.models import Account
from onmeet.accounts.moving import Moving, Side
from onmeet.accounts.own import OwnAccount
from onmeet.accounts.service import Accounts
from onmeet.config import Config
from onmeet.db import Database, connect
from onmeet.mail.about_accounts import mail_about_account
from onmeet.meetings.models import Meeting, MeetingRecord, Participation
from onmeet.meetings.planning import Planning
from onmeet.meetings.service import Meetings
from onmeet.notices.erasure import Erasure
from onmeet.notices.keys import FileKeyStore, open_key_store
from onmeet.notices.notice import Item, Term
from onmeet.notices.sealing import Sealer, key_name
from onmeet.notices.store import open_database
from onmeet.notices.sweep import Sweep
from tests.factories.house import QUICK, MakeDatabase, empty_database, make_config
from tests.factories.policies import permitting, policy
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]

KEY = b"k" * 32
ENDED = date(2026, 3, 1)
NOTICE = "easymeet24"


@pytest.fixture
def config(new_database: MakeDatabase, tmp_path: Path) -> Config:
    made = make_config(tmp_path / "var", seal="always")
    return replace(made, database_url=new_database(made.data))


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    opened = open_database(config, policy(NOTICE))
    yield opened
    opened.close()


@pytest.fixture
def keys(config: Config) -> Iterator[FileKeyStore]:
    with closing(open_key_store(config)) as store:
        yield store


@pytest.fixture
def ada(database: Database) -> int:
    made = Account(email_mark="ada", email="ada@example.org", name="Ada", created_on=ENDED)
    with database.writing() as session:
        session.add(made)
    return made.id


def copies(config: Config, table: str, column: str) -> list[str]:
    """What lies in a column, as a copy of the database holds it."""
    with closing(connect(config.database_url)) as bare, bare.engine.connect() as connection:
        query = text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id")
        return list(connection.execute(query).scalars())


def meetings(database: Database) -> Meetings:
    return Meetings(database, key=KEY, anyone_may_start=False)


def name(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalars(select(Account)).one().name


@pytest.mark.promise("N1.15")
def test_no_copy_of_a_deleted_meeting_can_be_read(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    gone = meetings(database).create(ada, "Gone")
    meetings(database).create(ada, "Kept")
    before = copies(config, "meetings", "title")
    assert [Sealer(keys).open("meetings", "title", copy) for copy in before] == ["Gone", "Kept"]
    meetings(database).delete(ada, gone.code)
    keys.close()
    assert [Sealer(keys).open("meetings", "title", copy) for copy in before] == [None, "Kept"]
    assert name(database) == "Ada"


@pytest.mark.promise("N1.15")
def test_no_copy_of_swept_traffic_data_can_be_read_while_the_account_lives(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    a_record(database, ada, ENDED)
    (before,) = copies(config, "participations", "ip")
    assert Sealer(keys).open("participations", "ip", before) == "203.0.113.7"
    later = datetime(ENDED.year + 2, ENDED.month, ENDED.day, tzinfo=UTC)
    Sweep(database, policy(NOTICE), keys, rest=lambda _: None).run(later)
    assert copies(config, "participations", "ip") == []
    assert Sealer(keys).open("participations", "ip", before) is None
    assert name(database) == "Ada"


def test_what_goes_along_with_a_deleted_row_loses_its_keys_too(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    a_record(database, ada, ENDED)
    (before,) = copies(config, "participations", "ip")
    with database.writing() as session:
        session.execute(delete(MeetingRecord))
    keys.close()
    assert Sealer(keys).open("participations", "ip", before) is None


def test_a_key_that_another_row_uses_stays(config: Config, database: Database, ada: int) -> None:
    """As in databases from before every row had its own."""
    with database.writing() as session:
        subject = session.scalars(select(Account.subject)).one()
        session.add(Meeting(subject=subject, code_mark="c", code="abc-defg-hjk", owner_id=ada, title="Gone"))
    with database.writing() as session:
        session.execute(delete(Meeting))
    with closing(open_database(config, policy(NOTICE))) as reopened:
        assert name(reopened) == "Ada"


def test_a_deletion_that_is_undone_leaves_the_keys(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    meetings(database).create(ada, "Kept")
    with pytest.raises(ZeroDivisionError):
        delete_and_fail(database)
    assert [meeting.title for meeting in meetings(database).of(ada)] == ["Kept"]
    assert len(list(keys.subjects())) == 2


# -- what is changed ----------------------------------------------------------------------------------


@pytest.mark.promise("N1.15")
def test_no_copy_of_a_title_can_be_read_once_the_meeting_is_renamed(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    made = meetings(database).create(ada, "Old title")
    (title,), (code,) = copies(config, "meetings", "title"), copies(config, "meetings", "code")
    Planning(database, meetings(database)).change(ada, made.code, title="New title")
    keys.close()
    assert Sealer(keys).open("meetings", "title", title) is None
    assert Sealer(keys).open("meetings", "code", code) is None
    assert meetings(database).of(ada) == [replace(made, title="New title")]
    assert no_key_is_left_over(config, keys)


@pytest.mark.promise("N1.15")
def test_no_copy_of_a_name_or_an_address_can_be_read_once_it_is_corrected(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    accounts = Accounts(database, key=KEY, passwords=QUICK)
    own, moving = OwnAccount(database, accounts), Moving(database, accounts, mail_about_account)

    def move() -> None:
        moving.ask(ada, "countess@example.org")
        for side in get_args(Side):
            moving.agree(ada, Addressees(database).state_of(ada) or "", side)

    for column, correct in (
        ("name", lambda: own.correct(ada, name="Ada L.", phone="", country="")),
        ("email", move),
    ):
        (before,) = copies(config, "accounts", column)
        correct()
        keys.close()
        assert Sealer(keys).open("accounts", column, before) is None
    assert (own.details(ada).name, own.details(ada).email) == ("Ada L.", "countess@example.org")
    assert no_key_is_left_over(config, keys)


@pytest.mark.promise("N1.15")
def test_no_copy_of_a_single_value_can_be_read_once_it_is_erased(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    erasure = Erasure(database, policy(NOTICE), keys)
    for column, erase in (
        ("name", lambda: erasure.value(ada, "name", datetime(2026, 3, 2, tzinfo=UTC))),
        ("email", lambda: erasure.categories(ada, ["account.email"], datetime(2026, 3, 2, tzinfo=UTC))),
    ):
        (before,) = copies(config, "accounts", column)
        erase()
        keys.close()
        assert copies(config, "accounts", column) == []
        assert Sealer(keys).open("accounts", column, before) is None


def test_no_copy_of_what_the_sweep_empties_can_be_read_while_the_row_stays(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    a_record(database, ada, ENDED)
    (before,) = copies(config, "participations", "ip")
    shorter = permitting(
        Item("meeting.participants", "ServiceProvision", "Contract", terms=(Term("call_end", days=90),)),
        Item("meeting.ip", "ServiceProvision", "Contract", terms=(Term("call_end", days=7),)),
    )
    swept = Sweep(database, shorter, keys, rest=lambda _: None).run(datetime(2026, 3, 20, tzinfo=UTC))
    assert swept.counts["meeting.ip"] == 1
    assert Sealer(keys).open("participations", "ip", before) is None
    with database.reading() as session:
        row = session.scalars(select(Participation)).one()
    assert (row.name, row.ip) == ("Ada", None)


def test_what_is_added_to_a_row_leaves_the_rest_as_it_is(
    config: Config, database: Database, keys: FileKeyStore, ada: int
) -> None:
    before = copies(config, "accounts", "name")
    with database.writing() as session:
        session.scalars(select(Account)).one().country = "DE"
    assert copies(config, "accounts", "name") == before
    with database.reading() as session:
        account = session.scalars(select(Account)).one()
    assert (account.name, account.country) == ("Ada", "DE")


def test_a_change_that_is_undone_leaves_the_old_key(config: Config, database: Database, ada: int) -> None:
    with pytest.raises(ZeroDivisionError):
        change_and_fail(database)
    with closing(open_database(config, policy(NOTICE))) as reopened:
        assert name(reopened) == "Ada"


def test_what_somebody_else_changed_meanwhile_is_not_brought_back(database: Database, ada: int) -> None:
    with database.reading() as session:
        stale = session.scalars(select(Account)).one()
    with database.writing() as session:
        session.scalars(select(Account)).one().name = "Countess"
    with database.writing() as session:
        session.add(stale)
        stale.country = "DE"
    with database.reading() as session:
        account = session.scalars(select(Account)).one()
    assert (account.name, account.country, account.email) == ("Countess", "DE", "ada@example.org")


def test_a_key_that_a_killed_process_left_behind_goes_with_the_next_days_sweep(
    config: Config, database: Database, keys: FileKeyStore, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = copies(config, "accounts", "name")
    same_day = clock.now()  # or the one before, when it is midnight
    with monkeypatch.context() as patch:
        patch.setattr(FileKeyStore, "forget", lambda *_: None)
        with database.writing() as session:
            session.scalars(select(Account)).one().name = "Countess"
    assert Sealer(keys).open("accounts", "name", before) == "Ada"
    sweep = Sweep(database, policy(NOTICE), keys, rest=lambda _: None)
    assert sweep.run(same_day).keys == 0
    assert sweep.run(clock.now() + timedelta(days=1)).keys == 1
    assert Sealer(keys).open("accounts", "name", before) is None
    assert name(database) == "Countess"


def no_key_is_left_over(config: Config, keys: FileKeyStore) -> bool:
    """Whether every key that there is has something under it."""
    sealed = [("accounts", "name"), ("accounts", "email"), ("meetings", "title")]
    return set(keys.names()) == {key_name(copy) for place in sealed for copy in copies(config, *place)}


def change_and_fail(database: Database) -> None:
    with database.writing() as session:
        session.scalars(select(Account)).one().name = "Countess"
        session.flush()
        raise ZeroDivisionError


def delete_and_fail(database: Database) -> None:
    with database.writing() as session:
        session.execute(delete(Meeting))
        raise ZeroDivisionError


def a_record(database: Database, account: int, ended: date) -> None:
    """A meeting that an account took part in."""
    at = datetime(ended.year, ended.month, ended.day, 10, tzinfo=UTC)
    with database.writing() as session:
        record = MeetingRecord(account_id=account, instance="i" * 64, started_at=at, ended_on=ended)
        session.add(record)
        session.flush()
        session.add(
            Participation(
                record_id=record.id, account_id=account, seat=0, name="Ada", ip="203.0.113.7",
                joined_at=at, left_at=at + timedelta(hours=1), ended_on=ended,
            )
        )  # fmt: skip
