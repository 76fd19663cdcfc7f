"""Dates on the wall clock of a time zone, through summer time and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import MAX_EXCEPTIONS, Schedule, exists, is_zone

BERLIN = Schedule(datetime(2026, 10, 20, 10, 0), "Europe/Berlin", 60, Rule("WEEKLY"))


def test_ten_o_clock_stays_ten_o_clock_when_summer_time_ends() -> None:
    assert [BERLIN.begins(day).hour for day in BERLIN.coming(datetime(2026, 10, 1, tzinfo=UTC), 2)] == [8, 9]


def test_a_date_that_goes_on_is_still_to_come() -> None:
    begin = BERLIN.begins(date(2026, 10, 20))
    assert BERLIN.coming(begin + timedelta(minutes=59)) == [date(2026, 10, 20)]
    assert BERLIN.coming(begin + timedelta(minutes=60)) == [date(2026, 10, 27)]


def test_a_meeting_on_the_other_side_of_the_world_is_on_its_own_day() -> None:
    there = Schedule(datetime(2026, 11, 25, 9, 0), "Pacific/Kiritimati", 30)
    assert there.begins(date(2026, 11, 25)) == datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
    assert there.coming(datetime(2026, 11, 24, 19, 29, tzinfo=UTC)) == [date(2026, 11, 25)]
    assert there.coming(datetime(2026, 11, 24, 19, 30, tzinfo=UTC)) == []
    long = Schedule(datetime(2026, 11, 24, 23, 30), "America/Los_Angeles", 24 * 60)
    assert long.coming(datetime(2026, 11, 26, 7, 29, tzinfo=UTC)) == [date(2026, 11, 24)]


def test_what_the_clocks_skip_or_show_twice_is_read_as_calendars_read_it() -> None:
    """RFC 5545 §3.3.5: the offset before the gap; the first of two."""
    skipped = Schedule(datetime(2027, 3, 28, 2, 30), "Europe/Berlin", 60)
    assert skipped.begins(date(2027, 3, 28)) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    twice = Schedule(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", 60)
    assert twice.begins(date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert not exists(skipped.start, skipped.zone)
    assert exists(twice.start, twice.zone)
    assert exists(BERLIN.start, BERLIN.zone)


def test_one_date_is_left_out_and_taken_back() -> None:
    day = date(2026, 10, 27)
    less = BERLIN.without(day)
    assert less.coming(datetime(2026, 10, 21, tzinfo=UTC)) == [date(2026, 11, 3)]
    assert less.exdates == ("20261027T100000",)
    assert less.again(day) == BERLIN
    for change in (
        lambda: less.without(day),
        lambda: less.without(date(2026, 10, 28)),
        lambda: BERLIN.again(day),
    ):
        with pytest.raises(ValueError, match="date"):
            change()
    with pytest.raises(ValueError, match="date"):
        replace(BERLIN, rule=None).without(date(2026, 10, 20))


def test_exceptions_do_not_fill_the_disk() -> None:
    daily = replace(BERLIN, rule=Rule("DAILY"))
    many = tuple(date(2026, 10, 20) + timedelta(days=n) for n in range(MAX_EXCEPTIONS))
    with pytest.raises(ValueError, match="date"):
        replace(daily, exceptions=many).without(date(2028, 1, 1))


def test_the_last_day_is_a_moment_for_calendars_and_a_day_in_the_database() -> None:
    schedule = replace(BERLIN, rule=Rule("WEEKLY", until=date(2026, 12, 1)))
    assert schedule.rrule == "FREQ=WEEKLY;UNTIL=20261201T225959Z"
    assert schedule.stored_rule == "FREQ=WEEKLY;UNTIL=20261201"
    assert replace(schedule, rule=None).rrule == ""


@pytest.mark.parametrize("tzinfo", [UTC, None], ids=["PostgreSQL", "SQLite"])
def test_a_schedule_comes_back_from_the_database(tzinfo: object) -> None:
    less = BERLIN.without(date(2026, 10, 27))
    stored = less.begins(less.start.date()).replace(tzinfo=tzinfo)  # type: ignore[arg-type]
    assert Schedule.restore(stored, "Europe/Berlin", 60, "FREQ=WEEKLY", "2026-10-27") == less


def test_what_cannot_be_read_any_more_is_no_schedule() -> None:
    at = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
    assert Schedule.restore(at, "Mars/Olympus", 60, None, None) is None
    assert Schedule.restore(at, "UTC", 60, "FREQ=NEVER", None) is None
    assert Schedule.restore(at, "UTC", 60, None, "soon") is None


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Berlin", True), ("America/Argentina/Ushuaia", True), ("UTC", True), ("Etc/GMT+5", True),
        ("Asia/Calcutta", True), ("Europe", False), ("Mars/Olympus", False), ("", False),
        ("localtime", False), ("../../etc/passwd", False), ("/etc/localtime", False), ("tzdata.zi", False),
        ("Europe/Berlin\n", False),
    ],
)  # fmt: skip
def test_time_zones_are_those_of_the_iana_database(name: str, known: bool) -> None:
    assert is_zone(name) is known
