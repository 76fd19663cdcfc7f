"""A group's policy at work: in tickets, records, sweeps, and on the telephone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, select

from onmeet.billing.dial_in import ReachableMeetings
from onmeet.groups.policy import ABOUT_CALLS, GroupPolicy, withholdable
from onmeet.groups.shorter import sweep_groups
from onmeet.meetings.models import CallRecord, MeetingRecord, Participation
from onmeet.meetings.reports import CallEnded, CallStarted, Delivery, Ended, Left, Quality, Report
from onmeet.notices.columns import category_of
from onmeet.signalling import reporting
from onmeet.signalling.ticket import Ticket
from onmeet.web.entrance import ticket_for
from tests.factories.house import House, Visitor
from tests.factories.policies import policy
from tests.groups.people import TODAY

ROOM, CALL = "5" * 64, "6" * 64
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

Build = Callable[..., House]


class Office:
    """Ada and Bo are in a group under a notice that permits records; Zoe is not. Ada keeps a meeting."""

    def __init__(self, house: House, asked: GroupPolicy) -> None:
        self.house, self.behind = house, house.services
        self._tickets: list[Ticket] = []
        house.app.add_url_rule("/show/<code>", "show", self._show)
        self.ada, self.bo, self.zoe = (
            house.member(f"{n}@example.org", n.title()) for n in ("ada", "bo", "zoe")
        )
        self.group = self.behind.groups.create(1, "Heron School", TODAY)
        token = self.behind.invitations.make(1, "member", uses=1, days=1, now=AT)
        self.behind.invitations.accept(token, 2, AT)
        self.behind.groups.tighten(1, asked)
        self.code = self.behind.meetings.create(1, "Tuesday").code
        self.others = self.behind.meetings.create(3, "Wednesday").code

    def _show(self, code: str) -> str:
        self._tickets.append(ticket_for(code))
        return ""

    def ticket(self, visitor: Visitor, code: str = "") -> Ticket:
        visitor.open(f"/m/{code or self.code}")
        assert visitor.open(f"/show/{code or self.code}").status_code == 200
        return self._tickets[-1]

    def meets(self, *people: Ticket) -> None:
        """The relay reports a meeting with a call."""
        at = AT.timestamp()
        reports: list[Report] = [reporting.started(ROOM, people[0], at=at)]
        for seat, ticket in enumerate(people):
            reports += [
                reporting.joined(ROOM, seat, f"Person {seat}", ticket, at=at, at_once=1),
                Quality(ROOM, seat, worst=1, typical=3),
            ]
        reports += [
            CallStarted(ROOM, CALL, at, 1, "+49301234567"),
            CallEnded(ROOM, CALL, at + 60),
            Left(ROOM, 0, at + 60, None),
            Ended(ROOM, at + 600),
        ]
        for number, report in enumerate(reports, 1):
            self.behind.records.take(Delivery("run", number, report))

    def held(self, *models: type[Any]) -> set[str]:
        """The categories that anything is held of in records."""
        with self.behind.database.reading() as session:
            return {
                category
                for model in models or (MeetingRecord, Participation, CallRecord)
                for row in session.scalars(select(model))
                for column in inspect(model).columns
                if (category := category_of(column)) is not None and getattr(row, column.key) is not None
            }

    def rows(self, model: type[Any]) -> list[Any]:
        with self.behind.database.reading() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def sweep(self, now: datetime) -> None:
        sweep_groups(self.behind.database, self.behind.policy, None, now)


@pytest.fixture
def office(build_house: Build) -> Callable[..., Office]:
    def build(asked: GroupPolicy, **settings: Any) -> Office:
        return Office(build_house(**{"notice": "easymeet24", **settings}), asked)

    return build


ABOUT = frozenset(withholdable(policy("easymeet24")))
WITHHELD = frozenset({"meeting.ip", "meeting.device", "meeting.joins", "meeting.quality", "call.times"})


@pytest.mark.promise("N4.2")
def test_what_a_group_withholds_is_in_no_ticket_of_its_meetings_and_members(office: Any) -> None:
    """What an organisation does not want kept is not even reported: in its meetings, and of its members."""
    there: Office = office(GroupPolicy(WITHHELD))
    everything = set(there.behind.reported)
    assert everything >= {"meeting.ip", "meeting.participants"}
    for visitor, code, less in (
        (there.ada, there.code, True),
        (there.zoe, there.code, True),
        (there.house.visitor(), there.code, True),
        (there.bo, there.others, True),
        (there.zoe, there.others, False),
        (there.house.visitor(), there.others, False),
    ):
        ticket = there.ticket(visitor, code)
        assert set(ticket.reports) == (everything - WITHHELD if less else everything)
        assert (ticket.ip is None, ticket.device is None) == (less, less)


@pytest.mark.promise("N4.2")
def test_records_of_members_meetings_lack_what_the_group_withholds(office: Any) -> None:
    """The record of a member's meeting has nothing that the group withholds, about anybody in it."""
    there: Office = office(GroupPolicy(WITHHELD))
    there.meets(there.ticket(there.ada), there.ticket(there.zoe))
    assert there.held() & WITHHELD == set()
    assert {"meeting.participants", "meeting.times", "call.caller_number"} <= there.held()


