"""Kept meetings, and who is what in a room."""

from __future__ import annotations

from itertools import chain, repeat
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from onmeet.accounts.models import Account
from onmeet.meetings import service
from onmeet.meetings.models import Meeting
from onmeet.meetings.service import MeetingGone, Meetings, TooManyMeetings
from tests.factories.house import PASSWORD, House
from tests.factories.postgres import migrated, new_database, postgres, sqlite_files

__all__ = ["migrated", "new_database", "postgres", "sqlite_files"]  # run on both kinds of database

ADA, GRACE = 1, 2
FREE = "zzz-zzzz-zzz"


@pytest.fixture
def meetings(house: House) -> Meetings:
    for email in ("ada@example.org", "grace@example.org"):
        house.services.accounts.register(email, PASSWORD)
    return house.services.meetings


def strict(house: House) -> Meetings:
    return Meetings(house.services.database, key=house.config.marks_key, anyone_may_start=False)


def clumsy(house: House, taken: str) -> Meetings:
    """Mints a code that is taken, again and again, and then a free one."""
    mint = chain([taken] * 3, repeat(FREE)).__next__
    return Meetings(house.services.database, key=house.config.marks_key, anyone_may_start=True, mint=mint)


def test_kept_meetings_are_listed_for_their_owner_newest_first(meetings: Meetings) -> None:
    meetings.create(ADA, " Tuesday ")
    meetings.create(ADA, "Friday")
    meetings.create(GRACE, "Hers")
    assert [meeting.title for meeting in meetings.of(ADA)] == ["Friday", "Tuesday"]
    assert [meeting.title for meeting in meetings.of(GRACE)] == ["Hers"]


def test_a_taken_code_is_minted_again(house: House, meetings: Meetings) -> None:
    first = meetings.create(ADA, "first")
    assert clumsy(house, first.code).free_code() == FREE
    assert clumsy(house, first.code).create(ADA, "second").code == FREE


def test_a_code_for_now_is_not_stored(meetings: Meetings) -> None:
    meetings.free_code()
    assert meetings.of(ADA) == []


def test_renaming_and_deleting_leave_nothing_of_the_old_title_on_disk(
    house: House, sqlite_files: Path, meetings: Meetings
) -> None:
    code = meetings.create(ADA, "Unforgettable-7431").code
    files = list(sqlite_files.glob("onmeet.db*"))
    assert any(b"Unforgettable-7431" in file.read_bytes() for file in files)
    house.services.planning.change(ADA, code, title="Plain-9090")
    assert not any(b"Unforgettable-7431" in file.read_bytes() for file in files)
    meetings.delete(ADA, code)
    assert not any(b"Plain-9090" in file.read_bytes() for file in files)
    assert not any(code.encode() in file.read_bytes() for file in files)


def test_an_open_reader_delays_the_erasing_and_is_noticed(
    house: House, meetings: Meetings, sqlite_files: Path
) -> None:
    database = house.services.database
    code = meetings.create(ADA, "Unforgettable-7431").code
    with database.reading() as session:
        session.execute(text("SELECT * FROM meetings")).all()
        meetings.delete(ADA, code)
        assert b"Unforgettable-7431" in (sqlite_files / "onmeet.db-wal").read_bytes()
    meetings.create(ADA, "another")
    files = sqlite_files.glob("onmeet.db*")
    assert not any(b"Unforgettable-7431" in file.read_bytes() for file in files)


def test_every_meeting_has_a_key_of_its_own(house: House, meetings: Meetings) -> None:
    meetings.create(ADA, "Tuesday")
    meetings.create(ADA, "Friday")
    with house.services.database.reading() as session:
        subjects = [*session.scalars(select(Account.subject)), *session.scalars(select(Meeting.subject))]
    assert len(set(subjects)) == len(subjects) == 4


def test_no_meeting_is_kept_for_an_account_that_is_gone(meetings: Meetings) -> None:
    with pytest.raises(LookupError):
        meetings.create(GRACE + 1, "Tuesday")


def test_a_meeting_whose_link_is_erased_is_not_listed(house: House, meetings: Meetings) -> None:
    meetings.create(ADA, "Tuesday")
    with house.services.database.writing() as session:
        session.execute(update(Meeting).values(code=None))
    assert meetings.of(ADA) == []


def test_somebody_elses_meeting_looks_like_none(meetings: Meetings) -> None:
    code = meetings.create(ADA, "Tuesday").code
    for attempt in (
        lambda: meetings.get(GRACE, code),
        lambda: meetings.delete(GRACE, code),
        lambda: meetings.get(GRACE, FREE),
    ):
        with pytest.raises(MeetingGone):
            attempt()
    assert meetings.get(ADA, code).title == "Tuesday"


def test_one_account_cannot_fill_the_disk(meetings: Meetings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_MEETINGS", 3)
    for title in ("1", "2", "3"):
        meetings.create(ADA, title)
    with pytest.raises(TooManyMeetings):
        meetings.create(ADA, "4")
    assert meetings.create(GRACE, "1")


def test_the_owner_is_the_host_and_everybody_else_a_guest(meetings: Meetings) -> None:
    code = meetings.create(ADA, "Tuesday").code
    assert meetings.role(code, ADA, started_here=False) == "host"
    assert meetings.role(code, GRACE, started_here=False) == "guest"
    assert meetings.role(code, None, started_here=False) == "guest"
    # a cookie from before the meeting was kept opens nothing
    assert meetings.role(code, None, started_here=True) == "guest"


def test_ad_hoc_the_browser_that_started_it_is_the_host(meetings: Meetings) -> None:
    assert meetings.role(FREE, None, started_here=True) == "host"
    assert meetings.role(FREE, ADA, started_here=False) == "guest"


def test_where_only_members_start_a_code_is_a_room_when_it_is_kept(house: House, meetings: Meetings) -> None:
    code = meetings.create(ADA, "Tuesday").code
    assert strict(house).role(code, None, started_here=False) == "guest"
    with pytest.raises(MeetingGone):
        strict(house).role(FREE, ADA, started_here=True)


def test_an_ill_formed_code_is_no_room(meetings: Meetings) -> None:
    with pytest.raises(MeetingGone):
        meetings.role("../../etc", None, started_here=True)


def test_an_account_takes_its_meetings_with_it(house: House, meetings: Meetings) -> None:
    meetings.create(ADA, "Tuesday")
    with house.services.database.writing() as session:
        session.execute(text("DELETE FROM accounts WHERE id = 1"))
    assert meetings.of(ADA) == []
