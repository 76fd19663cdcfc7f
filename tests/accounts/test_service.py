"""Accounts: what is stored, who gets in, and what nobody can find out."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.models import Account, SignIn
from onmeet.accounts.passwords import Passwords
from onmeet.accounts.service import Accounts, SignedIn, WrongCredentials
from onmeet.errors import ConfigError
from onmeet.notices.marks import mark
from tests.factories.house import PASSWORD, QUICK, House
from tests.factories.postgres import migrated, new_database, postgres, sqlite_files

__all__ = ["migrated", "new_database", "postgres", "sqlite_files"]  # run on both kinds of database


@pytest.fixture
def accounts(house: House) -> Accounts:
    return house.services.accounts


def enter(accounts: Accounts, email: str = "ada@example.org", password: str = PASSWORD) -> SignedIn:
    return accounts.sign_in(email, password, client="home")


def test_whoever_registers_can_sign_in(accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD, " Ada ")
    person = enter(accounts).person
    assert (person.email, person.name) == ("ada@example.org", "Ada")


@pytest.mark.parametrize("spelling", ["ADA@Example.ORG", "  ada@example.org ", "ａda@example.org"])
def test_an_address_is_the_same_in_every_spelling(accounts: Accounts, spelling: str) -> None:
    accounts.register("ada@example.org", PASSWORD)
    assert enter(accounts, spelling).person.email == "ada@example.org"


def test_registering_a_taken_address_changes_nothing_and_says_nothing(accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    accounts.register("ADA@example.org", "the attacker's choice", "Mallory")
    assert enter(accounts).person.name == ""
    with pytest.raises(WrongCredentials):
        enter(accounts, password="the attacker's choice")


def test_a_wrong_password_and_an_unknown_address_look_the_same(accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    answers = []
    for email in ("ada@example.org", "nobody@example.org"):
        with pytest.raises(WrongCredentials) as refused:
            enter(accounts, email, "not the password")
        answers.append(str(refused.value))
    assert answers[0] == answers[1]


class CountingPasswords(Passwords):
    """Counts the expensive operations, which are what a stopwatch would see."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=8)
        self.work: list[str] = []

    def hash(self, password: str) -> str:
        self.work.append("hash")
        return super().hash(password)

    def matches(self, encoded: str | None, password: str) -> bool:
        self.work.append("verify")
        return super().matches(encoded, password)


def test_known_and_unknown_addresses_cost_the_same_work(house: House) -> None:
    passwords = CountingPasswords()
    accounts = Accounts(house.services.database, key=b"k", passwords=passwords)
    accounts.register("ada@example.org", PASSWORD)
    accounts.register("ada@example.org", PASSWORD)
    assert passwords.work == ["hash", "hash"]
    for email in ("ada@example.org", "nobody@example.org"):
        with pytest.raises(WrongCredentials):
            enter(accounts, email, "not the password")
    assert passwords.work[2:] == ["verify", "verify"]


def test_the_decoy_never_lets_anybody_in() -> None:
    assert not QUICK.matches(None, "nobody has this password")
    assert not QUICK.matches("not a hash", "anything")


@pytest.mark.promise("N1.16")
def test_passwords_are_argon2id_and_are_hashed_anew_when_the_cost_changes(house: House) -> None:
    """Of a password an Argon2id hash is stored, never the password."""
    old = Accounts(house.services.database, key=b"k", passwords=QUICK)
    old.register("ada@example.org", PASSWORD)
    dearer = Accounts(house.services.database, key=b"k", passwords=Passwords(time_cost=2, memory_kib=16))
    enter(dearer)
    with house.services.database.reading() as session:
        stored = session.scalars(select(Account.password)).one()
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    assert enter(old).person.email == "ada@example.org"


def test_the_defaults_are_what_the_field_recommends() -> None:
    assert Passwords().hash("x").startswith("$argon2id$v=19$m=32768,t=3,p=1$")


