"""Calendar files as the browser writes them, read by a program that is not ours (icalendar)."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rruleset, rrulestr
from icalendar import Calendar

from onmeet.meetings.kept import KeptMeeting
from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import Schedule
from onmeet.web.meetings.invitation import event_of

LINK = "https://meet.example/m/abc-defg-hjk#1.b7f0AZ_-xx.Qq19"
TEXT = "Ada invites you; come, please.\nBackslash \\ and “quotes”\n\n" + "Größe 🎉 " * 40
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca",
    "Asia/Kolkata", "Europe/Dublin", "Pacific/Chatham", "Asia/Jerusalem", "America/Sao_Paulo",
)  # fmt: skip

WEEKLY = Schedule(
    datetime(2026, 10, 20, 10, 0), "Europe/Berlin", 45, Rule("WEEKLY", weekdays=frozenset({1, 4}))
)
MEETING = KeptMeeting(
    "abc-defg-hjk", 'Tuesday, "round"; \\o/', None, "123456789", schedule=WEEKLY, uid="a-b-c", sequence=3
)

CASES: dict[str, KeptMeeting] = {
    "weekly": MEETING,
    "once": replace(MEETING, schedule=replace(WEEKLY, rule=None)),
    "utc": replace(MEETING, schedule=replace(WEEKLY, zone="UTC", exceptions=(date(2026, 10, 23),))),
    "until": replace(MEETING, schedule=replace(WEEKLY, rule=Rule("DAILY", until=date(2026, 11, 2)))),
    "less": replace(MEETING, schedule=WEEKLY.without(date(2026, 10, 23)).without(date(2026, 10, 27))),
    "cancelled": replace(MEETING, cancelled=True, sequence=4),
    **{zone: replace(MEETING, schedule=replace(WEEKLY, zone=zone)) for zone in ZONES},
}


@cache
def files() -> dict[str, str]:
    """All files, written by node in one go."""
    given = []
    for meeting in CASES.values():
        event = event_of(meeting, 'Ada "the countess"')
        assert event is not None
        given.append({"event": event.as_dict(), "link": LINK, "text": TEXT, "now": NOW.timestamp() * 1000})
    script = Path(__file__).parent / "calendar_files.js"
    run = subprocess.run(
        ["node", str(script)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    return dict(zip(CASES, json.loads(run.stdout), strict=True))


def parsed(name: str) -> tuple[Calendar, Any]:
    found = Calendar.from_ical(files()[name])
    assert isinstance(found, Calendar)
    assert not found.errors
    (event,) = found.walk("VEVENT")
    assert not event.errors
    return found, event


@pytest.mark.parametrize("name", CASES)
def test_another_program_reads_the_same_meeting(name: str) -> None:
    calendar, event = parsed(name)
    meeting = CASES[name]
    assert (str(calendar["METHOD"]), str(event["STATUS"])) == (
        ("CANCEL", "CANCELLED") if meeting.cancelled else ("PUBLISH", "CONFIRMED")
    )
    assert (str(event["UID"]), int(event["SEQUENCE"])) == ("a-b-c", meeting.sequence)
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (meeting.title, TEXT)
    assert (str(event["URL"]), str(event["LOCATION"])) == (LINK, LINK)
    assert str(event["ORGANIZER"].params["CN"]) == "Ada 'the countess'"
    assert event.decoded("DTSTAMP") == NOW
    assert meeting.schedule is not None
    first = meeting.schedule.start.date()
    assert event.decoded("DTSTART").astimezone(UTC) == meeting.schedule.begins(first)
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=45)


@pytest.mark.parametrize("name", CASES)
def test_lines_are_short_and_end_as_the_format_asks(name: str) -> None:
    raw = files()[name].encode()
    assert raw.endswith(b"END:VCALENDAR\r\n")
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None and b"\n" not in line and b"\r" not in line for line in lines)


@pytest.mark.parametrize("name", ["weekly", "until", "less", "utc", *ZONES])
def test_another_program_finds_the_same_dates(name: str) -> None:
    """The rule is expanded on the wall clock by dateutil, and set by the file's own VTIMEZONE."""
    calendar, event = parsed(name)
    schedule = CASES[name].schedule
    assert schedule is not None
    zones = {str(each["TZID"]): each.to_tz() for each in calendar.walk("VTIMEZONE")}
    assert set(zones) == (set() if schedule.zone == "UTC" else {schedule.zone})
    zone = zones.get(schedule.zone, UTC)
    start = event.decoded("DTSTART").replace(tzinfo=None)
    dates = rruleset()
    rule = event["RRULE"].to_ical().decode()
    if "UNTIL" in rule:  # in UTC, as it has to be; dateutil then wants an aware start
        assert rule.endswith("Z")
        until = datetime.strptime(rule.rpartition("=")[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        rule = f"{rule.rpartition('=')[0]}={until.astimezone(ZoneInfo(schedule.zone)):%Y%m%dT%H%M%S}"
    dates.rrule(rrulestr(rule, dtstart=start))
    left_out = event.get("EXDATE", [])
    for each in left_out if isinstance(left_out, list) else [left_out]:
        for when in each.dts:
            dates.exdate(when.dt.replace(tzinfo=None))
    theirs = [each.replace(tzinfo=zone).astimezone(UTC) for each in islice(dates, 150)]
    assert theirs == [schedule.begins(day) for day in islice(schedule.days(), 150)]


@pytest.mark.parametrize("name", ZONES)
def test_the_time_zone_in_the_file_is_that_of_the_zone(name: str) -> None:
    calendar, _ = parsed(name)
    (written,) = calendar.walk("VTIMEZONE")
    theirs, ours = written.to_tz(), ZoneInfo(name)
    # each day of ten years at noon, so that no case hangs on which of two hours is meant
    days = (datetime(2026, 1, 1, 12) + timedelta(days=n) for n in range(3650))
    wrong = [
        day for day in days if day.replace(tzinfo=theirs).utcoffset() != day.replace(tzinfo=ours).utcoffset()
    ]
    assert wrong == []
