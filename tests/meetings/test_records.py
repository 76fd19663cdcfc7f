"""Records of meetings: exactly what each notice permits, whatever becomes of the reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, inspect, select, update

from onmeet.accounts.models import Account
from onmeet.meetings.load import Hour, hours
from onmeet.meetings.models import CallRecord, LoadHour, MeetingRecord, Participation
from onmeet.meetings.records import Records, browser_mark
from onmeet.meetings.reporting import reported
from onmeet.meetings.reports import (
    CallEnded,
    CallStarted,
    Delivery,
    Ended,
    Joined,
    Left,
    Quality,
    Report,
    Started,
    hashed,
)
from onmeet.notices.columns import category_of
from onmeet.notices.rights import resting_on_interest
from onmeet.signalling import reporting
from onmeet.signalling.ticket import Ticket
from tests.factories.house import PASSWORD, House
from tests.factories.policies import policy
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["migrated", "new_database", "postgres"]  # run on both kinds of database

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")
ROOM, CALL = hashed("a room"), hashed("a call")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
AT = NOON.timestamp()
ADA = 1


def deliveries(*reports: Report, run: str = "run") -> list[Delivery]:
    return [Delivery(run, seq, report) for seq, report in enumerate(reports, 1)]


def ticket(notice: str, code: str, role: Any, account: int | None) -> Ticket:
    """As the web process writes it under a notice."""
    categories = reported(policy(notice))
    recorded = any(category.startswith("meeting.") for category in categories)
    return Ticket(
        code, role, f"browser of {role}", 50, 1e12,
        account=account if recorded else None,
        ip="203.0.113.77" if "meeting.ip" in categories else None,
        device="Firefox 140" if "meeting.device" in categories else None,
        reports=categories,
    )  # fmt: skip


def a_meeting(notice: str, code: str) -> list[Report]:
    """What the relay reports under a notice about a host and a guest."""
    host, guest = ticket(notice, code, "host", ADA), ticket(notice, code, "guest", None)
    counted = "usage.aggregate" in host.reports
    stays: list[Report] = [
        reporting.joined(ROOM, 0, "Ada", host, at=AT, at_once=1),
        reporting.joined(ROOM, 1, "Ben", guest, at=AT + 60, at_once=2),
        *([Quality(ROOM, 1, worst=1, typical=3)] if "meeting.quality" in host.reports else []),
        Left(ROOM, 1, AT + 360, 300 if counted else None),
        Left(ROOM, 0, AT + 600, 600 if counted else None),
    ]
    return [
        reporting.started(ROOM, host, at=AT),
        *(stays if host.reports else []),
        Ended(ROOM, AT + 600),
    ]


@pytest.fixture(params=NOTICES)
def notice(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Desk:
    """A house under a notice, with Ada's account and a meeting that she keeps, and its records."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.database = house.services.database
        house.services.accounts.register("ada@example.org", PASSWORD)
        self.code = house.services.meetings.create(ADA, "Tuesday").code
        self.records = Records(self.database, policy(house.config.notice), key=house.config.marks_key)

    def take(self, *reports: Report, run: str = "run") -> None:
        for delivery in deliveries(*reports, run=run):
            self.records.take(delivery)

    def all(self, model: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(select(model).order_by(*inspect(model).primary_key)))

    def one(self, model: type[Any]) -> Any:
        (row,) = self.all(model)
        return row

    def empty(self) -> None:
        with self.database.writing() as session:
            for model in (CallRecord, Participation, MeetingRecord, LoadHour):
                session.execute(delete(model))


@pytest.fixture
def build_desk(build_house: Any) -> Any:
    return lambda notice: Desk(build_house(notice=notice))


@pytest.fixture
def desk(build_desk: Any) -> Desk:
    """Under the notice that permits most about meetings."""
    made: Desk = build_desk("easymeet24")
    return made


# -- what is written under each notice ---------------------------------------------------------------


@pytest.mark.promise("N1.2", "N1.7", "N3.2", "N3.5", "N3.8", "N5.3")
def test_exactly_the_permitted_columns_are_filled(build_desk: Any, notice: str) -> None:
    """Under each notice a record of a meeting has what it permits, and nothing else."""
    desk = build_desk(notice)
    desk.take(*a_meeting(notice, desk.code))
    permitted = policy(notice)
    rows = [*desk.all(MeetingRecord), *desk.all(Participation)]
    for row in rows:
        for column in inspect(type(row)).columns:
            category = category_of(column)
            if category is not None and not permitted.stores(category):
                assert getattr(row, column.key) is None, f"{column} under {notice}"
    filled = {
        category_of(column)
        for row in rows
        for column in inspect(type(row)).columns
        if getattr(row, column.key) is not None
    } - {None}
    expected = {c for c in reported(permitted) if c.startswith("meeting.")}
    assert filled == expected
    assert bool(rows) == bool(expected)