def test_a_sign_in_ends_by_time(house: House, accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    token = accounts.sign_in("ada@example.org", PASSWORD, client="home", days=1).token
    house.clock.pass_by(86_399)
    assert accounts.by_token(token) is not None
    house.clock.pass_by(1)
    assert accounts.by_token(token) is None


def test_ended_sign_ins_are_removed_by_the_next_one(house: House, accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    enter(accounts)
    house.clock.pass_by(86_400)
    enter(accounts)
    with house.services.database.reading() as session:
        assert len(session.scalars(select(SignIn)).all()) == 1


def test_signing_out_ends_this_sign_in_only(accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    here, there = enter(accounts).token, enter(accounts).token
    accounts.sign_out(here)
    assert accounts.by_token(here) is None
    assert accounts.by_token(there) is not None


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "\ud800", "a" * 10_000])
def test_no_token_but_the_right_one_is_anybody(accounts: Accounts, token: str) -> None:
    accounts.register("ada@example.org", PASSWORD)
    enter(accounts)
    assert accounts.by_token(token) is None


def test_the_database_holds_neither_password_nor_token(
    house: House, accounts: Accounts, sqlite_files: Path
) -> None:
    accounts.register("ada@example.org", PASSWORD)
    token = enter(accounts).token
    house.services.database.erase_traces()
    content = (sqlite_files / "onmeet.db").read_bytes()
    assert b"ada@example.org" in content
    assert PASSWORD.encode() not in content
    assert token.encode() not in content


def test_guesses_are_slowed_down_whether_the_account_exists_or_not(accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    waits = []
    for email in ("ada@example.org", "nobody@example.org"):
        for _ in range(5):
            with pytest.raises(WrongCredentials):
                enter(accounts, email, "a guess too far")
        with pytest.raises(TooManyAttempts) as refused:
            enter(accounts, email)
        waits.append(refused.value.seconds)
    assert waits[0] == waits[1] > 0


def test_parallel_guesses_cannot_slip_through(accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    outcomes: list[type[Exception]] = []

    def guess() -> None:
        try:
            enter(accounts, password="a guess too far")
        except (WrongCredentials, TooManyAttempts) as refused:
            outcomes.append(type(refused))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(WrongCredentials) == 5
    assert outcomes.count(TooManyAttempts) == 15


def test_two_registrations_at_once_make_one_account(house: House, accounts: Accounts) -> None:
    threads = [
        threading.Thread(target=accounts.register, args=("ada@example.org", PASSWORD)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.services.database.reading() as session:
        assert session.scalar(select(func.count(Account.id))) == 1


def days(house: House) -> tuple[date | None, date | None]:
    with house.services.database.reading() as session:
        account = session.scalars(select(Account)).one()
        return account.created_on, account.last_seen_on


def test_of_the_time_of_a_sign_in_only_the_day_is_kept(house: House, accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    first = datetime.fromtimestamp(house.clock(), UTC).date()
    assert days(house) == (first, first)
    house.clock.pass_by(3 * 86_400)
    enter(accounts)
    assert days(house) == (first, first + timedelta(days=3))


def test_a_closed_account_lets_nobody_in_and_looks_like_none(house: House, accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    begun = enter(accounts)
    assert accounts.is_open(begun.person.id)
    with house.services.database.writing() as session:
        session.execute(update(Account).values(closed_on=date(2026, 1, 31)))
    assert accounts.by_token(begun.token) is None
    assert not accounts.is_open(begun.person.id)
    assert not accounts.is_open(begun.person.id + 1)
    with pytest.raises(WrongCredentials):
        enter(accounts)


def test_an_account_is_found_by_a_keyed_hash_of_its_address(house: House, accounts: Accounts) -> None:
    accounts.register("ada@example.org", PASSWORD)
    with house.services.database.reading() as session:
        found_by = session.scalars(select(Account.email_mark)).one()
    assert found_by == mark(house.config.marks_key, "account", "ada@example.org")
    stranger = Accounts(house.services.database, key=b"another instance", passwords=QUICK)
    assert not stranger.has("ada@example.org")


def test_a_key_that_would_find_nobody_stops_the_start(house: House, accounts: Accounts) -> None:
    stranger = Accounts(house.services.database, key=b"another instance", passwords=QUICK)
    stranger.check_key()  # as long as there is nobody to be found
    accounts.register("ada@example.org", PASSWORD)
    accounts.check_key()
    with pytest.raises(ConfigError, match="ONMEET_MARKS_KEY"):
        stranger.check_key()


def test_an_account_whose_name_and_address_are_gone_is_still_a_person(
    house: House, accounts: Accounts
) -> None:
    accounts.register("ada@example.org", PASSWORD, "Ada")
    with house.services.database.writing() as session:
        session.execute(update(Account).values(email=None, name=None))
    assert (enter(accounts).person.email, enter(accounts).person.name) == ("", "")


def test_every_account_has_a_key_of_its_own(house: House, accounts: Accounts) -> None:
    for email in ("ada@example.org", "grace@example.org"):
        accounts.register(email, PASSWORD)
    with house.services.database.reading() as session:
        subjects = session.scalars(select(Account.subject)).all()
    assert len(set(subjects)) == 2
    assert all(len(subject) == 32 for subject in subjects)
