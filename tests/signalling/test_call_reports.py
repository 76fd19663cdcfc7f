"""What a live room reports of calls: as much as the notice in force permits; of one that waits, nothing."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from onmeet.meetings.reporting import reported
from onmeet.meetings.reports import (
    REPORTABLE,
    CallEnded,
    CallStarted,
    Ended,
    Joined,
    Left,
    PinSpent,
    Report,
    Started,
    encode,
    hashed,
)
from onmeet.signalling import closing
from onmeet.signalling.gateway_messages import RECORDED
from tests.factories.people import House, Person
from tests.factories.policies import policy
from tests.factories.telephone import Switch, call_name

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")
VALUES = {
    "caller_number": "+4930123456", "callee_number": "+4930654321", "pbx_domain": "pbx.example.org",
    "licence_key": "3CX-1234", "ip": "203.0.113.8",
}  # fmt: skip
PINS = ("012345678", "876543210")


class Call:
    """A host, a link, and one call that says everything that a notice permits to record."""

    def __init__(self, *reports: str, **ticket: Any) -> None:
        self.house = House()
        self.reports = reports
        self.record = {name: value for name, value in VALUES.items() if RECORDED[name] in reports}
        self.ada: Person = self.house.joined("Ada", "host", browser="Ada", **ticket)
        self.switch = Switch(self.house)
        self.ring()

    @classmethod
    def under(cls, notice: str) -> Call:
        return cls(*reported(policy(notice)))

    def ring(self) -> None:
        self.switch.ring(1, label="Grandma", reports=list(self.reports), record=self.record)

    def admit(self) -> None:
        self.ada.say("admit", call=call_name(1))

    def hang_up(self) -> None:
        self.switch.say("hang-up", call=call_name(1))

    def told(self, *kinds: type[Report]) -> list[Any]:
        reports = [delivery.report for delivery in self.house.reports.after(0, 1000)]
        return [report for report in reports if not kinds or isinstance(report, kinds)]


def filled(report: Report) -> set[str]:
    return {field.name for field in fields(report) if getattr(report, field.name) is not None}


@pytest.mark.promise("N1.2", "N3.2", "N5.5")
@pytest.mark.parametrize("notice", NOTICES)
def test_of_a_call_exactly_the_permitted_fields_are_reported(notice: str) -> None:
    """Of a telephone call the relay reports what the notice permits, and under on-meet nothing at all."""
    call = Call.under(notice)
    call.admit()
    call.hang_up()
    call.ada.say("leave")
    permits = policy(notice).stores
    started = call.told(CallStarted)
    permitted = {name for name, category in RECORDED.items() if permits(category)}
    assert len(started) == len(call.told(CallEnded)) == bool(permitted or permits("call.times"))
    for report in started:
        assert filled(report) == {"instance", "call", "at", "seat"} | permitted
        assert {name: getattr(report, name) for name in permitted} == {n: VALUES[n] for n in permitted}
    for report in call.told(Joined):
        shown = {"access"} if permits("meeting.access_kind") else set()
        shown |= {"name"} if permits("meeting.participants") else set()
        shown |= {"at_once"} if permits("usage.aggregate") else set()
        assert filled(report) == {"instance", "seat", "at", "recorded", "host"} | shown
    said = json.dumps([encode(report) for report in call.told()])
    for name, value in VALUES.items():
        assert (value in said) == (name in permitted)
    assert call_name(1) not in said


@pytest.mark.promise("N1.2")
def test_under_on_meet_no_report_mentions_a_call() -> None:
    """Under on-meet nobody is told that there was a telephone call."""
    call = Call.under("on-meet")
    call.admit()
    call.hang_up()
    call.ada.say("leave")
    began, ended = call.told()
    assert (type(began), type(ended)) == (Started, Ended)
    assert filled(began) == {"instance", "at", "recorded", "counted"}
    assert filled(ended) == {"instance", "at"}


@pytest.mark.promise("N3.2", "N5.5")
@pytest.mark.parametrize("category", REPORTABLE)
def test_each_permission_lets_out_its_own_field_of_a_call_and_no_other(category: str) -> None:
    """Each permission lets the relay report its own value of a call and no other."""
    call = Call(category)
    call.admit()
    (joined,) = call.told(Joined)
    shows = {"meeting.participants": "name", "meeting.access_kind": "access", "usage.aggregate": "at_once"}
    extra = {shows[category]} if category in shows else set()
    assert filled(joined) == {"instance", "seat", "at", "recorded", "host"} | extra
    assert joined.recorded == (category != "usage.aggregate")
    own = {name for name, needed in RECORDED.items() if needed == category}
    for started in call.told(CallStarted):
        assert filled(started) == {"instance", "call", "at", "seat"} | own
    assert len(call.told(CallStarted)) == category.startswith("call.")


def test_a_caller_takes_part_by_telephone_and_has_neither_account_nor_browser() -> None:
    call = Call("meeting.access_kind", "meeting.ip", "meeting.device", "meeting.participants")
    call.admit()
    (joined,) = call.told(Joined)
    assert joined.access == "telephone"
    assert joined.name == "Grandma"
    assert (joined.account, joined.browser, joined.ip, joined.device, joined.host) == (
        None, None, None, None, False
    )  # fmt: skip


def test_a_call_that_nobody_lets_in_is_not_reported() -> None:
    for end in ("hang_up", "reject", "link", "room"):
        call = Call(*REPORTABLE)
        match end:
            case "hang_up":
                call.hang_up()
            case "reject":
                call.ada.say("reject", call=call_name(1))
            case "link":
                call.switch.gateway.gone()
            case "room":
                call.ada.say("end")
        assert call.told(CallStarted, CallEnded, Joined) == [], end


@pytest.mark.parametrize("end", ["hang_up", "kick", "link", "flood", "room", "leave"])
def test_a_call_that_began_ends_once_however_it_ends(end: str) -> None:
    call = Call(*REPORTABLE)
    call.admit()
    match end:
        case "hang_up":
            call.hang_up()
        case "kick":
            call.ada.say("kick", index=1)
        case "link":
            call.switch.gateway.gone()
        case "flood":
            call.switch.gateway.close(closing.TOO_MANY)
        case "room":
            call.ada.say("end")
        case "leave":
            call.ada.say("leave")
    (started,), (ended,) = call.told(CallStarted), call.told(CallEnded)
    assert (ended.instance, ended.call) == (started.instance, started.call)
    assert len(call.told(Joined)) == len(call.told(Left)) == 1
    call.house.registry.close(closing.RESTART)
    assert len(call.told(CallEnded)) == 1


def test_a_call_that_is_held_and_let_in_again_is_one_call_and_two_stays() -> None:
    call = Call(*REPORTABLE)
    call.admit()
    call.house.wait(10)
    call.ada.say("hold", index=1)
    assert call.told(CallEnded) == []
    call.admit()
    call.hang_up()
    assert [report.seat for report in call.told(Joined)] == [1, 2]
    assert [report.seat for report in call.told(Left)] == [1, 2]
    assert [report.seat for report in call.told(CallStarted)] == [1]
    assert len(call.told(CallEnded)) == 1


def test_the_same_call_in_two_meetings_is_two_calls_to_the_records() -> None:
    call = Call(*REPORTABLE)
    call.admit()
    call.ada.say("end")
    call.ada = call.house.joined("Ada", "host", browser="Ada")
    call.admit()
    call.hang_up()
    first, second = call.told(CallStarted)
    assert first.instance != second.instance
    assert first.call != second.call
    assert [report.call for report in call.told(CallEnded)] == [first.call, second.call]


def test_a_call_is_named_by_a_hash_that_does_not_lead_back_to_it() -> None:
    call = Call("call.ip")
    call.admit()
    instance = call.ada.welcome["room"]["instance"]
    assert call.told(CallStarted)[0].call == hashed(f"{instance} {call_name(1)}")


# -- PINs ------------------------------------------------------------------------------------------


def test_a_pin_that_rotates_is_spent_before_the_end_and_once() -> None:
    house = House()
    house.joined("Ada", "host", phone=True, pin=PINS[0], pin_rotates=True).say("leave")
    reports = [delivery.report for delivery in house.reports.after(0, 10)]
    assert [type(report) for report in reports] == [Started, PinSpent, Ended]
    assert isinstance(reports[1], PinSpent)
    assert (reports[1].pin, reports[1].instance) == (PINS[0], reports[0].instance)


@pytest.mark.parametrize(
    "ticket",
    [{"phone": True, "pin": PINS[0]}, {"phone": True}, {}],
)
def test_a_pin_that_stays_is_not_mentioned(ticket: dict[str, Any]) -> None:
    house = House()
    house.joined("Ada", "host", **ticket).say("leave")
    assert [type(delivery.report) for delivery in house.reports.after(0, 10)] == [Started, Ended]


def test_the_latest_ticket_says_which_pin_is_spent() -> None:
    house = House()
    ada = house.joined("Ada", "host", phone=True, pin=PINS[0], pin_rotates=True)
    house.joined("Ben", phone=True, pin=PINS[1], pin_rotates=True)
    ada.say("end")
    spent = [d.report.pin for d in house.reports.after(0, 10) if isinstance(d.report, PinSpent)]
    assert spent == [PINS[1]]
