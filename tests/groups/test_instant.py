"""Meetings that members start on the spot: their codes carry what the group wants at the door."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from onmeet.groups.instant import InstantCodes
from onmeet.groups.policy import NOTHING, GroupPolicy
from onmeet.meetings.codes import new_code, well_formed
from onmeet.meetings.models import Meeting
from onmeet.signalling.ticket import Ticket
from onmeet.web.entrance import ticket_for
from tests.factories.house import House, Visitor
from tests.factories.relay import quiet_relay
from tests.groups.people import NOW, TODAY
from tests.peers.signalling_client import SignallingClient

STRICT = GroupPolicy(telephone=False, dial_out=False, lobby=True)
EVERY_WISH = [
    GroupPolicy(telephone=telephone, dial_out=dial_out, lobby=lobby)
    for telephone, dial_out, lobby in product((True, False), repeat=3)
]


class Shop:
    """Ada owns a group, Bo is a member, Zoe is in none. Shows the tickets that the relay would get."""

    def __init__(self, house: House, asked: GroupPolicy) -> None:
        self.house, self.behind = house, house.services
        self._tickets: list[Ticket] = []
        house.app.add_url_rule("/show/<code>", "show", self._show)
        self.ada, self.bo, self.zoe = (house.member(f"{n}@example.org") for n in ("ada", "bo", "zoe"))
        self.behind.groups.create(1, "Heron School", TODAY)
        self.behind.invitations.accept(
            self.behind.invitations.make(1, "member", uses=1, days=1, now=NOW), 2, NOW
        )
        self.behind.groups.tighten(1, asked)

    def _show(self, code: str) -> str:
        self._tickets.append(ticket_for(code))
        return ""

    def ticket(self, visitor: Visitor, code: str) -> Ticket:
        visitor.open(f"/m/{code}")
        assert visitor.open(f"/show/{code}").status_code == 200
        return self._tickets[-1]

    @staticmethod
    def start(visitor: Visitor) -> str:
        return str(visitor.start_meeting().get_json()["code"])


@pytest.fixture
def shop(build_house: Any) -> Callable[..., Shop]:
    return lambda asked=STRICT, **settings: Shop(build_house(**settings), asked)


@pytest.mark.parametrize("asked", EVERY_WISH)
def test_a_code_carries_what_the_group_wants_and_looks_like_any_other(asked: GroupPolicy) -> None:
    codes = InstantCodes(b"k" * 32)
    about_records = GroupPolicy(frozenset({"meeting.ip"}), 5).merged(asked)
    for wanted in (asked, about_records):
        code = codes.new(wanted)
        assert well_formed(code)
        assert codes.asked(code) == asked


def test_a_code_that_means_something_else_by_chance_is_not_handed_out() -> None:
    marked = InstantCodes(b"k" * 32).new(STRICT)
    minted = iter([marked, "abc-defg-hjk"])
    assert InstantCodes(b"k" * 32, lambda: next(minted)).new(NOTHING) == "abc-defg-hjk"


def test_without_the_key_nothing_can_be_read_from_a_code() -> None:
    codes = [InstantCodes(b"k" * 32).new(STRICT) for _ in range(20)]
    others = InstantCodes(secrets.token_bytes(32))
    assert sum(others.asked(code) != NOTHING for code in codes) <= 2
    assert len({code[-3:] for code in codes}) > 10, "the letters that carry it differ from code to code"


def test_codes_that_nobody_marked_mean_nothing() -> None:
    codes = InstantCodes(b"k" * 32)
    assert sum(codes.asked(new_code()) != NOTHING for _ in range(200)) <= 3


@pytest.mark.promise("N4.2")
def test_a_meeting_started_by_a_member_obeys_the_group_for_everybody_in_any_order(shop: Any) -> None:
    """A policy holds in members' meetings that nobody keeps, also for guests who come before the member."""
    there: Shop = shop(sip=True)
    code = there.start(there.bo)
    for visitor in (there.house.visitor(), there.zoe, there.bo, there.house.visitor()):
        ticket = there.ticket(visitor, code)
        assert (ticket.lobby, ticket.lobby_fixed, ticket.phone, ticket.pin) == (True, True, False, None)
    assert there.ticket(there.bo, code).role == "host"


@pytest.mark.promise("N1.2")
def test_nothing_is_stored_of_it(shop: Any) -> None:
    """That a group's policy holds in a meeting started on the spot leaves nothing behind."""
    there: Shop = shop()
    code = there.start(there.ada)
    assert there.behind.instant.asked(code) == STRICT
    with there.behind.database.reading() as session:
        assert session.query(Meeting).count() == 0


@pytest.mark.promise("N4.2")
def test_a_direct_call_of_a_member_obeys_the_group(shop: Any) -> None:
    """The meeting of a direct call falls under the policy of the caller's group, and of no other."""
    there: Shop = shop(sip=True)
    for account, word in ((2, "bo"), (3, "zoe")):
        there.behind.handles.choose(account, word)
        there.behind.contact.set_reach(account, "anyone")
    for caller, called, waits in ((there.bo, 3, True), (there.zoe, 2, False)):
        room = caller.send(f"/u/{there.behind.handles.of(called)}/call", name="Caller").get_json()["room"]
        ticket = there.ticket(there.house.visitor(), room)
        assert (ticket.lobby, ticket.lobby_fixed, ticket.phone) == (waits, waits, not waits)


def test_others_start_meetings_as_ever(shop: Any) -> None:
    there: Shop = shop(sip=True)
    for visitor in (there.zoe, there.house.visitor()):
        ticket = there.ticket(visitor, there.start(visitor))
        assert (ticket.lobby, ticket.lobby_fixed, ticket.phone) == (False, False, True)


def test_the_policy_in_a_code_outlasts_the_membership(shop: Any) -> None:
    there: Shop = shop()
    code = there.start(there.bo)
    there.bo.send("/group/leave")
    assert there.ticket(there.bo, code).lobby_fixed, "guests were told that they wait"
    assert not there.ticket(there.bo, there.start(there.bo)).lobby


@pytest.mark.promise("N4.2")
async def test_a_guest_who_comes_first_waits_for_the_member_and_no_host_can_change_that(shop: Any) -> None:
    """The lobby of a group holds at the relay from the first guest to the last."""
    there: Shop = shop(GroupPolicy(lobby=True))
    code = await asyncio.to_thread(there.start, there.bo)
    early = await asyncio.to_thread(there.ticket, there.house.visitor(), code)
    member = await asyncio.to_thread(there.ticket, there.bo, code)
    async with quiet_relay(there.house.config.relay_socket) as relay:
        guest = await SignallingClient.over_unix(relay.path, early)
        await guest.send("join", version=1, name="Guest", muted=[])
        await guest.wait_for("waiting")
        host = await SignallingClient.over_unix(relay.path, member)
        welcome = await host.join("Bo")
        assert welcome["room"]["lobby"] is True
        await host.send("lobby", on=False)
        assert (await host.wait_for("error"))["code"] == "not-now"
        waiting = (await host.wait_for("knocks"))["waiting"]
        await host.send("let-in", guests=[each["guest"] for each in waiting])
        await guest.wait_for("welcome")