@pytest.mark.promise("N1.2", "N1.7")
def test_without_permission_no_statement_reaches_the_database(build_desk: Any) -> None:
    """Under a notice without records nothing about a call is even sent to the database."""
    desk = build_desk("on-meet")
    seen: list[str] = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    event.listen(desk.database.engine, "begin", lambda *a: seen.append("begin"))
    desk.take(*a_meeting("on-meet", desk.code))
    # even what no relay would report under this notice
    desk.take(*a_meeting("easymeet24", desk.code))
    desk.take(CallStarted(ROOM, CALL, AT, 1, "+4930123456"), CallEnded(ROOM, CALL, AT))
    assert seen == []


def test_what_a_ticket_did_not_permit_is_not_recorded_under_a_later_notice(desk: Desk) -> None:
    desk.take(*a_meeting("on-meet", desk.code))
    assert desk.all(MeetingRecord) == desk.all(Participation) == desk.all(LoadHour) == []


@pytest.mark.promise("N3.2", "N3.5", "N3.8")
def test_a_record_says_who_was_there_when_and_how(desk: Desk) -> None:
    """A record says who was there, from when to when, with what access, address and device."""
    desk.take(*a_meeting("easymeet24", desk.code))
    record = desk.one(MeetingRecord)
    assert (record.code, record.title, record.account_id) == (desk.code, "Tuesday", ADA)
    ada, ben = desk.all(Participation)
    assert (ada.name, ada.account_id, ada.seat) == ("Ada", ADA, 0)
    assert (ben.name, ben.account_id, ben.seat) == ("Ben", None, 1)
    assert (ben.access_kind, ben.ip, ben.device) == ("browser", "203.0.113.77", "Firefox 140")
    assert ben.quality == "worst 1, typical 3"
    assert (ben.left_at - ben.joined_at).total_seconds() == 300
    assert ben.ended_on == record.ended_on == NOON.date()


def test_every_row_has_a_key_of_its_own_with_an_account_or_without(desk: Desk) -> None:
    desk.take(*a_meeting("easymeet24", desk.code))
    rows = [*desk.all(Participation), desk.one(Account), desk.one(MeetingRecord)]
    assert len({row.subject for row in rows}) == len(rows) == 4


def test_an_ad_hoc_meeting_belongs_to_its_host_who_is_signed_in(desk: Desk) -> None:
    desk.take(*a_meeting("easymeet24", "zzz-zzzz-zzz"))
    record = desk.one(MeetingRecord)
    assert (record.account_id, record.title) == (ADA, None)


def test_a_meeting_of_guests_belongs_to_nobody(desk: Desk) -> None:
    guest = ticket("easymeet24", "zzz-zzzz-zzz", "guest", ADA)
    desk.take(reporting.started(ROOM, guest, at=AT), reporting.joined(ROOM, 0, "A", guest, at=AT, at_once=1))
    assert desk.one(MeetingRecord).account_id is None


def test_an_account_that_is_gone_meanwhile_is_nobody(desk: Desk) -> None:
    host = ticket("easymeet24", "zzz-zzzz-zzz", "host", 99)
    desk.take(reporting.joined(ROOM, 0, "Ada", host, at=AT, at_once=1))
    assert (desk.one(MeetingRecord).account_id, desk.one(Participation).account_id) == (None, None)


@pytest.mark.promise("N1.2")
def test_the_browser_is_known_by_a_mark_and_only_while_the_meeting_lasts(desk: Desk) -> None:
    """A browser is known in a record by a mark, and no longer than the meeting lasts."""
    reports = a_meeting("easymeet24", desk.code)
    desk.take(*reports[:3])
    ada, _ben = desk.all(Participation)
    assert ada.browser == browser_mark(desk.house.config.marks_key, "browser of host")
    desk.take(*reports[3:])
    assert [person.browser for person in desk.all(Participation)] == [None, None]


def test_people_see_what_is_recorded_of_them_and_sums_of_others(desk: Desk) -> None:
    reports = a_meeting("easymeet24", desk.code)
    desk.take(*reports[:4])
    held = {h.category: h for h in desk.records.held(ROOM, "browser of guest")}
    assert held["meeting.participants"].you == ("Ben",)
    assert held["meeting.participants"].others == 1
    assert held["meeting.ip"].you == ("203.0.113.77",)
    assert held["meeting.topic"].meeting == 1
    stranger = desk.records.held(ROOM, "another browser")
    assert all(holding.you == () for holding in stranger)
    desk.take(*reports[4:])
    assert all(holding.you == () for holding in desk.records.held(ROOM, "browser of guest"))


