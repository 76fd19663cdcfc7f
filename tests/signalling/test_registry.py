"""The registry: limits of the server, the clock's tick, and that nothing is left behind."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmeet.signalling import closing, registry
from onmeet.signalling.channel import Channel
from onmeet.signalling.participant import Participant
from onmeet.signalling.room import Room
from onmeet.signalling.session import Session
from tests.factories.people import FakePort, House, ticket


def test_a_server_that_is_full_of_sockets_closes_with_4503(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SOCKETS", 3)
    house.joined("Ada")
    house.person(), house.person()
    assert house.person().closed == 4503


def test_a_server_that_is_full_of_rooms_closes_with_4503(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "ROOMS", 1)
    house.joined("Ada")
    eve = house.person(room="zzz-zzzz-zzz")
    eve.join("Eve")
    assert eve.closed == 4503
    assert house.joined("Ben").closed is None


def test_a_visitor_who_says_nothing_is_closed_after_ten_seconds(house: House) -> None:
    eve = house.person()
    house.wait(10)
    assert eve.closed == 4408
    assert house.registry.visitors == 0


def test_a_visitor_whose_socket_breaks_is_forgotten(house: House) -> None:
    house.person().drop()
    assert house.registry.visitors == 0


def test_the_end_of_the_server_closes_everything_with_its_code(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    eve = house.person()
    house.registry.close(closing.RESTART)
    assert [p.closed for p in (ada, ben, eve)] == [1012] * 3
    assert (house.registry.rooms, house.registry.visitors, house.media.rooms) == (0, 0, set())


def living(*kinds: type) -> dict[str, int]:
    gc.collect()
    found = [type(each).__name__ for each in gc.get_objects() if isinstance(each, kinds)]
    return {kind.__name__: found.count(kind.__name__) for kind in kinds}


def test_500_joins_and_leaves_leave_no_object(house: House) -> None:
    kinds = (Room, Participant, Channel, Session, FakePort)
    ada = house.joined("Ada", "host")
    ada.read()
    before = living(*kinds)
    for number in range(500):
        guest = house.joined("Guest", browser=f"b{number % 7}")
        guest.say("offer", pc="up", gen=1, sdp="o", sources={"0": "camera"})
        guest.say("key", body={"kind": "hello"})
        if number % 3 == 0:
            guest.drop()
            guest.come_back()
        if number % 3 == 1:
            guest.drop()
            house.wait(30)
        else:
            guest.say("leave")
        ada.read()
        ada.say("pong", ack=ada.received)
        ada.port.texts.clear()
        ada._read = 0
        house.now += 1
    del guest
    assert living(*kinds) == before
    assert len(house.media.only_room.publishers) == 1
    assert len(house.room.keys) == 0
    assert len(house.room._tokens) == 1


KINDS = [
    "join", "resume", "offer", "answer", "restart", "view", "state", "name", "keyframe", "key", "data",
    "kick", "mute", "lock", "end", "ping", "pong", "leave", "nonsense", "",
]  # fmt: skip
words = st.sampled_from(["camera", "microphone", "0:camera", "1:camera", "up", "down", "bad", "eA==", "Ada"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.integers()
    | st.floats()
    | words
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = [
    "version", "name", "muted", "token", "ack", "pc", "gen", "sdp", "sources", "sizes", "hand", "track",
    "body", "payload", "to", "index", "source", "locked",
]  # fmt: skip
PLAUSIBLE: dict[str, dict[str, Any]] = {
    "offer": {"pc": "up", "gen": 1, "sdp": "o", "sources": {"0": "camera"}},
    "answer": {"pc": "down", "gen": 1, "sdp": "ok"},
    "view": {"sizes": {"0:camera": [1, 1]}},
    "state": {"muted": ["camera"], "hand": True},
    "name": {"name": "Eve"},
    "keyframe": {"track": "0:camera"},
    "key": {"body": {"kind": "hello"}},
    "data": {"payload": "eA=="},
    "mute": {"index": 0, "source": "camera"},
    "kick": {"index": 0},
}
moves = st.tuples(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(NAMES), values, max_size=4),
    st.sampled_from(["seq"] * 12 + ["raw", "drop", "back", "wrong"]),
)


@settings(max_examples=150)
@given(st.lists(moves, max_size=25), st.sampled_from(["host", "guest"]), st.binary(max_size=30))
def test_no_browser_can_disturb_the_others(steps: list[Any], role: Any, noise: bytes) -> None:
    """Eve says anything; Ada and Ben, in another room, and the relay's figures are as before."""
    house = House()
    ada, ben = house.meeting("Ada", "Ben")
    eve = house.joined("Eve", role, room="eve-eves-eve")
    for kind, fields, how in steps:
        if how == "raw":
            eve.say_raw(noise)
        elif how == "drop":
            eve.drop()
        elif how == "back":
            eve.come_back()
        elif how == "wrong":
            eve.say_raw({"type": kind, "seq": -1, **fields})
        else:
            eve.say(kind, **{**PLAUSIBLE.get(kind, {}), **fields})
        if eve.port.closed is not None and len(steps) % 2:
            eve = house.joined("Eve", role, room=f"eve-{eve.sent}")
    assert house.counters.faults == 0
    ada.say("data", payload="eA==")
    assert ben.types() == ["data"]
    assert ada.types() == []
    house.wait(45)
    assert house.registry.visitors == 0


@settings(max_examples=100)
@given(st.lists(moves, max_size=25))
def test_a_guest_in_the_room_can_break_nothing_for_the_others(steps: list[Any]) -> None:
    house = House()
    ada, ben = house.meeting("Ada", "Ben")
    eve = house.joined("Eve")
    for kind, fields, _how in steps:
        eve.say(kind, **{**PLAUSIBLE.get(kind, {}), **fields})
    ada.read(), ben.read()
    assert house.counters.faults == 0
    assert (ada.closed, ben.closed) == (None, None)
    ada.say("data", payload="eA==")
    assert ben.types() == ["data"]
    assert set(house.room.participants) >= {0, 1}
    assert house.room.locked is False


def test_a_ticket_opens_one_room(house: House) -> None:
    port = FakePort()
    house.registry.knock(ticket(), port)
    assert port.channel is not None
    assert house.registry.rooms == 0  # nobody has joined yet
