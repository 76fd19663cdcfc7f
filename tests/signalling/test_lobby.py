"""The lobby: who waits, what they hear, and how hosts let them in."""

from __future__ import annotations

from typing import Any

import pytest

from onmeet.meetings.reports import Joined
from onmeet.signalling import closing
from onmeet.signalling.registry import SOCKETS
from tests.factories.people import CODE, House, Person

INDIVIDUAL = ("meeting.participants", "meeting.ip", "meeting.device")


def knocking(house: House, name: str = "Gus", browser: str = "", **how: Any) -> Person:
    """Somebody who has said `join` to a meeting with a lobby."""
    person = house.person(browser=browser or name, **{"lobby": True, **how})
    person.join(name)
    return person


def waiting(house: House, name: str = "Gus", browser: str = "", **how: Any) -> Person:
    """Somebody who waits, and has read so."""
    person = knocking(house, name, browser, **how)
    person.token = person.take("waiting")["token"]
    return person


def host_of(house: House, name: str = "Ada", **how: Any) -> Person:
    return house.joined(name, "host", browser=name, **{"lobby": True, **how})


def coming_host(house: House, name: str = "Ada") -> Person:
    """A host who has read nothing yet."""
    person = house.person("host", browser=name, lobby=True)
    person.join(name)
    return person


def names(person: Person) -> list[str]:
    """Who waits, by the newest list that this host got."""
    return [each["name"] for each in knocks(person)]


def knocks(person: Person) -> list[dict[str, Any]]:
    lists = [message["waiting"] for message in person.read() if message["type"] == "knocks"]
    assert lists, "heard nothing of the lobby"
    found: list[dict[str, Any]] = lists[-1]
    return found


# -- waiting ---------------------------------------------------------------------------------------


@pytest.mark.promise("N1.2", "N1.9")
def test_who_waits_hears_nothing_of_the_meeting(house: House) -> None:
    """Somebody whom nobody has let in learns nothing of a meeting and gets no key message."""
    ada = host_of(house)
    gus = waiting(house)
    ada.say("key", body={"kind": "epoch"})
    ada.say("state", hand=True)
    house.joined("Ben", "host", browser="Ben", lobby=True).say("leave")
    ada.say("lock", locked=True)
    ada.say("lobby", on=True)
    assert gus.types() == []
    assert len(house.room.participants) == 1
    assert set(house.media.only_room.publishers) == {0}, "no media for who waits"


def test_hosts_see_name_and_account_of_who_waits_and_guests_do_not(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house, signed_in=True)
    assert knocks(ada) == [{"guest": 1, "name": "Gus", "signed_in": True, "since": 1_700_001_000}]
    ada.say("let-in", guests=[1])
    gus.take("welcome")
    waiting(house, "Eve")
    house.wait(1)
    assert names(ada) == ["Eve"]
    assert gus.types() == []


