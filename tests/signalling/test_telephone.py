"""The telephone gateway's link to a live room, and what is told of callers. The media plane is a fake."""

from __future__ import annotations

import json

import pytest

from onmeet.signalling import closing
from onmeet.signalling.gateway import MAX_CALLS
from tests.factories.people import CODE, House, Person
from tests.factories.telephone import FakeLine, Switch, call_name
from tests.signalling.callers import admitted

# -- the link --------------------------------------------------------------------------------------


def test_a_link_to_a_room_that_does_not_live_says_so(house: House) -> None:
    assert Switch(house).read() == [
        {"type": "attached", "live": False, "log": [], "present": {"browsers": 0, "phones": 0, "hosts": 0}}
    ]
    assert (house.registry.rooms, house.registry.gateways) == (0, 1)


def test_a_link_to_a_live_room_learns_how_it_stands(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ada.say("key", body={"kind": "hello", "n": 1})
    ben.say("key", body={"kind": "heartbeat"})
    assert Switch(house).read() == [
        {
            "type": "attached",
            "live": True,
            "instance": ada.welcome["room"]["instance"],
            "log": [{"from": 0, "body": {"kind": "hello", "n": 1}}],
            "present": {"browsers": 2, "phones": 0, "hosts": 1},
        }
    ]


def test_a_room_that_comes_to_life_is_attached_by_itself(house: House) -> None:
    switch = Switch(house)
    switch.read()
    (ada,) = house.meeting("Ada")
    assert switch.read() == [
        {
            "type": "room", "live": True, "instance": ada.welcome["room"]["instance"],
            "present": {"browsers": 1, "phones": 0, "hosts": 1},
        }
    ]  # fmt: skip
    ada.say("key", body={"kind": "hello"})
    assert switch.take("key") == {"type": "key", "from": 0, "body": {"kind": "hello"}}


def test_the_link_hears_key_messages_in_order_and_of_those_who_leave(house: House) -> None:
    switch = Switch(house)
    ada, ben = house.meeting("Ada", "Ben")
    switch.read()
    for number, who in enumerate((ada, ben, ada)):
        who.say("key", body={"kind": "epoch", "n": number})
    ben.say("leave")
    assert [(m["type"], m.get("from"), m.get("index")) for m in switch.read()] == [
        ("key", 0, None), ("key", 1, None), ("key", 0, None), ("left", None, 1), ("room", None, None)
    ]  # fmt: skip


def test_numbers_are_told_whenever_they_change_and_only_then(house: House) -> None:
    switch = Switch(house)
    ada, ben = house.meeting("Ada", "Ben")
    switch.read()
    ada.say("state", hand=True)
    ben.say("name", name="Benedikt")
    ben.drop()
    assert switch.read() == []
    house.joined("Eve", "host")
    assert switch.take("room")["present"] == {"browsers": 3, "phones": 0, "hosts": 2}


def test_a_new_link_replaces_the_old_one_and_its_callers_go(house: House, ada: Person) -> None:
    old = Switch(house)
    index = admitted(house, old, ada, 1)
    old.ring(2)
    house.wait(1)
    ada.read()
    new = Switch(house)
    assert old.line.closed == closing.REPLACED
    messages = ada.read()
    assert {"index": index, "reason": "lost"} in [
        {name: m[name] for name in ("index", "reason")} for m in messages if m["type"] == "left"
    ]
    assert new.take("attached")["present"] == {"browsers": 1, "phones": 0, "hosts": 1}
    house.wait(1)
    assert [m["waiting"] for m in (*messages, *ada.read()) if m["type"] == "callers"][-1] == []
    assert house.media.only_room.telephone is not None
    assert house.media.only_room.telephone.phones == {}
    assert house.registry.gateways == 1


def test_what_an_ended_link_still_says_is_not_heard(house: House, ada: Person) -> None:
    old = Switch(house)
    new = Switch(house)
    old.ring(1)
    old.gateway.sound(b"\0" * 40)
    house.wait(1)
    assert ada.types() == []
    assert new.gateway.calls == {}


def test_a_lost_link_takes_its_callers_along(house: House, ada: Person) -> None:
    switch = Switch(house)
    one, two = admitted(house, switch, ada, 1), admitted(house, switch, ada, 2)
    switch.ring(3)
    house.wait(1)
    ada.read()
    switch.gateway.gone()
    messages = ada.read()
    left = [(m["index"], m["reason"]) for m in messages if m["type"] == "left"]
    assert left == [(one, "lost"), (two, "lost")]
    house.wait(1)
    assert [m["waiting"] for m in (*messages, *ada.read()) if m["type"] == "callers"][-1] == []
    assert house.media.only_room.telephone is None
    assert (house.registry.gateways, house.registry.phones, house.registry.callers) == (0, 0, 0)
    switch.gateway.gone()  # twice is harmless


def test_there_are_only_so_many_links(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onmeet.signalling.registry.ROOMS", 2)
    Switch(house, "room-1")
    Switch(house, "room-2")
    line = FakeLine()
    assert house.registry.connect("room-3", line) is None
    assert line.closed == closing.FULL
    Switch(house, "room-2")  # takes the place of the old one


def test_a_server_that_ends_closes_links_before_rooms(house: House, ada: Person) -> None:
    switch = Switch(house)
    admitted(house, switch, ada)
    house.registry.close(closing.RESTART)
    assert switch.line.closed == closing.RESTART
    assert switch.read() == []  # no word of a meeting that ended: it goes on after the restart


# -- nonsense --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "about"),
    [(b"", "bad-json", ""), (b"{", "bad-json", ""), (b"\xff\xff", "bad-json", ""), (b"[1]", "bad-json", ""),
     (b"{}", "bad-message", ""), (b'{"type":"join"}', "unknown-type", "join"),
     (b'{"type":"call"}', "bad-message", "call"), (b'{"type":"hang-up","call":5}', "bad-message", "hang-up"),
     (b'{"type":"' + b"x" * 100 + b'"}', "unknown-type", "x" * 32), (b" " * 70_000, "too-large", "")],
)  # fmt: skip
def test_nonsense_gets_an_error_and_the_link_goes_on(
    house: House, text: bytes, code: str, about: str
) -> None:
    switch = Switch(house)
    switch.read()
    switch.say_raw(text)
    assert switch.read() == [{"type": "error", "code": code, "about": about}]
    assert house.counters.errors[code] == 1
    call = switch.ring()
    assert call in switch.gateway.calls


def test_an_error_names_the_call_where_it_is_legible(house: House) -> None:
    switch = Switch(house)
    switch.read()
    switch.say("state", call=call_name(5), muted="perhaps")
    assert switch.take("error")["call"] == call_name(5)


def test_a_flood_of_messages_closes_the_link(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada)
    for _ in range(300):
        switch.say("state", call=call_name(1), hand=True)
    assert switch.line.closed == closing.TOO_MANY
    left = ada.take("left")
    assert (left["index"], left["reason"]) == (index, "lost")
    assert house.registry.gateways == 0
    assert ada.closed is None


def test_renewing_all_statements_at_once_is_no_flood(house: House, ada: Person) -> None:
    switch = Switch(house)
    for _ in range(5):
        for number in range(MAX_CALLS):
            switch.ring(number)
    assert switch.line.closed is None


def test_a_bug_in_the_media_plane_takes_neither_room_nor_link_down(
    house: House, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = Switch(house)
    call = switch.ring()
    telephone = house.media.only_room.telephone
    monkeypatch.setattr(telephone, "phone", lambda _: 1 / 0)
    ada.say("admit", call=call)
    assert house.counters.faults == 1
    monkeypatch.undo()
    ada.read()
    ada.say("admit", call=call)
    assert "joined" in ada.types()


# -- what is told of callers -----------------------------------------------------------------------


def test_of_callers_those_outside_learn_how_many(house: House, ada: Person) -> None:
    switch = Switch(house)
    admitted(house, switch, ada, 1)
    switch.ring(2)
    assert house.registry.present({"room": CODE}) == {"names": ["Ada"], "phones": 1}


def test_what_memory_holds_of_callers_is_told_in_sums(house: House, ada: Person) -> None:
    switch = Switch(house)
    everything = ["call.caller_number", "call.callee_number", "call.ip"]
    record = {"caller_number": "+4930123", "callee_number": "+4930456", "ip": "203.0.113.7"}
    admitted(house, switch, ada, 1, label="…0123", record=record, reports=everything)
    switch.ring(2, label="")
    answer = house.registry.held({"room": CODE, "browser": "Ada"})
    found = {item["category"]: item for item in answer["items"]}
    for category, count in (
        ("call.caller_number", 2), ("call.callee_number", 1), ("call.ip", 1), ("call.times", 2)
    ):  # fmt: skip
        assert (found[category]["you"], found[category]["others"]) == ([], count), category
    assert found["meeting.participants"]["others"] == 1
    assert answer["present"] == 2
    assert "+49" not in json.dumps(answer)
    switch.say("hang-up", call=call_name(1))
    switch.say("hang-up", call=call_name(2))
    answer = house.registry.held({"room": CODE, "browser": "Ada"})
    assert not [item for item in answer["items"] if item["category"].startswith("call.")]
