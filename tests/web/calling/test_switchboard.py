"""Direct calls while they ring: values in, messages out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from onmeet.errors import ProtocolError
from onmeet.web.calling.switchboard import (
    AT_ONCE,
    DIAL_SECONDS,
    HUSH_SECONDS,
    RING_SECONDS,
    About,
    Caller,
    Switchboard,
    TooManyCalls,
)
from tests.factories.house import HandClock

ADA, BEN, ROOM = 1, 2, "abc-defg-hjk"
KEY, SEALED = "k" * 43, "s" * 155
GUEST = Caller(None, "network-1")


class Phone:
    """A line that remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.closed = False

    def post(self, message: Mapping[str, Any]) -> None:
        assert not self.closed
        self.heard.append(dict(message))

    def hang_up(self) -> None:
        self.closed = True

    def last(self) -> dict[str, Any]:
        return self.heard[-1]


class World:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.board = Switchboard(self.clock)

    def callee(self, account: int = ADA) -> Phone:
        phone = Phone()
        self.board.join(account, phone)
        return phone

    def call(self, caller: Caller = GUEST, callee: int = ADA) -> tuple[str, Phone]:
        name = self.board.prepare(callee, caller, About("Ben", caller.account_id is None, "family"), ROOM)
        phone = Phone()
        assert self.board.dial(name, phone)
        return name, phone

    def accept(self, name: str, phone: Phone) -> None:
        self.board.callee_says(ADA, phone, {"type": "accept", "call": name, "key": KEY})


@pytest.fixture
def world() -> World:
    return World()


def test_a_call_rings_everywhere_and_says_who_calls(world: World) -> None:
    first, second, stranger = world.callee(), world.callee(), world.callee(BEN)
    name, caller = world.call()
    for phone in (first, second):
        assert phone.last()["call"] == name
        assert phone.last()["from"] == {
            "name": "Ben", "guest": True, "label": "family", "email": "", "phone": "", "country": "",
            "picture": False,
        }  # fmt: skip
    assert stranger.heard == []
    assert caller.heard == [{"type": "ringing"}]


def test_a_page_that_opens_later_rings_too(world: World) -> None:
    name, _ = world.call()
    assert world.callee().last()["call"] == name


def test_nothing_rings_before_the_callers_socket_is_there(world: World) -> None:
    phone = world.callee()
    world.board.prepare(ADA, GUEST, About("Ben", True), ROOM)
    later = world.callee()
    assert phone.heard == later.heard == []


def test_whoever_accepts_gets_the_link_and_the_others_fall_silent(world: World) -> None:
    first, second = world.callee(), world.callee()
    name, caller = world.call()
    world.accept(name, second)
    assert first.last() == {"type": "over", "call": name, "why": "elsewhere"}
    assert caller.last() == {"type": "accepted", "key": KEY}
    world.board.caller_says(name, {"type": "link", "sealed": SEALED})
    assert second.last() == {"type": "link", "call": name, "room": ROOM, "sealed": SEALED}
    assert caller.last() == {"type": "connected"}
    assert caller.closed
    assert len(world.board) == 0


def test_who_presses_second_is_told(world: World) -> None:
    first, second = world.callee(), world.callee()
    name, caller = world.call()
    world.accept(name, first)
    world.accept(name, second)
    assert second.last()["type"] == "over"
    assert len([m for m in caller.heard if m["type"] == "accepted"]) == 1


def test_two_tabs_behind_one_line_do_not_end_each_others_call(world: World) -> None:
    phone = world.callee()
    name, _ = world.call()
    world.accept(name, phone)
    world.accept(name, phone)
    assert [m["type"] for m in phone.heard] == ["ring"]


@pytest.mark.parametrize("how", ["declined", "unanswered", "cancelled"])
def test_a_call_that_ends_leaves_nothing(world: World, how: str) -> None:
    phone = world.callee()
    name, caller = world.call()
    if how == "declined":
        world.board.callee_says(ADA, phone, {"type": "decline", "call": name})
    elif how == "cancelled":
        world.board.caller_gone(name)
    else:
        world.clock.pass_by(RING_SECONDS - 1)
        world.board.expire()
        assert len(world.board) == 1
        world.clock.pass_by(1)
        world.board.expire()
    assert phone.last() == {"type": "over", "call": name, "why": how}
    assert caller.last() == {"type": "over", "why": how}
    assert len(world.board) == 0
    assert not world.board.dial(name, Phone())


