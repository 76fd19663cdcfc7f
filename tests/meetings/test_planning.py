"""What an owner changes about a meeting, and what calendars hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from onmeet.meetings.planning import NoSuchDate, Planning
from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import Schedule
from onmeet.meetings.service import MeetingGone, Meetings, TooManyMeetings
from tests.factories.house import PASSWORD, House

ADA, GRACE = 1, 2
WEEKLY = Schedule(datetime(2026, 11, 24, 10, 0), "Europe/Berlin", 45, Rule("WEEKLY"))


@pytest.fixture
def planning(house: House) -> Planning:
    for email in ("ada@example.org", "grace@example.org"):
        house.services.accounts.register(email, PASSWORD)
    return house.services.planning


@pytest.fixture
def meetings(house: House, planning: Planning) -> Meetings:
    return house.services.meetings


def test_a_planned_meeting_comes_back_as_it_was_planned(meetings: Meetings) -> None:
    made = meetings.create(ADA, "Tuesday", schedule=WEEKLY, lobby=True)
    kept = meetings.get(ADA, made.code)
    assert kept == made
    assert (kept.schedule, kept.lobby, kept.sequence, len(kept.uid)) == (WEEKLY, True, 0, 36)
    dial = meetings.dial(made.code)
    assert dial is not None
    assert dial.lobby


def test_calendars_hear_of_changes_and_of_nothing_else(planning: Planning, meetings: Meetings) -> None:
    code = meetings.create(ADA, "Tuesday").code
    assert planning.change(ADA, code, title="Wednesday").sequence == 0  # no calendar has it
    assert planning.change(ADA, code, title="Wednesday", schedule=WEEKLY).sequence == 1
    assert planning.change(ADA, code, title="Wednesday", schedule=WEEKLY, lobby=True).sequence == 1
    assert planning.change(ADA, code, title="Tuesday", schedule=WEEKLY).sequence == 2
    assert planning.cancel(ADA, code).sequence == 3
    assert planning.cancel(ADA, code).sequence == 3
    assert planning.cancel(ADA, code, cancelled=False).sequence == 4
    assert planning.leave_out(ADA, code, date(2026, 12, 1)).sequence == 5
    assert planning.take_back(ADA, code, date(2026, 12, 1)).sequence == 6
    assert meetings.get(ADA, code).schedule == WEEKLY


def test_left_out_dates_stay_so_where_the_new_rule_has_them(planning: Planning, meetings: Meetings) -> None:
    code = meetings.create(ADA, "Tuesday", schedule=WEEKLY).code
    for day in (date(2026, 12, 1), date(2026, 12, 8)):
        planning.leave_out(ADA, code, day)
    later = replace(WEEKLY, start=datetime(2026, 11, 24, 15, 0), rule=Rule("WEEKLY", interval=2))
    changed = planning.change(ADA, code, title="Tuesday", schedule=later).schedule
    assert changed == replace(later, exceptions=(date(2026, 12, 8),))
    assert planning.change(ADA, code, title="Tuesday").schedule is None


def test_only_dates_of_the_meeting_are_left_out(planning: Planning, meetings: Meetings) -> None:
    weekly = meetings.create(ADA, "Tuesday", schedule=WEEKLY).code
    once = meetings.create(ADA, "Once", schedule=replace(WEEKLY, rule=None)).code
    never = meetings.create(ADA, "Any time").code
    for code, day in ((weekly, 25), (once, 24), (never, 24)):
        with pytest.raises(NoSuchDate):
            planning.leave_out(ADA, code, date(2026, 11, day))
    with pytest.raises(NoSuchDate):
        planning.take_back(ADA, weekly, date(2026, 12, 1))
    assert meetings.get(ADA, weekly).sequence == 0


def test_there_is_one_personal_room_and_guests_wait_there(planning: Planning, meetings: Meetings) -> None:
    room = planning.personal_room(ADA, "Ada’s room")
    assert (room.personal, room.lobby, room.schedule) == (True, True, None)
    assert planning.personal_room(ADA, "another title") == room
    assert planning.personal_room(GRACE, "Grace’s room").code != room.code
    assert meetings.of(ADA) == [room]
    with pytest.raises(LookupError):
        planning.personal_room(3, "nobody’s")


def test_limits_count_every_kind_of_meeting(planning: Planning, meetings: Meetings) -> None:
    meetings.create(ADA, "1", most=1)
    with pytest.raises(TooManyMeetings):
        meetings.create(ADA, "2", most=1)
    with pytest.raises(TooManyMeetings):
        planning.personal_room(ADA, "room", most=1)
    assert meetings.create(ADA, "2", most=1_000_000)


def test_somebody_elses_meeting_looks_like_none(planning: Planning, meetings: Meetings) -> None:
    code = meetings.create(ADA, "Tuesday", schedule=WEEKLY).code
    before = meetings.get(ADA, code)
    for attempt in (
        lambda: planning.change(GRACE, code, title="mine"),
        lambda: planning.cancel(GRACE, code),
        lambda: planning.leave_out(GRACE, code, date(2026, 12, 1)),
        lambda: planning.take_back(GRACE, code, date(2026, 12, 1)),
    ):
        with pytest.raises(MeetingGone):
            attempt()
    assert meetings.get(ADA, code) == before


@pytest.mark.promise("N5.3")
@pytest.mark.parametrize(("notice", "kept"), [("3cx-webmeeting", "Bring-4417"), ("on-meet", "")])
def test_a_description_is_kept_where_the_notice_says_so(build_house: Any, notice: str, kept: str) -> None:
    """A meeting's description is stored under a notice that lists it, and under no other."""
    house: House = build_house(notice=notice)
    house.services.accounts.register("ada@example.org", PASSWORD)
    code = house.services.meetings.create(ADA, "Tuesday", description="Bring-4417").code
    assert house.services.meetings.get(ADA, code).description == kept
    assert held(house) == (kept != "")
    house.services.planning.change(ADA, code, title="Tuesday")
    assert house.services.meetings.get(ADA, code).description == ""
    assert not held(house)


def held(house: House) -> bool:
    """Whether there is a description: in SQLite's files as it was typed, in PostgreSQL's rows sealed."""
    database = house.services.database
    if database.engine.dialect.name == "sqlite":
        return any(b"Bring-4417" in file.read_bytes() for file in house.config.data.glob("onmeet.db*"))
    with database.reading() as session:
        stored = session.connection().exec_driver_sql("SELECT description FROM meetings").scalar_one()
    assert not stored or stored.startswith("s1.")
    return bool(stored)