def test_of_callers_people_see_sums(desk: Desk) -> None:
    desk.take(
        *a_meeting("easymeet24", desk.code)[:3],
        CallStarted(ROOM, CALL, AT, 2, "+4930123456", "+4930654321", ip="203.0.113.8"),
        CallStarted(ROOM, hashed("withheld"), AT, 3, None, "+4930654321", ip="203.0.113.8"),
        CallEnded(ROOM, CALL, AT + 60),
    )
    held = {h.category: (h.you, h.others) for h in desk.records.held(ROOM, "browser of guest")}
    assert held["call.caller_number"] == ((), 1)
    assert held["call.callee_number"] == held["call.ip"] == ((), 2)
    assert held["call.times"] == ((), 3)


def test_nothing_is_held_of_a_meeting_without_record(build_desk: Any) -> None:
    assert build_desk("on-meet").records.held(ROOM, "browser") == []
    assert build_desk("easymeet24").records.held(ROOM, "browser") == []


@pytest.mark.promise("N3.15")
@pytest.mark.parametrize("right", ["restricted", "objected"])
def test_nothing_resting_on_legitimate_interest_is_written_about_who_objected(desk: Desk, right: str) -> None:
    """Of somebody who objected nothing is recorded that rests on legitimate interest."""
    with desk.database.writing() as session:
        session.execute(update(Account).values({right: True}))
    desk.take(*a_meeting("easymeet24", desk.code)[:-1], Quality(ROOM, 0, 1, 1))
    silent = resting_on_interest(policy("easymeet24"))
    ada, ben = desk.all(Participation)
    for column in inspect(Participation).columns:
        category = category_of(column)
        if category is not None:
            assert getattr(ben, column.key) is not None
            assert (getattr(ada, column.key) is None) == (category in silent), column
    assert "meeting.ip" in silent


# -- reports that come twice, in another order, or not at all ------------------------------------------


def picture(desk: Desk) -> list[list[tuple[Any, ...]]]:
    """Everything recorded, without what is random."""

    def values(row: Any) -> tuple[Any, ...]:
        left_out = {"id", "record_id", "subject", "run", "seq"}
        return tuple(
            getattr(row, column.key) for column in inspect(type(row)).columns if column.key not in left_out
        )  # fmt: skip

    return [[values(row) for row in desk.all(model)] for model in (MeetingRecord, Participation, LoadHour)]


def test_taking_every_report_twice_changes_nothing(desk: Desk) -> None:
    reports = a_meeting("easymeet24", desk.code)
    once = deliveries(*reports)
    for delivery in once:
        desk.records.take(delivery)
    before = picture(desk)
    for delivery in once:
        desk.records.take(delivery)
    assert picture(desk) == before


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_losses_duplicates_and_other_orders_leave_a_sound_record(desk: Desk, data: st.DataObject) -> None:
    """Left without Joined, Ended twice, reports of an unknown room: poorer perhaps, never wrong."""
    desk.empty()
    whole = [*a_meeting("easymeet24", desk.code), CallStarted(ROOM, CALL, AT, 2, "+4930123456")]
    chosen = data.draw(st.lists(st.sampled_from(whole), max_size=14))
    desk.take(*chosen, Ended(ROOM, AT + 600), Ended(ROOM, AT + 900))
    taken = {type(report) for report in chosen}
    seats = [person.seat for person in desk.all(Participation)]
    joined = {report.seat for report in chosen if isinstance(report, Joined)}
    assert sorted(seats) == sorted(joined)
    expected = int(bool(taken & {Started, Joined, CallStarted}))
    assert len(desk.all(MeetingRecord)) == expected
    for row in [*desk.all(MeetingRecord), *desk.all(Participation), *desk.all(CallRecord)]:
        assert row.ended_on == NOON.date()
    for person in desk.all(Participation):
        assert person.browser is None
        assert person.left_at is not None
        assert person.joined_at <= person.left_at


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(cuts=st.lists(st.integers(0, 7), max_size=4))
def test_a_keeper_that_dies_anywhere_and_gets_all_again_writes_the_same(desk: Desk, cuts: list[int]) -> None:
    whole = deliveries(*a_meeting("easymeet24", desk.code))
    desk.empty()
    for delivery in whole:
        desk.records.take(delivery)
    undisturbed = picture(desk)
    desk.empty()
    for cut in sorted(cuts):
        for delivery in whole[: cut + 1]:
            desk.records.take(delivery)
    for delivery in whole:
        desk.records.take(delivery)
    assert picture(desk) == undisturbed


