"""Callers in a live room: what they do, what hosts do, what happens when hosts or rooms go."""

from __future__ import annotations

import itertools

import pytest

from tests.factories.people import House, Person
from tests.factories.telephone import Switch, call_name
from tests.signalling.callers import admitted, waiting

# -- a phone in the meeting ------------------------------------------------------------------------


def test_callers_mute_and_raise_their_hands(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada)
    assert house.media.only_room.telephone is not None
    phone = house.media.only_room.telephone.phones[index]
    switch.say("state", call=call_name(1), muted=True)
    assert ada.take("changed")["muted"] == ["microphone"]
    assert phone.muted == {"microphone"}
    switch.say("state", call=call_name(1), muted=False, hand=True)
    changed = ada.take("changed")
    assert (changed["index"], changed["muted"], changed["hand"]) == (index, [], True)
    assert phone.muted == set()
    switch.say("state", call=call_name(1), muted=False, hand=True)  # nothing new
    switch.say("state", call=call_name(1))
    assert ada.types() == []
    assert switch.read() == []


def test_a_host_mutes_a_phone_and_the_caller_unmutes(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada)
    for _ in range(2):  # the second time changes nothing
        ada.say("mute", index=index, source="microphone")
    assert switch.read() == [{"type": "muted", "call": call_name(1)}]
    assert ada.take("changed")["muted"] == ["microphone"]
    switch.say("state", call=call_name(1), muted=False)
    assert ada.take("changed")["muted"] == []
    ada.say("mute", index=index, source="camera")
    assert ada.error() == "no-such-track"


def test_a_host_hangs_up_a_phone_and_bars_nobody(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada)
    ada.say("kick", index=index)
    assert switch.read()[0] == {"type": "removed", "call": call_name(1), "why": "kicked"}
    left = ada.take("left")
    assert (left["index"], left["reason"]) == (index, "kicked")
    assert house.room.barred == set()
    assert switch.gateway.calls == {}
    switch.say("state", call=call_name(1), hand=True)
    assert switch.error() == "no-such-call"
    assert admitted(house, switch, ada, 1) == index + 1


def test_a_host_rejects_a_caller(house: House, ada: Person) -> None:
    switch = Switch(house)
    call = switch.ring()
    house.wait(1)
    for each in (ada, switch):
        each.read()
    ada.say("reject", call=call)
    assert switch.read() == [{"type": "removed", "call": call, "why": "rejected"}]
    assert waiting(ada) == []


def test_a_phone_that_is_held_waits_behind_the_others(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada, 1)
    switch.ring(2)
    house.wait(5)
    for each in (ada, switch):
        each.read()
    ada.say("hold", index=index)
    messages = switch.read()
    assert messages[0] == {
        "type": "room", "live": True, "instance": ada.welcome["room"]["instance"],
        "present": {"browsers": 1, "phones": 0, "hosts": 1},
    }  # fmt: skip
    assert messages[1] == {"type": "held", "call": call_name(1), "why": "host"}
    messages = ada.read()
    assert [(m["type"], m.get("reason")) for m in messages] == [("left", "held"), ("callers", None)]
    assert [c["call"] for c in messages[1]["waiting"]] == [call_name(2), call_name(1)]
    assert admitted(house, switch, ada, 1) == index + 1  # never by the same index


