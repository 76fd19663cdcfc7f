"""Rules by which meetings repeat, against an implementation that is not ours (python-dateutil)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from onmeet.meetings.recurrence import MAX_COUNT, WEEKDAYS, Rule, RuleError

TUESDAY = date(2026, 11, 24)


@st.composite
def rules(draw: Any) -> tuple[Rule, date]:
    """A rule with a first day that it gives, as the form makes them."""
    first = draw(st.dates(date(2024, 1, 1), date(2032, 12, 31)))
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    values: dict[str, Any] = {"interval": draw(st.integers(1, 13))}
    if frequency == "WEEKLY":
        values["weekdays"] = draw(st.frozensets(st.integers(0, 6))) | {first.weekday()}
    if frequency == "MONTHLY" and draw(st.booleans()):
        last = (first + timedelta(days=7)).month != first.month
        values["place"] = -1 if last else (first.day - 1) // 7 + 1
    match draw(st.sampled_from(["never", "count", "until"])):
        case "count":
            values["count"] = draw(st.integers(1, 60))
        case "until":
            values["until"] = first + timedelta(days=draw(st.integers(0, 2000)))
    return Rule(frequency, **values), first


def theirs(rule: Rule, first: date, since: date) -> list[date]:
    """The first dates from a day on, as dateutil counts them."""
    found = rrulestr(rule.text(first), dtstart=datetime.combine(first, time()))
    return [each.date() for each in islice(found.xafter(datetime.combine(since, time()), inc=True), 12)]


@settings(max_examples=150)
@given(rules(), st.integers(-40, 4000))
def test_a_rule_gives_the_days_that_others_compute(made: tuple[Rule, date], later: int) -> None:
    rule, first = made
    since = first + timedelta(days=later)
    assert list(islice(rule.days(first, since), 12)) == theirs(rule, first, since)


@settings(max_examples=100)
@given(rules())
def test_a_rule_survives_its_text(made: tuple[Rule, date]) -> None:
    rule, first = made
    assert Rule.parse(rule.text(first)) == (rule, first.weekday() if rule.place else None)
    assert rule.fits(first)


@pytest.mark.parametrize(
    ("text", "first", "days"),
    [
        ("FREQ=MONTHLY", date(2026, 1, 31), ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=YEARLY", date(2024, 2, 29), ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;BYDAY=4TU", TUESDAY, ["2026-11-24", "2026-12-22", "2027-01-26"]),
        ("FREQ=MONTHLY;BYDAY=-1TU", TUESDAY, ["2026-11-24", "2026-12-29", "2027-01-26"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,MO", TUESDAY, ["2026-11-24", "2026-12-07", "2026-12-08"]),
        ("FREQ=DAILY;COUNT=2", TUESDAY, ["2026-11-24", "2026-11-25"]),
        ("FREQ=DAILY;UNTIL=20261124", TUESDAY, ["2026-11-24"]),
    ],
)
def test_days_that_a_month_does_not_have_are_left_out(text: str, first: date, days: list[str]) -> None:
    rule, _ = Rule.parse(text)
    assert [day.isoformat() for day in islice(rule.days(first), 3)] == days


def test_a_rule_that_began_long_ago_is_entered_near_the_day() -> None:
    """Walking a thousand years of days would take longer than the test's time limit allows for pages."""
    rule = Rule("DAILY")
    assert next(rule.days(date(1026, 1, 1), TUESDAY)) == TUESDAY
    assert list(rule.days(date(2200, 12, 30), date(2200, 12, 30))) == [date(2200, 12, 30), date(2200, 12, 31)]


def test_a_first_day_that_the_rule_does_not_give_is_found() -> None:
    assert not Rule("WEEKLY", weekdays=frozenset({WEEKDAYS.index("MO")})).fits(TUESDAY)
    assert not Rule("MONTHLY", place=1).fits(TUESDAY)


@pytest.mark.parametrize(
    "text",
    [
        "", "FREQ=HOURLY", "INTERVAL=2", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=100",
        "FREQ=DAILY;COUNT=0", f"FREQ=DAILY;COUNT={MAX_COUNT + 1}", "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=2027-01-01", "FREQ=DAILY;UNTIL=20271301", "FREQ=DAILY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=1MO,2MO",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYSETPOS=1",
        "FREQ=DAILY;INTERVAL=²",
    ],
)  # fmt: skip
def test_what_is_no_rule_of_ours_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        Rule.parse(text)
