"""Usage reports: sums and meetings as far as the notice permits, never an itemised bill."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from onmeet.accounts.models import Account
from onmeet.meetings.usage import MeetingLine, Month, UsageReports
from tests.factories.house import House
from tests.factories.policies import policy
from tests.factories.postgres import migrated, new_database, postgres
from tests.meetings.test_records import ADA, AT, NOON, NOTICES, ROOM, Desk, a_meeting

__all__ = ["migrated", "new_database", "postgres"]  # run on both kinds of database

MARCH = Month(2026, 3)


def used(house: House) -> Desk:
    """A house in which Ada has had one meeting."""
    desk = Desk(house)
    desk.take(*a_meeting(house.config.notice, desk.code))
    return desk


def reports_of(desk: Desk) -> UsageReports:
    return UsageReports(desk.database, policy(desk.house.config.notice))


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-03", MARCH), ("2026-3", None), ("2026-13", None), ("", None), ("2026-03-01", None),
        ("0000-01", None),
    ],
)  # fmt: skip
def test_a_month_is_written_in_one_way(text: str, month: Month | None) -> None:
    assert Month.parse(text) == month
    assert month is None or str(month) == text


def test_months_follow_one_another_over_the_end_of_the_year() -> None:
    assert (Month(2025, 12).next, Month(2026, 1).previous) == (Month(2026, 1), Month(2025, 12))
    assert (MARCH.next, MARCH.previous) == (Month(2026, 4), Month(2026, 2))


@pytest.mark.promise("N3.10")
def test_a_customer_gets_the_sums_and_meetings_of_a_month(build_house: Any) -> None:
    """A customer gets the sums and the meetings of a month."""
    report = reports_of(used(build_house(notice="easymeet24"))).of(ADA, MARCH)
    assert (report.meetings, report.participants, report.minutes) == (1, 2, 15)
    end = datetime.fromtimestamp(AT + 600, UTC)
    assert report.lines == (MeetingLine("Tuesday", NOON, end, 10, 2),)


@pytest.mark.promise("N3.14")
def test_a_report_names_nobody_and_no_connection(build_house: Any) -> None:
    """A usage report names nobody and no single connection: it is no itemised bill."""
    text = repr(reports_of(used(build_house(notice="easymeet24"))).of(ADA, MARCH))
    for personal in ("Ada", "Ben", "203.0.113", "Firefox", "browser", ROOM):
        assert personal not in text


@pytest.mark.promise("N3.10", "N1.2")
@pytest.mark.parametrize("notice", NOTICES)
def test_a_report_says_what_the_notice_lets_us_keep(build_house: Any, notice: str) -> None:
    """A usage report has no more than the notice lets us keep."""
    desk = used(build_house(notice=notice))
    reports = reports_of(desk)
    report = reports.of(ADA, MARCH)
    assert report.meetings == int(desk.records.recording)
    assert reports.months(ADA) == ([MARCH] if desk.records.recording else [])
    for line in report.lines:
        assert (line.topic is not None) == policy(notice).stores("meeting.topic")
        assert (line.started_at is not None) == policy(notice).stores("meeting.times")
    if report.lines:
        assert (report.minutes is not None) == policy(notice).stores("meeting.joins")


def test_other_months_and_other_people_have_nothing_of_it(build_house: Any) -> None:
    reports = reports_of(used(build_house(notice="easymeet24")))
    assert reports.of(ADA, MARCH.next).meetings == reports.of(ADA + 1, MARCH).meetings == 0


@pytest.mark.promise("N3.15")
def test_no_report_is_made_while_processing_is_restricted(build_house: Any) -> None:
    """While somebody has restricted processing no report is made."""
    desk = used(build_house(notice="easymeet24"))
    with desk.database.writing() as session:
        session.execute(update(Account).values(restricted=True))
    assert reports_of(desk).of(ADA, MARCH).meetings == 0
    assert reports_of(desk).months(ADA) == []


# -- the page ----------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(build_house: Any) -> Any:
    house: House = build_house(notice="easymeet24")
    used(house)
    visitor = house.visitor()
    visitor.sign_in()
    return visitor


@pytest.mark.promise("N3.10")
def test_the_page_shows_the_month_that_was_chosen(signed_in: Any) -> None:
    """Customers look at the report of any month."""
    page = signed_in.open("/account/usage?month=2026-03").text
    assert "Tuesday" in page
    assert 'data-testid="usage-minutes">15<' in page
    assert '<option value="2026-03" selected>March 2026</option>' in page
    assert "Tuesday" not in signed_in.open("/account/usage?month=2026-02").text


@pytest.mark.promise("N3.10")
def test_the_month_comes_as_csv(signed_in: Any) -> None:
    """Customers take the report of a month along as a table."""
    answer = signed_in.open("/account/usage.csv?month=2026-03")
    assert answer.mimetype == "text/csv"
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["topic", "started_at", "ended_at", "minutes", "participants"],
        ["Tuesday", "2026-03-10T12:00:00+00:00", "2026-03-10T12:10:00+00:00", "10", "2"],
    ]


def test_a_topic_is_no_formula_for_a_spreadsheet(build_house: Any) -> None:
    house: House = build_house(notice="easymeet24")
    desk = Desk(house)
    code = house.services.meetings.create(ADA, "=1+1").code
    desk.take(*a_meeting("easymeet24", code))
    visitor = house.visitor()
    visitor.sign_in()
    assert "'=1+1," in visitor.open("/account/usage.csv?month=2026-03").text


@pytest.mark.parametrize(
    "path", ["/account/usage?month=x", "/account/usage.csv", "/account/usage.csv?month=1"]
)
def test_a_month_that_is_none_is_not_found(signed_in: Any, path: str) -> None:
    assert signed_in.open(path).status_code == 404


@pytest.mark.promise("N1.2", "N3.10")
@pytest.mark.parametrize("path", ["/account/usage", "/account/usage.csv?month=2026-03"])
def test_where_nothing_is_recorded_there_is_no_report(house: House, path: str) -> None:
    """Where nothing is recorded there is no usage report."""
    member = house.member()
    assert member.open(path).status_code == 404
    assert "/account/usage" not in member.open("/account/data").text


def test_a_stranger_is_asked_to_sign_in(build_house: Any) -> None:
    assert build_house(notice="easymeet24").visitor().open("/account/usage").status_code == 302