def test_the_end_of_a_room_without_record_is_no_record(desk: Desk) -> None:
    desk.take(Ended(ROOM, AT), Left(ROOM, 0, AT), Quality(ROOM, 0, 1, 1), CallEnded(ROOM, CALL, AT))
    assert desk.all(MeetingRecord) == []


def test_the_open_records_of_a_dead_relay_are_ended(desk: Desk) -> None:
    other = hashed("another room")
    host = ticket("easymeet24", desk.code, "host", ADA)
    for instance in (ROOM, other):
        desk.take(
            reporting.started(instance, host, at=AT),
            reporting.joined(instance, 0, "Ada", host, at=AT, at_once=1),
            CallStarted(instance, hashed(instance), AT, 1, "+4930123456"),
        )
    assert desk.records.end_orphans({other}, NOON) == [ROOM]
    ended, going_on = desk.all(MeetingRecord)
    assert (ended.ended_on, going_on.ended_on) == (NOON.date(), None)
    assert [person.ended_on for person in desk.all(Participation)] == [NOON.date(), None]
    assert [call.ended_on for call in desk.all(CallRecord)] == [NOON.date(), None]
    assert desk.records.end_orphans({other}, NOON) == []


# -- telephone calls -----------------------------------------------------------------------------------


@pytest.mark.promise("N3.2", "N5.5")
def test_of_a_call_exactly_the_permitted_columns_are_filled(build_desk: Any, notice: str) -> None:
    """The record of a telephone call takes what the notice permits."""
    desk = build_desk(notice)
    call = CallStarted(
        ROOM, CALL, AT, 1, "+4930123456", "+4930654321", "pbx.example.org", "licence", "203.0.113.8"
    )
    desk.take(call, CallEnded(ROOM, CALL, AT + 60), CallEnded(ROOM, CALL, AT + 90), Ended(ROOM, AT + 90))
    permitted = policy(notice)
    for row in desk.all(CallRecord):
        assert row.ended_on == NOON.date()
        for column in inspect(CallRecord).columns:
            category = category_of(column)
            if category is not None:
                filled = getattr(row, column.key) is not None
                assert filled == permitted.stores(category), f"{column} under {notice}"
    assert bool(desk.all(CallRecord)) == desk.records.recording


@pytest.mark.promise("N3.12")
@pytest.mark.parametrize("suppressed", [None, ""])
def test_a_suppressed_number_is_not_in_the_record(desk: Desk, suppressed: str | None) -> None:
    """Of a caller who suppresses the number the record has none."""
    desk.take(
        CallStarted(ROOM, CALL, AT, caller_number=suppressed, callee_number="+4930654321"),
        CallEnded(ROOM, CALL, AT + 60),
    )
    row = desk.one(CallRecord)
    assert not row.caller_number
    assert row.callee_number == "+4930654321"


# -- load ------------------------------------------------------------------------------------------------


@pytest.mark.promise("N3.10")
def test_the_load_is_counted_by_the_hour(desk: Desk) -> None:
    """The operator sees the load by the hour, in sums."""
    desk.take(
        Started(ROOM, AT, counted=True),
        Joined(ROOM, 0, AT + 1800, at_once=4),
        Joined(ROOM, 1, AT + 3600, at_once=5),
        Left(ROOM, 0, AT + 5400, 3600.0),
        Left(ROOM, 1, AT + 5400, 1800.0),
    )
    one = NOON.replace(hour=13)
    assert hours(desk.database, NOON) == [Hour(NOON, 1, 1, 4, 1800), Hour(one, 0, 1, 5, 3600)]
    assert hours(desk.database, one) == [Hour(one, 0, 1, 5, 3600)]


def test_a_new_relay_counts_on(desk: Desk) -> None:
    desk.take(Started(ROOM, AT, counted=True), run="first")
    desk.take(Started(hashed("b"), AT, counted=True), run="second")
    desk.take(Started(hashed("b"), AT, counted=True), run="second")
    assert [hour.meetings for hour in hours(desk.database, NOON)] == [2]


def test_endings_that_were_concluded_count_nothing(desk: Desk) -> None:
    desk.records.take(Delivery("old", 0, Left(ROOM, 0, AT, 60.0)))
    assert hours(desk.database, NOON) == []


@pytest.mark.promise("N3.10", "N4.8")
def test_the_load_is_counted_only_where_counts_are_permitted_without_consent(
    build_desk: Any, notice: str
) -> None:
    """The load is counted only where the notice permits counts without asking anybody."""
    desk = build_desk(notice)
    desk.take(Started(ROOM, AT, counted=True), Left(ROOM, 0, AT, 60.0))
    assert bool(hours(desk.database, NOON)) == (notice in ("easymeet24", "web1on1"))
