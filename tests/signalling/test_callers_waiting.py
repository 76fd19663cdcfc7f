"""Callers before a meeting's door: who sees them wait, who lets them in. The media plane is a fake."""

from __future__ import annotations

from typing import Any

import pytest

from onmeet.signalling.gateway import MAX_CALLS, STATEMENT_SECONDS
from tests.factories.people import House, Person
from tests.factories.telephone import Switch, call_name, ringing
from tests.signalling.callers import NOW, admitted, waiting

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