def test_a_caller_cannot_tell_who_is_away_from_who_does_not_answer(world: World) -> None:
    away = world.call(callee=BEN)[1]
    world.callee()
    there = world.call()[1]
    world.clock.pass_by(RING_SECONDS)
    world.board.expire()
    assert away.heard == there.heard


def test_a_call_whose_link_never_comes_is_given_up(world: World) -> None:
    phone = world.callee()
    name, _ = world.call()
    world.accept(name, phone)
    world.clock.pass_by(DIAL_SECONDS)
    world.board.expire()
    assert phone.last() == {"type": "over", "call": name, "why": "unanswered"}


def test_a_call_is_over_when_the_browser_that_accepted_goes(world: World) -> None:
    phone = world.callee()
    name, caller = world.call()
    world.accept(name, phone)
    world.board.leave(ADA, phone)
    assert caller.last() == {"type": "over", "why": "unanswered"}
    assert len(world.board) == 0


def test_a_call_goes_on_ringing_when_one_of_two_pages_goes(world: World) -> None:
    first, second = world.callee(), world.callee()
    name, _ = world.call()
    world.board.leave(ADA, first)
    world.accept(name, second)
    assert first.last()["type"] == "ring"


def test_nobody_answers_the_calls_of_others(world: World) -> None:
    phone, thief = world.callee(), world.callee(BEN)
    name, caller = world.call()
    world.board.callee_says(BEN, thief, {"type": "accept", "call": name, "key": KEY})
    world.board.callee_says(BEN, thief, {"type": "decline", "call": name})
    world.board.refuse(name, BEN)
    assert world.board.caller_of(name, BEN) is None
    assert caller.heard == [{"type": "ringing"}]
    assert [m["type"] for m in phone.heard] == ["ring"]


def test_a_call_can_be_dialled_once(world: World) -> None:
    name, _ = world.call()
    assert not world.board.dial(name, Phone())
    assert not world.board.dial("guessed", Phone())


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "accept", "call": "x"},
        {"type": "accept", "call": "x", "key": "k" * 44},
        {"type": "accept", "call": "x", "key": "<" * 43},
        {"type": "accept", "call": "x", "key": 7},
        {"type": "link", "call": "x", "key": KEY},
    ],
)
def test_nonsense_from_the_person_called_closes_the_socket(world: World, message: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        world.board.callee_says(ADA, Phone(), message)


@pytest.mark.parametrize("message", [{}, {"type": "link"}, {"type": "link", "sealed": "s" * 401}])
def test_nonsense_from_the_caller_closes_the_socket(world: World, message: dict[str, Any]) -> None:
    name, _ = world.call()
    with pytest.raises(ProtocolError):
        world.board.caller_says(name, message)


def test_a_link_before_anybody_accepted_reaches_nobody(world: World) -> None:
    phone = world.callee()
    name, caller = world.call()
    world.board.caller_says(name, {"type": "link", "sealed": SEALED})
    assert [m["type"] for m in phone.heard] == ["ring"]
    assert not caller.closed


def test_one_network_cannot_ring_without_end(world: World) -> None:
    for _ in range(AT_ONCE):
        world.call()
    with pytest.raises(TooManyCalls):
        world.call()
    world.clock.pass_by(RING_SECONDS)
    world.call()


def test_a_fourth_caller_hears_that_it_cannot_be_taken(world: World) -> None:
    phone = world.callee()
    for number in range(AT_ONCE):
        world.call(Caller(None, f"network-{number}"))
    _, caller = world.call(Caller(None, "network-9"))
    assert caller.heard == [{"type": "over", "why": "declined"}]
    assert len(phone.heard) == AT_ONCE


def test_a_guest_who_was_refused_does_not_ring_for_a_day(world: World) -> None:
    world.callee()
    name, caller = world.call()
    world.board.refuse(name, ADA)
    assert caller.last() == {"type": "over", "why": "declined"}
    assert world.board.hushed(ADA, GUEST)
    assert not world.board.hushed(BEN, GUEST)
    assert not world.board.hushed(ADA, Caller(7, GUEST.client))
    world.clock.pass_by(HUSH_SECONDS)
    assert not world.board.hushed(ADA, GUEST)


def test_the_meeting_of_a_call_is_one_for_half_a_day(world: World) -> None:
    world.board.keep_room(ROOM)
    assert world.board.is_room(ROOM)
    assert not world.board.is_room("xyz-defg-hjk")
    world.clock.pass_by(43_200)
    assert not world.board.is_room(ROOM)
