"""Versions of the notice: which one holds, what is announced, what a restart changes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from onmeet.db import Database, connect
from onmeet.errors import ConfigError
from onmeet.notices import reading, versions
from onmeet.notices.notice import Notice
from onmeet.notices.versions import Adoption
from tests.factories.house import MakeDatabase, empty_database, make_config
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]  # run on both kinds of database

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def changed(notice: Notice, version: str, published: date, effective: date) -> Notice:
    """The next version of a notice, as its file would say."""
    source = notice.source
    for before, after in (
        (f'version = "{notice.version}"', f'version = "{version}"'),
        (f"published = {notice.published}", f"published = {published}"),
        (f"effective = {notice.effective}", f"effective = {effective}"),
    ):
        assert before in source
        source = source.replace(before, after)
    read = reading.parse(source, version)
    assert isinstance(read, Notice), read
    return read


ON_MEET = reading.load("on-meet")
EASYMEET = reading.load("easymeet24")
NEXT = changed(ON_MEET, "next", date(2026, 3, 1), date(2026, 3, 15))


@pytest.fixture
def database(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Database]:
    opened = connect(new_database(make_config(tmp_path / "var").data))
    yield opened
    opened.close()


def adopt(database: Database, notice: Notice, now: datetime = START, *, people: bool = True) -> Adoption:
    return versions.adopt(database, notice, now, people)


def labels(database: Database, now: datetime) -> tuple[str | None, str | None]:
    """In force, coming."""
    with database.reading() as session:
        found = versions.in_force(session, now), versions.coming(session, now)
    return found[0] and found[0].label, found[1] and found[1].label


def test_the_first_notice_of_an_instance_holds_at_once(database: Database) -> None:
    adoption = adopt(database, ON_MEET)
    assert adoption.in_force.label == versions.label_of(ON_MEET)
    assert adoption.in_force.cleaned
    assert not adoption.announced
    assert labels(database, START) == (versions.label_of(ON_MEET), None)


def test_a_restart_with_the_same_notice_changes_nothing(database: Database) -> None:
    first = adopt(database, ON_MEET)
    assert adopt(database, ON_MEET, START + 30 * DAY) == first


@pytest.mark.promise("N1.19")
def test_a_new_version_takes_effect_14_days_after_it_was_published(database: Database) -> None:
    """A new version of a notice takes effect 14 days after it was published."""
    adopt(database, ON_MEET, START - DAY)
    adoption = adopt(database, NEXT)
    assert adoption.announced
    assert adoption.news.label == "on-meet/next"
    starts = START + 14 * DAY
    assert adoption.news.effective_at == starts
    assert labels(database, starts - timedelta(seconds=1)) == (versions.label_of(ON_MEET), "on-meet/next")
    assert labels(database, starts) == ("on-meet/next", None)
    with database.reading() as session:
        assert versions.next_change(session, START) == starts
        assert versions.next_change(session, starts) is None
        now_holding = versions.in_force(session, starts)
    assert now_holding is not None
    assert not now_holding.cleaned


@pytest.mark.promise("N1.19")
def test_the_days_count_from_when_people_could_see_it_not_from_an_old_date_in_the_file(
    database: Database,
) -> None:
    """The 14 days count from when people could see the new version."""
    adopt(database, ON_MEET)
    late = START + 100 * DAY
    assert adopt(database, NEXT, late).news.effective_at == late + 14 * DAY


def test_a_later_day_in_the_file_is_kept(database: Database) -> None:
    adopt(database, ON_MEET)
    patient = changed(ON_MEET, "patient", date(2026, 3, 1), date(2026, 6, 1))
    assert adopt(database, patient).news.effective_at == datetime(2026, 6, 1, tzinfo=UTC)


def test_without_any_account_nobody_has_to_wait(database: Database) -> None:
    adopt(database, ON_MEET, START - DAY)
    past = changed(ON_MEET, "past", date(2026, 1, 1), date(2026, 2, 1))
    assert adopt(database, past, people=False).in_force.label == "on-meet/past"


def test_restarts_while_waiting_do_not_begin_the_days_anew(database: Database) -> None:
    adopt(database, ON_MEET)
    first = adopt(database, NEXT)
    again = adopt(database, NEXT, START + 3 * DAY)
    assert again.coming == first.coming
    assert not again.announced


def test_another_notice_whose_day_has_passed_holds_from_the_restart_on(database: Database) -> None:
    adopt(database, ON_MEET, START - DAY)
    adoption = adopt(database, EASYMEET)
    assert adoption.announced
    assert adoption.in_force.name == "easymeet24"
    assert not adoption.in_force.cleaned
    with database.reading() as session:
        new, old = versions.history(session)
    assert (old.ended_at, new.effective_at) == (START, START)


def test_a_coming_version_is_withdrawn_by_naming_the_one_in_force(database: Database) -> None:
    adopt(database, ON_MEET, START - DAY)
    adopt(database, NEXT)
    adoption = adopt(database, ON_MEET, START + DAY)
    assert adoption.withdrawn is not None
    assert adoption.withdrawn.label == "on-meet/next"
    assert adoption.withdrawn.withdrawn
    assert not adoption.announced
    assert labels(database, START + 400 * DAY) == (versions.label_of(ON_MEET), None)


def test_another_coming_version_replaces_the_first(database: Database) -> None:
    adopt(database, ON_MEET, START - DAY)
    adopt(database, NEXT)
    third = changed(ON_MEET, "third", date(2026, 3, 1), date(2026, 3, 20))
    adoption = adopt(database, third, START + DAY)
    assert adoption.withdrawn is not None
    assert labels(database, START + 10 * DAY) == (versions.label_of(ON_MEET), "on-meet/third")
    assert labels(database, START + 60 * DAY) == ("on-meet/third", None)


def test_going_back_keeps_every_period_in_the_history(database: Database) -> None:
    adopt(database, ON_MEET, START)
    adopt(database, EASYMEET, START + DAY)
    adopt(database, ON_MEET, START + 2 * DAY)
    with database.reading() as session:
        names = [(period.name, period.effective_at) for period in versions.history(session)]
        day_two = versions.in_force(session, START + 1.5 * DAY)
    assert names == [("on-meet", START + 2 * DAY), ("easymeet24", START + DAY), ("on-meet", START)]
    assert day_two is not None
    assert day_two.name == "easymeet24"


@pytest.mark.promise("N5.9")
def test_a_changed_file_under_a_published_version_is_refused(database: Database) -> None:
    """A published version cannot be changed under its number."""
    adopt(database, ON_MEET)
    with pytest.raises(ConfigError, match="raise its version"):
        adopt(database, replace(ON_MEET, source=ON_MEET.source + "\n# a word"))
    with pytest.raises(ConfigError, match="raise its version"):
        adopt(database, replace(NEXT, version=ON_MEET.version))


def test_old_versions_stay_readable(database: Database) -> None:
    adopt(database, ON_MEET, START - DAY)
    adopt(database, EASYMEET)
    with database.reading() as session:
        old = versions.find(session, "on-meet", ON_MEET.version)
        assert versions.find(session, "on-meet", "unheard of") is None
    assert old is not None
    assert old.notice() == ON_MEET


def test_the_policy_is_that_of_the_version_in_force_and_before_any_that_of_the_setting(
    database: Database, tmp_path: Path
) -> None:
    config = make_config(tmp_path / "other", notice="easymeet24")
    assert versions.policy_in_force(database, config, START).notice == EASYMEET
    adopt(database, ON_MEET, START - DAY)
    adopt(database, NEXT)
    assert versions.policy_in_force(database, config, START + DAY).notice == ON_MEET
    assert versions.policy_in_force(database, config, START + 20 * DAY).notice == NEXT


def test_starts_at_the_same_moment_publish_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as starts:
        found = list(starts.map(lambda _: adopt(database, ON_MEET), range(4)))
    assert len({adoption.in_force.id for adoption in found}) == 1
    with database.reading() as session:
        assert len(versions.history(session)) == 1


def test_a_start_that_waited_for_another_one_finds_what_that_one_published(database: Database) -> None:
    first = adopt(database, ON_MEET, START)
    assert adopt(database, ON_MEET, START - timedelta(seconds=1)) == first


def test_what_is_cleaned_is_remembered(database: Database) -> None:
    adopt(database, ON_MEET, START - DAY)
    adoption = adopt(database, EASYMEET)
    with database.writing() as session:
        versions.mark_cleaned(session, adoption.in_force.id)
    with database.reading() as session:
        assert all(period.cleaned for period in versions.history(session))