def test_in_others_meetings_only_the_member_is_spared(office: Any) -> None:
    there: Office = office(GroupPolicy(WITHHELD))
    there.meets(there.ticket(there.zoe, there.others), there.ticket(there.bo, there.others))
    zoe, bo = there.rows(Participation)
    assert (zoe.joined_at is None, bo.joined_at, bo.left_at, bo.quality, bo.ip) == (False,) + (None,) * 4
    assert bo.name == "Person 1"
    assert there.rows(CallRecord)[0].started_at is not None


def test_a_group_that_wants_no_records_has_none(office: Any) -> None:
    there: Office = office(GroupPolicy(ABOUT & frozenset(ABOUT_CALLS)))
    ticket = there.ticket(there.ada)
    assert not set(ticket.reports) & ABOUT
    there.meets(ticket)
    assert there.rows(MeetingRecord) == there.rows(Participation) == there.rows(CallRecord) == []


@pytest.mark.promise("N4.2")
def test_records_go_after_the_days_that_the_group_says(office: Any) -> None:
    """An organisation may have the records of its meetings deleted sooner; those of others stay."""
    there: Office = office(GroupPolicy(days=5))
    there.meets(there.ticket(there.ada), there.ticket(there.zoe))
    there.sweep(AT + timedelta(days=4))
    assert len(there.rows(Participation)) == 2
    there.sweep(AT + timedelta(days=5, hours=1))
    assert there.rows(Participation) == there.rows(CallRecord) == there.rows(MeetingRecord) == []


def test_records_of_other_peoples_meetings_lose_the_member_alone(office: Any) -> None:
    there: Office = office(GroupPolicy(days=5))
    there.meets(there.ticket(there.zoe, there.others), there.ticket(there.bo, there.others))
    there.sweep(AT + timedelta(days=6))
    assert [row.name for row in there.rows(Participation)] == ["Person 0"]
    assert there.rows(MeetingRecord)[0].title == "Wednesday"


def test_what_is_withheld_later_goes_with_the_next_sweep(office: Any) -> None:
    there: Office = office(GroupPolicy())
    for account in (1, 3):
        there.behind.own.correct(account, name="Name", phone="+49 30 1234567", country="DE")
    there.behind.groups.tighten(1, GroupPolicy(frozenset({"account.phone"})))
    there.sweep(AT)
    assert there.behind.own.details(1).phone == ""
    assert there.behind.own.details(1).name == "Name"
    assert there.behind.own.details(3).phone == "+49 30 1234567"
    here = there.behind.groups.of(1)
    assert here is not None
    assert here.joined_on == TODAY


def test_records_of_a_meeting_that_a_member_starts_on_the_spot_obey_the_group(office: Any) -> None:
    there: Office = office(GroupPolicy(WITHHELD, days=5))
    code = there.ada.start_meeting().get_json()["code"]
    guest = there.ticket(there.house.visitor(), code)
    there.meets(guest, there.ticket(there.ada, code))
    first, ada = there.rows(Participation)
    assert (first.ip is None, ada.ip) == (False, None), "the guest came before anybody knew whose it is"
    assert first.left_at is None, "and nothing more was recorded from then on"
    there.sweep(AT)
    assert there.held() & WITHHELD == set()
    assert "meeting.participants" in there.held()
    there.sweep(AT + timedelta(days=5, hours=1))
    assert there.rows(Participation) == []


def test_guests_of_members_meetings_wait_in_the_lobby(office: Any) -> None:
    there: Office = office(GroupPolicy(lobby=True))
    guest = there.house.visitor()
    assert there.ticket(guest).lobby
    assert there.ticket(guest).lobby_fixed, "and no host switches that off"
    assert not there.ticket(guest, there.others).lobby


def test_no_telephone_leads_into_members_meetings(office: Any) -> None:
    there: Office = office(GroupPolicy(telephone=False), sip=True)
    guest, behind = there.house.visitor(), there.behind
    mine, theirs = there.ticket(guest), there.ticket(guest, there.others)
    assert (mine.phone, mine.pin, theirs.phone, theirs.pin is None) == (False, None, True, False)
    reachable = ReachableMeetings(behind.meetings, behind.selling.entitlements, behind.groups)
    assert reachable.by_pin(behind.meetings.pin(1, there.code)) is None
    assert reachable.by_pin(behind.meetings.pin(3, there.others)) == there.others


def test_who_has_left_falls_under_the_notice_alone(office: Any) -> None:
    there: Office = office(GroupPolicy(WITHHELD))
    there.bo.send("/group/leave")
    assert set(there.ticket(there.bo, there.others).reports) == set(there.behind.reported)


def test_what_a_group_withholds_is_not_asked_for_in_the_account(office: Any) -> None:
    there: Office = office(GroupPolicy(frozenset({"account.phone"})))
    for visitor, account, asked in ((there.bo, 2, False), (there.zoe, 3, True)):
        assert ('name="details-phone"' in visitor.open("/account/details").text) == asked
        visitor.send("/account/details", **{"details-name": "Name", "details-phone": "+49 30 1234567"})
        own = there.behind.own.details(account)
        assert (own.name, own.phone) == ("Name", "+49 30 1234567" if asked else "")