def test_who_waits_may_leave_and_nothing_else(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    for kind, fields in (
        ("offer", {"pc": "up", "gen": 1, "sdp": "v=0", "sources": {}}),
        ("data", {"payload": "aGk="}),
        ("key", {"body": {"kind": "hello"}}),
        ("let-in", {"guests": [1]}),
        ("lobby", {"on": False}),
        ("end", {}),
    ):
        number = gus.say(kind, **fields)
        assert gus.take("error") == {
            "seq": gus.received, "type": "error", "code": "not-now", "about": kind, "re": number,
        }  # fmt: skip
    gus.say("leave")
    assert gus.closed == 1000
    house.wait(1)
    assert names(ada) == []


def test_hosts_never_wait(house: House) -> None:
    host_of(house)
    assert host_of(house, "Ben").you == 1


def test_the_meeting_of_guests_alone_does_not_begin(house: House) -> None:
    gus = waiting(house)
    assert (house.registry.rooms, house.registry.waiting, house.registry.participants) == (0, 1, 0)
    assert gus.token == "secret-0", "and not for a moment was there a room, with secrets of its own"
    ada = coming_host(house)
    assert names(ada) == ["Gus"]
    ada.say("let-in", guests=[1])
    assert [p["name"] for p in gus.take("welcome")["participants"]] == ["Ada", "Gus"]


def test_a_lobby_that_nobody_waits_in_is_forgotten(house: House) -> None:
    waiting(house).say("leave")
    waiting(house).drop()
    house.wait(31)
    assert (house.registry.waiting, house.registry._lobbies) == (0, {})


# -- letting in ------------------------------------------------------------------------------------


def test_who_is_let_in_is_a_participant_like_any_other(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    ada.read()
    ada.say("let-in", guests=[1])
    welcome = gus.take("welcome")
    assert (welcome["you"], welcome["token"]) == (1, gus.token)
    assert ada.take("joined")["participant"] == welcome["participants"][1]
    gus.say("name", name="Gustav")
    assert ada.take("changed")["name"] == "Gustav"
    assert house.counters.joined == 2


def test_all_who_are_named_come_in_and_those_who_went_do_not_matter(house: House) -> None:
    ada = host_of(house)
    guests = [waiting(house, name) for name in ("Gus", "Eve", "Tom")]
    guests[1].say("leave")
    ada.say("let-in", guests=[3, 2, 1, 3])
    assert [guests[2].take("welcome")["you"], guests[0].take("welcome")["you"]] == [1, 2]
    ada.say("let-in", guests=[2])
    assert ada.error() == "no-such-guest"


def test_nobody_comes_in_whom_the_host_did_not_name(house: House) -> None:
    ada = host_of(house)
    waiting(house)
    late = waiting(house, "Late")
    ada.say("let-in", guests=[1])
    assert late.types() == []
    house.wait(1)
    assert names(ada) == ["Late"]


def test_only_as_many_come_in_as_there_is_room_for(house: House) -> None:
    ada = host_of(house, limit=2)
    gus, eve = waiting(house, limit=2), waiting(house, "Eve", limit=2)
    ada.say("let-in", guests=[1, 2])
    assert ada.error() == "full"
    gus.take("welcome")
    assert eve.types() == []
    full = knocking(house, "Tom", limit=2)
    assert full.closed == 4503
    gus.say("leave")
    ada.say("let-in", guests=[2])
    eve.take("welcome")


@pytest.mark.parametrize(("kind", "fields"), [
    ("let-in", {"guests": [1]}), ("turn-away", {"guest": 1}), ("lobby", {"on": False}),
])  # fmt: skip
def test_guests_let_nobody_in(house: House, kind: str, fields: dict[str, Any]) -> None:
    host_of(house).say("lobby", on=False)
    ben = house.joined("Ben", browser="Ben", lobby=True)
    house.room.lobby.switch(True)
    gus = waiting(house)
    ben.say(kind, **fields)
    assert ben.error() == "not-host"
    assert (gus.types(), gus.closed) == ([], None)


# -- turning away ----------------------------------------------------------------------------------


def test_who_is_turned_away_may_knock_again_but_not_for_ever(house: House) -> None:
    ada = host_of(house)
    for number in (1, 2, 3):
        gus = waiting(house)
        ada.say("turn-away", guest=number)
        assert gus.closed == 4412
    assert knocking(house).closed == 4411
    waiting(house, "Eve")
    ada.read()
    ada.say("turn-away", guest=1)
    assert ada.error() == "no-such-guest"


def test_who_was_removed_does_not_even_wait(house: House) -> None:
    ada = host_of(house)
    waiting(house)
    ada.say("let-in", guests=[1])
    ada.say("kick", index=1)
    assert knocking(house).closed == 4411


def test_the_locked_door_keeps_newcomers_out_and_those_who_wait_waiting(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    ada.say("lock", locked=True)
    assert knocking(house, "Late").closed == 4423
    ada.say("let-in", guests=[1])
    gus.take("welcome")


# -- the switch ------------------------------------------------------------------------------------


def test_the_host_of_any_meeting_may_switch_the_lobby_on(house: House) -> None:
    ada = host_of(house, lobby=False)
    ben = house.joined("Ben", browser="Ben")
    assert (ada.welcome["room"]["lobby"], ben.types()) == (False, [])
    ada.say("lobby", on=True)
    assert ben.take("lobby")["on"] is True
    gus = waiting(house, lobby=False)
    ada.read()
    assert (ben.types(), gus.types()) == ([], [])
    assert host_of(house, "Cem", lobby=False).welcome["room"]["lobby"] is True


def test_switched_off_the_lobby_lets_everybody_in(house: House) -> None:
    ada = host_of(house, limit=3)
    guests = [waiting(house, name, limit=3) for name in ("Gus", "Eve", "Tom")]
    ada.say("lobby", on=False)
    assert [guest.take("welcome")["you"] for guest in guests[:2]] == [1, 2]
    assert guests[2].types() == [], "no room: it goes on waiting"
    guests[0].say("leave")
    assert guests[2].take("welcome")["you"] == 3


def test_the_last_place_is_taken_by_who_waited_for_it(house: House) -> None:
    ada = host_of(house, limit=1)
    gus = waiting_for_room(house, ada)
    ada.say("leave")
    assert gus.take("welcome")["you"] == 1
    gus.say("leave")
    assert (house.registry.rooms, house.registry._lobbies) == (0, {})


def waiting_for_room(house: House, host: Person) -> Person:
    """Somebody who waits though the lobby is off, because the meeting became full meanwhile."""
    house.room.limit = 2
    gus = waiting(house, limit=2)
    house.room.limit = 1
    host.say("lobby", on=False)
    assert gus.types() == []
    return gus


def test_a_changed_choice_of_the_owner_counts_again(house: House) -> None:
    ada = host_of(house)
    ada.say("lobby", on=False)
    assert knocking(house, "Ben").types() == ["welcome"], "the host has the last word"
    ada.read()
    knocking(house, "Eve", lobby=False).take("welcome")
    waiting(house, "Tom")
    assert [m["on"] for m in ada.read() if m["type"] == "lobby"] == [True]


def test_where_the_owners_group_wants_it_no_host_switches_the_lobby_off(house: House) -> None:
    ada = host_of(house, lobby=False)
    ada.say("lobby", on=False)
    gus = waiting(house, lobby_fixed=True)
    ada.read()
    ada.say("lobby", on=False)
    assert (ada.error(), gus.types()) == ("not-now", [])
    waiting(house, "Eve", lobby_fixed=True)
    ada.say("let-in", guests=[1])
    gus.take("welcome")


# -- places are kept -------------------------------------------------------------------------------


def test_a_broken_socket_keeps_its_place(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    gus.drop()
    house.wait(20)
    gus.come_back()
    assert gus.types() == ["resumed"]
    house.wait(15)
    assert names(ada) == ["Gus"]
    ada.say("let-in", guests=[1])
    gus.take("welcome")


def test_who_is_let_in_while_the_socket_is_broken_comes_in_with_the_next(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    gus.drop()
    ada.say("let-in", guests=[1])
    assert ada.take("joined")["participant"]["connected"] is False
    gus.come_back()
    assert gus.types() == ["resumed", "welcome", "changed"]


def test_a_place_is_given_up_after_the_grace(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    assert names(ada) == ["Gus"]
    gus.drop()
    house.wait(31)
    assert names(ada) == []
    gus.come_back()
    assert gus.closed == 4404


def test_numbers_that_do_not_fit_end_the_waiting(house: House) -> None:
    gus = waiting(house)
    gus.drop()
    gus.received = 99
    gus.come_back()
    assert gus.closed == 4404
    assert house.registry.waiting == 0


def test_a_host_who_resumes_hears_who_waits_now(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    ada.read()
    ada.drop()
    gus.say("leave")
    waiting(house, "Eve")
    ada.come_back()
    assert names(ada) == ["Eve"]


def test_those_who_wait_go_on_waiting_without_a_host(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    ada.say("leave")
    assert (house.registry.rooms, gus.types(), gus.closed) == (0, [], None)
    late = waiting(house, "Late")
    back = coming_host(house)
    assert [each["guest"] for each in knocks(back)] == [1, 2]
    assert back.welcome["room"]["instance"] != ada.welcome["room"]["instance"]
    back.say("let-in", guests=[1, 2])
    assert [gus.take("welcome")["you"], late.take("welcome")["you"]] == [1, 2]


def test_a_lobby_switched_on_by_a_host_stays_on_while_somebody_waits(house: House) -> None:
    ada = host_of(house, lobby=False)
    ada.say("lobby", on=True)
    gus = waiting(house, lobby=False)
    ada.say("leave")
    late = waiting(house, "Late", lobby=False)
    assert house.registry.rooms == 0
    gus.say("leave")
    late.say("leave")
    assert house.joined("Eve").welcome["room"]["lobby"] is False


def test_an_owner_who_opens_the_meeting_meanwhile_lets_those_who_wait_in(house: House) -> None:
    gus = waiting(house)
    eve = house.joined("Eve", browser="Eve", lobby=False)
    assert (eve.you, gus.take("welcome")["you"]) == (0, 1)


def test_a_host_who_ends_the_meeting_ends_the_waiting(house: House) -> None:
    ada = host_of(house)
    gus = waiting(house)
    ada.say("end")
    assert (ada.closed, gus.closed) == (4410, 4410)
    assert (house.registry.rooms, house.registry.waiting, house.registry._lobbies) == (0, 0, {})


def test_a_restart_closes_those_who_wait_too(house: House) -> None:
    host_of(house)
    gus, alone = waiting(house), waiting(house, "Eve", room="zzz-zzzz-zzz")
    house.registry.close(closing.RESTART)
    assert (gus.closed, alone.closed) == (1012, 1012)


# -- limits ----------------------------------------------------------------------------------------


def test_at_most_a_hundred_wait_for_a_meeting(house: House) -> None:
    for number in range(100):
        waiting(house, browser=f"b{number}")
    assert knocking(house, "Late").closed == 4503
    waiting(house, "Elsewhere", room="zzz-zzzz-zzz")


def test_a_second_window_takes_the_place_of_the_first(house: House) -> None:
    first = waiting(house, browser="b")
    house.wait(5)
    waiting(house, "Eve")
    second = waiting(house, "Gus again", browser="b")
    assert (first.closed, second.closed) == (4409, None)
    assert names(coming_host(house)) == ["Gus again", "Eve"]


def test_who_waits_counts_among_the_sockets(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SOCKETS > 2
    monkeypatch.setattr("onmeet.signalling.registry.SOCKETS", 2)
    waiting(house)
    waiting(house, "Eve")
    assert house.person().closed == 4503


def test_hosts_hear_of_the_lobby_at_most_once_a_second(house: House) -> None:
    ada = host_of(house)
    for number in range(20):
        waiting(house, f"G{number}")
    assert [len(m["waiting"]) for m in ada.read()] == [1]
    house.wait(1)
    assert [len(m["waiting"]) for m in ada.read()] == [20]


# -- what is kept ----------------------------------------------------------------------------------


@pytest.mark.promise("N1.2")
def test_nothing_is_reported_of_who_was_not_let_in(house: House) -> None:
    """Of somebody who was not let into a meeting nothing is recorded."""
    told = {"reports": INDIVIDUAL, "ip": "203.0.113.7", "device": "Firefox 140"}
    ada = host_of(house, **told)
    gus, eve = waiting(house, **told), waiting(house, "Eve", **told)
    gus.say("leave")
    ada.say("turn-away", guest=2)
    assert eve.closed == 4412
    assert who_came(house) == ["Ada"]
    tom = waiting(house, "Tom", **told)
    ada.say("let-in", guests=[3])
    tom.take("welcome")
    assert who_came(house) == ["Ada", "Tom"]


def who_came(house: House) -> list[str | None]:
    """The names in what was reported."""
    reports = [delivery.report for delivery in house.reports.after(0, 100)]
    assert not any("Gus" in repr(report) or "Eve" in repr(report) for report in reports)
    return [report.name for report in reports if isinstance(report, Joined)]


@pytest.mark.promise("N1.2")
def test_who_waits_sees_what_is_held_and_others_count(house: House) -> None:
    """Somebody who waits for a meeting can see what is held about them."""
    told = {"reports": INDIVIDUAL, "ip": "203.0.113.7", "device": "Firefox 140"}
    waiting(house, **told)
    waiting(house, "Eve", **told)
    for live in (False, True):
        if live:
            host_of(house)
        answer = house.registry.held({"room": CODE, "browser": "Gus"})
        items = {item["category"]: (item["you"], item["others"]) for item in answer["items"]}
        assert (answer["live"], answer["instance"]) == (live, None)
        assert items["meeting.participants"] == (["Gus"], 1 + live)
        assert items["meeting.joins"] == ([1_700_001_000], 1 + live)
        assert items["meeting.ip"] == (["203.0.113.7"], 1)
        assert items["meeting.device"] == (["Firefox 140"], 1)


@pytest.mark.promise("N3.7")
def test_who_waits_is_not_shown_to_those_who_hold_the_link(house: House) -> None:
    """Only those who are in a meeting are shown to people who hold its link."""
    host_of(house)
    waiting(house)
    assert house.registry.present({"room": CODE})["names"] == ["Ada"]
