"""Consents: kept in the words that were shown, asked anew for another purpose, taken back by one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.errors import UserError
from onmeet.notices import reading, versions
from onmeet.notices.consents import Consents
from onmeet.notices.models import ConsentGiven
from onmeet.notices.notice import Notice
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.house import MakeDatabase, empty_database, make_config
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]  # run on both kinds of database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
EASYMEET = reading.load("easymeet24")
WORDS = "I agree – Newsletter."


@pytest.fixture
def database(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Database]:
    config = make_config(tmp_path / "var")
    config = replace(config, database_url=new_database(config.data))
    opened = open_database(config, Policy(EASYMEET))
    yield opened
    opened.close()


@pytest.fixture
def ada(database: Database) -> int:
    return account(database, "ada")


def account(database: Database, name: str) -> int:
    made = Account(email_mark=name, email=f"{name}@example.org", name=name)
    with database.writing() as session:
        session.add(made)
    return made.id


def under(database: Database, notice: Notice = EASYMEET) -> Consents:
    return Consents(database, Policy(notice))


def with_purpose(purpose: str, version: str) -> Notice:
    """Easymeet24 with a newsletter for another purpose."""
    front, mark, back = EASYMEET.source.partition('name = "newsletter"\npurpose = "DirectMarketing"')
    assert mark
    source = f'{front}name = "newsletter"\npurpose = "{purpose}"{back}'
    source = source.replace(f'version = "{EASYMEET.version}"', f'version = "{version}"', 1)
    read = reading.parse(source, version)
    assert isinstance(read, Notice), read
    return read


def rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(ConsentGiven)) or 0


@pytest.mark.promise("N2.2", "N2.3")
def test_a_consent_is_kept_with_words_version_and_time_and_taken_back_at_once(
    database: Database, ada: int
) -> None:
    """A consent is kept with its words, version and time, and taken back at once."""
    consents = under(database)
    assert not consents.given(ada, "newsletter")
    assert consents.give(ada, "newsletter", WORDS, NOW)
    assert consents.given(ada, "newsletter")
    (state,) = [state for state in consents.of(ada) if state.given]
    assert (state.name, state.wording, state.given_at) == ("newsletter", WORDS, NOW)
    assert state.notice == versions.label_of(EASYMEET)
    assert consents.withdraw(ada, "newsletter", LATER)
    assert not consents.given(ada, "newsletter")
    assert not consents.withdraw(ada, "newsletter", LATER)
    (state,) = [state for state in consents.of(ada) if state.name == "newsletter"]
    assert (state.given_at, state.withdrawn_at) == (NOW, LATER)


def test_the_same_yes_twice_is_one_record_and_other_words_are_another(database: Database, ada: int) -> None:
    consents = under(database)
    consents.give(ada, "newsletter", WORDS, NOW)
    consents.give(ada, "newsletter", WORDS, LATER)
    assert rows(database) == 1
    consents.give(ada, "newsletter", "Ich stimme zu.", LATER)
    assert rows(database) == 2
    assert consents.given(ada, "newsletter")


@pytest.mark.promise("N1.2", "N2.3")
def test_where_the_notice_permits_no_record_nothing_is_stored(database: Database, ada: int) -> None:
    """Where the notice permits no record of consents none is stored."""
    unrecorded = replace(
        EASYMEET, items=tuple(item for item in EASYMEET.items if item.category != "consent.record")
    )
    assert not under(database, unrecorded).give(ada, "newsletter", WORDS, NOW)
    assert rows(database) == 0
    assert under(database, unrecorded).needed(ada) == []


def test_what_the_notice_does_not_ask_for_cannot_be_given(database: Database, ada: int) -> None:
    with pytest.raises(UserError):
        under(database, reading.load("on-meet")).give(ada, "newsletter", WORDS, NOW)


@pytest.mark.promise("N2.3", "N3.17")
def test_another_purpose_is_asked_for_anew_and_the_old_yes_does_not_count(
    database: Database, ada: int
) -> None:
    """Another purpose is asked for anew: the old yes does not count."""
    versions.adopt(database, EASYMEET, NOW, True)
    assert "newsletter" in [consent.name for consent in under(database).needed(ada)]
    under(database).give(ada, "newsletter", WORDS, NOW)
    assert "newsletter" not in [consent.name for consent in under(database).needed(ada)]
    same = with_purpose("DirectMarketing", "same")
    other = with_purpose("ServiceUsageAnalytics", "other")
    assert under(database, same).given(ada, "newsletter")
    assert not under(database, other).given(ada, "newsletter")
    assert "newsletter" in [consent.name for consent in under(database, other).needed(ada)]
    assert under(database, other).who_gave("newsletter") == []


def test_who_said_no_after_a_yes_is_not_asked_again(database: Database, ada: int) -> None:
    consents = under(database)
    consents.give(ada, "newsletter", WORDS, NOW)
    consents.withdraw(ada, "newsletter", LATER)
    assert "newsletter" not in [consent.name for consent in consents.needed(ada)]


def test_a_consent_that_the_notice_no_longer_asks_for_is_shown_as_past(database: Database, ada: int) -> None:
    under(database).give(ada, "newsletter", WORDS, NOW)
    states = under(database, reading.load("on-meet")).of(ada)
    assert [(state.name, state.asked_for) for state in states] == [("newsletter", False)]
    assert not under(database, reading.load("on-meet")).given(ada, "newsletter")
    assert under(database, reading.load("on-meet")).withdraw(ada, "newsletter", LATER)


def test_consents_of_one_person_are_no_others(database: Database, ada: int) -> None:
    ben = account(database, "ben")
    under(database).give(ada, "newsletter", WORDS, NOW)
    assert not under(database).given(ben, "newsletter")
    assert under(database).who_gave("newsletter") == [ada]
    assert not under(database).withdraw(ben, "newsletter", LATER)
