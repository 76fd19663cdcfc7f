"""Callers in a live room: who waits, who is let in, who hears of it. The media plane is a fake."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from onmeet.signalling import closing
from onmeet.signalling.gateway import MAX_CALLS, STATEMENT_SECONDS
from tests.factories.people import CODE, House, Person
from tests.factories.telephone import FakeLine, Switch, call_name, ringing

NOW = 1_700_001_000


@pytest.fixture
def ada(house: House) -> Person:
    """A host who has read everything so far."""
    (ada,) = house.meeting("Ada")
    return ada


def waiting(person: Person) -> list[str]:
    """The calls of the one list of callers among everything new."""
    return [caller["call"] for caller in person.take("callers")["waiting"]]


def admitted(house: House, switch: Switch, host: Person, number: int = 1, **changes: Any) -> int:
    """A call that a host has let in, everything about it read; its index."""
    house.wait(1)
    call = switch.ring(number, **changes)
    host.read()
    host.say("admit", call=call)
    index = next(m["participant"]["index"] for m in host.read() if m["type"] == "joined")
    switch.read()
    return int(index)


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


# -- waiting ---------------------------------------------------------------------------------------


def test_every_host_sees_who_waits_and_no_guest(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    eve = house.joined("Eve", "host")
    for person in (ada, ben, eve):
        person.read()
    switch = Switch(house)
    call = switch.ring(7, label="…4567", withheld=True, dialled_out=True, language="fr")
    said = ringing(7, now=NOW)
    expected = {
        "call": call, "label": "…4567", "withheld": True, "dialled_out": True, "language": "fr", "since": NOW,
        **{name: said[name] for name in ("gw", "gateway", "expires", "s")},
    }  # fmt: skip
    assert ada.take("callers")["waiting"] == [expected]
    assert eve.take("callers")["waiting"] == [expected]
    assert ben.types() == []


def test_a_host_who_comes_learns_who_waits_already(house: House) -> None:
    ben = house.joined("Ben")
    switch = Switch(house)
    call = switch.ring()
    ada = house.person("host")
    ada.join("Ada")
    messages = ada.read()
    assert [m["type"] for m in messages] == ["welcome", "callers"]
    assert [c["call"] for c in messages[1]["waiting"]] == [call]
    assert "callers" not in ben.types()


def test_callers_who_were_there_before_the_meeting_wait_in_it(house: House) -> None:
    switch = Switch(house)
    first = switch.ring(1)
    house.wait(3)
    second = switch.ring(2)
    ada = house.person("host")
    ada.join("Ada")
    callers = [m for m in ada.read() if m["type"] == "callers"][-1]["waiting"]
    assert [(c["call"], c["since"]) for c in callers] == [(first, NOW), (second, NOW + 3)]


def test_a_host_who_comes_back_gets_the_list_as_it_is_now(house: House, ada: Person) -> None:
    switch = Switch(house)
    call = switch.ring()
    assert waiting(ada) == [call]
    ada.drop()
    switch.say("hang-up", call=call)
    house.wait(2)
    ada.come_back()
    assert waiting(ada) == []


def test_a_host_without_a_socket_does_not_fill_its_buffer_with_lists(house: House, ada: Person) -> None:
    switch = Switch(house)
    ada.drop()
    before = house.room.browsers[0].channel.unacknowledged
    for number in range(20):
        switch.ring(number)
        house.wait(1)
    assert house.room.browsers[0].channel.unacknowledged == before
    ada.come_back()
    assert len(waiting(ada)) == 20


def test_the_list_comes_at_most_once_a_second(house: House, ada: Person) -> None:
    switch = Switch(house)
    for number in range(10):
        switch.ring(number)
    assert waiting(ada) == [call_name(0)]
    house.wait(1)
    assert waiting(ada) == [call_name(number) for number in range(10)]
    house.wait(5)
    assert "callers" not in ada.types()


def test_a_caller_who_hangs_up_is_off_the_list(house: House, ada: Person) -> None:
    switch = Switch(house)
    call = switch.ring()
    house.wait(1)
    ada.read()
    switch.say("hang-up", call=call)
    assert waiting(ada) == []
    switch.say("hang-up", call=call)
    assert switch.error() == "no-such-call"


def test_a_statement_is_renewed_without_a_second_caller(house: House, ada: Person) -> None:
    switch = Switch(house)
    switch.ring(1, record={"ip": "203.0.113.7"}, reports=["call.ip"])
    house.wait(1)
    ada.read()
    switch.ring(1, label="Grandma", language="en", gw=ringing(9, now=NOW)["gw"])
    (caller,) = ada.take("callers")["waiting"]
    assert (caller["label"], caller["since"], caller["language"]) == ("Grandma", NOW, "de")
    assert caller["gw"] == ringing(9, now=NOW)["gw"]
    assert caller["expires"] == NOW + 1 + 3600
    assert switch.gateway.calls[call_name(1)].message.record == {"ip": "203.0.113.7"}


@pytest.mark.parametrize("ahead", [-1, 0, STATEMENT_SECONDS + 1, 2**52])
def test_a_statement_that_has_expired_or_lasts_too_long_is_refused(house: House, ahead: int) -> None:
    switch = Switch(house)
    switch.read()
    switch.ring(1, expires=NOW + ahead)
    message = switch.take("error")
    assert message == {"type": "error", "code": "bad-message", "about": "call", "call": call_name(1)}
    assert switch.gateway.calls == {}


def test_no_more_calls_than_an_epoch_carries_grants(house: House, ada: Person) -> None:
    switch = Switch(house)
    for number in range(MAX_CALLS):
        switch.ring(number)
    switch.read()
    switch.ring(MAX_CALLS)
    assert switch.error() == "full"
    switch.ring(3, label="again")  # one that is known may still renew
    assert switch.read() == []
    switch.say("hang-up", call=call_name(0))
    switch.ring(MAX_CALLS)
    assert switch.read() == []
    assert house.registry.callers == MAX_CALLS


# -- being let in ----------------------------------------------------------------------------------


def test_an_admitted_call_is_a_participant_of_everybodys(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    switch = Switch(house)
    call = switch.ring()
    house.wait(1)
    for each in (ada, switch):
        each.read()
    ada.say("admit", call=call, name=" Grandma\u202e ")
    assert switch.read() == [
        {"type": "admitted", "call": call, "index": 2},
        {
            "type": "room", "live": True, "instance": ada.welcome["room"]["instance"],
            "present": {"browsers": 2, "phones": 1, "hosts": 1},
        },
    ]  # fmt: skip
    expected = {
        "index": 2, "name": "Grandma", "role": "guest", "kind": "phone", "muted": [], "hand": False,
        "tracks": ["microphone"], "joined_at": NOW + 1, "connected": True, "call": call,
    }  # fmt: skip
    assert ben.take("joined")["participant"] == expected
    messages = ada.read()
    assert [m["type"] for m in messages] == ["joined", "callers"]
    assert messages[1]["waiting"] == []
    late = house.joined("Eve")
    assert late.welcome["participants"][2] == expected
    assert house.media.only_room.telephone is not None
    assert list(house.media.only_room.telephone.phones) == [2]


@pytest.mark.parametrize(
    ("said", "label", "name"),
    [({"name": "Grandma"}, "…1234", "Grandma"), ({}, "…1234", "…1234"), ({}, "", "Telephone"),
     ({"name": None}, "", "Telephone")],
)  # fmt: skip
def test_a_caller_has_the_hosts_name_or_the_gateways(
    house: House, ada: Person, said: dict[str, Any], label: str, name: str
) -> None:
    switch = Switch(house)
    call = switch.ring(label=label)
    ada.read()
    ada.say("admit", call=call, **said)
    assert ada.take("joined")["participant"]["name"] == name


def test_a_call_is_admitted_once(house: House) -> None:
    ada = house.joined("Ada", "host")
    eve = house.joined("Eve", "host")
    switch = Switch(house)
    call = switch.ring()
    for host in (ada, eve):
        host.read()
    ada.say("admit", call=call)
    eve.say("admit", call=call)
    assert eve.error() == "no-such-call"
    assert house.registry.phones == 1


def test_hosts_let_callers_in_through_a_locked_door(house: House, ada: Person) -> None:
    ada.say("lock", locked=True)
    switch = Switch(house)
    assert isinstance(admitted(house, switch, ada), int)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("admit", {"call": call_name(1)}), ("reject", {"call": call_name(1)}), ("hold", {"index": 2}),
     ("rename", {"index": 2, "name": "Eve"}), ("kick", {"index": 2}),
     ("mute", {"index": 2, "source": "microphone"})],
)  # fmt: skip
def test_guests_decide_nothing_about_callers(house: House, kind: str, fields: dict[str, Any]) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    switch = Switch(house)
    assert admitted(house, switch, ada, 2) == 2
    switch.ring(1)
    ben.read()
    switch.read()
    ben.say(kind, **fields)
    assert ben.error() == "not-host"
    assert switch.read() == []
    assert (house.registry.phones, house.registry.callers) == (1, 1)


@pytest.mark.parametrize("kind", ["admit", "reject"])
def test_nobody_waits_by_an_unknown_name(house: House, ada: Person, kind: str) -> None:
    ada.say(kind, call=call_name(1))
    assert ada.error() == "no-such-call"
    Switch(house).ring(2)
    ada.read()
    ada.say(kind, call=call_name(1))
    assert ada.error() == "no-such-call"


def test_an_admitted_call_is_not_rejected(house: House, ada: Person) -> None:
    switch = Switch(house)
    admitted(house, switch, ada)
    ada.say("reject", call=call_name(1))
    assert ada.error() == "no-such-call"
    assert house.registry.phones == 1


def test_a_statement_that_expired_while_waiting_lets_nobody_in(house: House, ada: Person) -> None:
    switch = Switch(house)
    call = switch.ring(expires=NOW + 60)
    house.now += 60
    ada.read()
    ada.say("admit", call=call)
    assert ada.error() == "not-now"
    switch.ring(expires=NOW + 61 + 60)
    ada.read()
    ada.say("admit", call=call)
    assert "joined" in ada.types()


def test_phones_count_towards_the_limit(house: House) -> None:
    ada = house.joined("Ada", "host", limit=2)
    switch = Switch(house)
    admitted(house, switch, ada, 1)
    call = switch.ring(2)
    ada.say("admit", call=call)
    assert ada.error() == "full"
    assert switch.gateway.calls[call].index is None
    ben = house.person(limit=2)
    ben.join("Ben")
    assert ben.closed == 4503


def test_the_last_index_may_be_a_phones(house: House, ada: Person) -> None:
    switch = Switch(house)
    house.room.next_index = 1023
    assert admitted(house, switch, ada, 1) == 1023
    call = switch.ring(2)
    ada.read()
    ada.say("admit", call=call)
    assert ada.error() == "full"


def test_thirty_two_callers_take_part(house: House, ada: Person) -> None:
    switch = Switch(house)
    for number in range(MAX_CALLS):
        switch.ring(number)
    switch.read()
    for number in range(MAX_CALLS):
        ada.say("admit", call=call_name(number))
        ada.read()
        ada.say("pong", ack=ada.received)
        house.wait(1)
    indexes = [m["index"] for m in switch.read() if m["type"] == "admitted"]
    assert indexes == list(range(1, MAX_CALLS + 1))
    assert (house.registry.phones, house.registry.participants) == (MAX_CALLS, MAX_CALLS + 1)
    ada.say("leave")
    assert (house.registry.rooms, house.registry.callers) == (0, MAX_CALLS)


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


# -- PINs ------------------------------------------------------------------------------------------


def pin_of(house: House, **fields: Any) -> str | None:
    person = house.joined("Somebody", browser="somebody", **fields)
    pin: str | None = person.welcome["room"].get("pin")
    person.say("leave")
    return pin


def test_an_ad_hoc_meeting_has_a_pin_while_it_lasts(house: House) -> None:
    ada = house.joined("Ada", "host", phone=True)
    pin = ada.welcome["room"]["pin"]
    assert len(pin) == 8
    assert pin.isdecimal()
    assert house.registry.pin({"pin": pin}) == {"room": CODE}
    assert house.joined("Ben", phone=True).welcome["room"]["pin"] == pin
    assert "pin" not in ada.types()
    ada.say("end")
    assert house.registry.pin({"pin": pin}) == {"room": None}


def test_a_server_without_a_telephone_makes_no_pins(house: House) -> None:
    assert pin_of(house) is None


def test_a_stored_meeting_shows_its_own_pin_for_which_only_the_database_answers(house: House) -> None:
    assert pin_of(house, phone=True, pin="012345678") == "012345678"
    house.joined("Ada", "host", phone=True, pin="012345678")
    assert house.registry.pin({"pin": "012345678"}) == {"room": None}


def test_everybody_hears_of_another_pin(house: House) -> None:
    ada = house.joined("Ada", "host", phone=True, pin="012345678")
    house.joined("Ben", phone=True, pin="876543210")
    assert ada.take("pin")["pin"] == "876543210"


def test_an_ad_hoc_pin_ends_when_somebody_keeps_the_meeting(house: House) -> None:
    ada = house.joined("Ada", "host", phone=True)
    old = ada.welcome["room"]["pin"]
    house.joined("Ben", phone=True, pin="876543210")
    assert ada.take("pin")["pin"] == "876543210"
    assert house.registry.pin({"pin": old}) == {"room": None}


def test_live_meetings_have_pins_of_their_own_that_nobody_foresees(house: House) -> None:
    pins = set()
    for number in range(200):
        person = house.person("host", room=f"room-{number}", phone=True)
        person.join("Ada")
        person.read()
        pins.add(person.welcome["room"]["pin"])
    assert len(pins) == 200
    steps = {int(b) - int(a) for a, b in itertools.pairwise(sorted(pins))}
    assert len(steps) > 190  # no pattern
    for pin in pins:
        assert house.registry.pin({"pin": pin})["room"].startswith("room-")


@pytest.mark.parametrize("question", [{}, {"pin": None}, {"pin": ""}, {"pin": 12345678}, {"pin": ["1"] * 8},
                                      {"pin": "x" * 100_000}, {"pin": "\ud800"}])  # fmt: skip
def test_whatever_is_asked_for_a_pin_is_answered(house: House, question: dict[str, Any]) -> None:
    house.joined("Ada", phone=True)
    assert house.registry.pin(question) == {"room": None}


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