def test_a_phone_is_renamed_and_a_browser_is_not(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    switch = Switch(house)
    index = admitted(house, switch, ada)
    ben.read()
    for _ in range(2):
        ada.say("rename", index=index, name="Grandma")
    changed = ben.take("changed")
    assert (changed["index"], changed["name"]) == (index, "Grandma")
    assert switch.read() == [{"type": "renamed", "call": call_name(1), "name": "Grandma"}]
    ada.read()
    for kind, at, code in itertools.product(("rename", "hold"), (1, 99), (None,)):
        ada.say(kind, index=at, **({"name": "X"} if kind == "rename" else {}))
        assert ada.error() == ("not-now" if at == 1 else "no-such-participant"), code


def test_a_phone_gets_no_sealed_messages_of_its_own(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada)
    ada.say("data", payload="c2VhbGVk", to=index)
    assert ada.error() == "no-such-participant"
    ada.say("data", payload="c2VhbGVk")
    assert switch.read() == []  # nor those for everybody


def test_a_caller_who_hangs_up_leaves(house: House, ada: Person) -> None:
    switch = Switch(house)
    index = admitted(house, switch, ada)
    house.media.only_room.listener.quality({index: 3})
    assert ada.take("quality")["levels"] == {str(index): 3}
    switch.say("hang-up", call=call_name(1))
    left = ada.take("left")
    assert (left["index"], left["reason"]) == (index, "left")
    assert house.media.only_room.telephone is not None
    assert house.media.only_room.telephone.phones == {}
    assert switch.take("room")["present"]["phones"] == 0


def test_a_waiting_caller_has_no_state(house: House, ada: Person) -> None:
    switch = Switch(house)
    switch.ring()
    switch.read()
    switch.say("state", call=call_name(1), muted=True)
    assert switch.error() == "not-now"
    switch.say("state", call=call_name(2), muted=True)
    assert switch.error() == "no-such-call"


# -- hosts and rooms that go -----------------------------------------------------------------------


def test_the_last_host_who_leaves_sends_all_callers_back_to_the_lobby(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    eve = house.joined("Eve", "host", browser="Eve")
    switch = Switch(house)
    indexes = [admitted(house, switch, ada, number) for number in (1, 2)]
    eve.say("leave")
    assert "held" not in switch.types()
    ben.read()
    ada.say("leave")
    held = [(m["call"], m["why"]) for m in switch.read() if m["type"] == "held"]
    assert held == [(call_name(1), "no-host"), (call_name(2), "no-host")]
    left = [(m["index"], m["reason"]) for m in ben.read() if m["type"] == "left"]
    assert left == [(0, "left"), (indexes[0], "held"), (indexes[1], "held")]
    back = house.person("host", browser="Ada")
    back.join("Ada")
    callers = next(m for m in back.read() if m["type"] == "callers")["waiting"]
    assert [c["call"] for c in callers] == [call_name(1), call_name(2)]
    back.say("admit", call=call_name(1))
    assert back.take("joined")["participant"]["index"] == 6


def test_a_host_whose_socket_is_lost_still_answers_for_the_callers(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    switch = Switch(house)
    admitted(house, switch, ada)
    ada.drop()
    house.wait(10)
    assert "held" not in switch.types()
    ben.say("pong", ack=ben.received)
    house.wait(20)
    assert {"type": "held", "call": call_name(1), "why": "no-host"} in switch.read()


def test_guests_who_stay_alone_never_see_the_lobby(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    switch = Switch(house)
    admitted(house, switch, ada)
    ben.read()
    ada.say("leave")
    switch.ring(2)
    house.wait(2)
    assert set(ben.types()) == {"left"}
    assert house.registry.callers == 2


@pytest.mark.parametrize(("word", "why"), [("leave", "empty"), ("end", "ended")])
def test_calls_wait_for_a_room_that_ended_to_live_again(
    house: House, ada: Person, word: str, why: str
) -> None:
    switch = Switch(house)
    admitted(house, switch, ada, 1)
    switch.ring(2)
    switch.read()
    first = ada.welcome["room"]["instance"]
    ada.say(word)
    assert switch.read()[-2:] == [
        {"type": "held", "call": call_name(1), "why": "room"},
        {"type": "room", "live": False, "present": {"browsers": 0, "phones": 0, "hosts": 0}, "why": why},
    ]
    assert house.registry.rooms == 0
    assert house.media.rooms == set()
    assert not switch.gateway.over
    switch.ring(3)
    again = house.joined("Ada", "host")
    assert again.welcome["room"]["instance"] != first
    assert switch.take("room")["instance"] == again.welcome["room"]["instance"]
    assert len(switch.gateway.waiting) == 3
    again.say("admit", call=call_name(1))
    assert switch.take("admitted")["index"] == 1


def test_the_last_browser_that_leaves_ends_the_meeting_whoever_is_on_the_phone(
    house: House, ada: Person
) -> None:
    switch = Switch(house)
    admitted(house, switch, ada)
    ada.say("leave")
    messages = switch.read()
    assert [(m["type"], m.get("why")) for m in messages] == [
        ("left", None), ("room", None), ("held", "room"), ("room", "empty")
    ]  # fmt: skip
    assert house.registry.rooms == 0


def test_sound_without_a_room_is_dropped_and_counted(house: House) -> None:
    switch = Switch(house)
    switch.gateway.sound(bytes(60))
    assert house.counters.sound_nowhere == 1


def test_sound_goes_straight_to_the_rooms_media(house: House, ada: Person) -> None:
    switch = Switch(house)
    switch.gateway.sound(b"anything")
    assert house.media.only_room.telephone is not None
    assert house.media.only_room.telephone.frames == [b"anything"]
