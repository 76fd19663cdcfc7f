"""The live room: who comes, goes and hears what. The media plane is a fake."""

from __future__ import annotations

import pytest

from tests.factories.people import House


def hello(n: int = 0) -> dict[str, object]:
    return {"kind": "hello", "n": n}


# -- coming in -------------------------------------------------------------------------------------


@pytest.mark.promise("N1.9")
def test_the_welcome_tells_everything_about_the_meeting(house: House) -> None:
    """Others in a meeting see the name that you chose, and nothing of an account."""
    ada = house.joined("Ada", "host", limit=9)
    eve = house.joined("Eve", limit=9)
    room = eve.welcome["room"]
    assert room == {
        "code": "abc-defg-hij",
        "instance": ada.welcome["room"]["instance"],
        "locked": False,
        "lobby": False,
        "started_at": 1_700_001_000,
        "limit": 9,
    }
    assert [p["name"] for p in eve.welcome["participants"]] == ["Ada", "Eve"]
    assert eve.welcome["participants"][0] == {
        "index": 0, "name": "Ada", "role": "host", "kind": "browser", "muted": [], "hand": False,
        "tracks": [], "joined_at": 1_700_001_000, "connected": True,
    }  # fmt: skip
    assert eve.welcome["ice"] == {"servers": []}
    assert eve.welcome["heartbeat"] == 25
    assert eve.you == 1
    assert eve.token != ada.token


def test_the_others_hear_of_a_newcomer_who_does_not(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    eve = house.joined("Eve")
    for other in (ada, ben):
        assert other.take("joined")["participant"] == eve.welcome["participants"][2]
    assert eve.types() == []


def test_indexes_are_never_given_twice(house: House) -> None:
    house.joined("Ada")
    for expected in (1, 2, 3):
        guest = house.joined("Guest")
        assert guest.you == expected
        guest.say("leave")


def test_a_meeting_sees_at_most_1024_participants(house: House) -> None:
    ada = house.joined("Ada", limit=1024)
    for _ in range(1023):
        house.joined("Guest").say("leave")
        ada.read()
        ada.say("pong", ack=ada.received)
        house.now += 1
    late = house.person()
    late.join()
    assert late.closed == 4503


def test_a_full_meeting_closes_with_4503(house: House) -> None:
    for name in ("Ada", "Ben"):
        house.joined(name, limit=2)
    eve = house.person(limit=2)
    eve.join("Eve")
    assert eve.closed == 4503
    assert len(house.room.participants) == 2


def test_what_a_hosts_plan_permits_holds_for_guests_whose_tickets_do_not_know_it(house: House) -> None:
    for name in ("Ada", "Ben"):
        house.joined(name, limit=2, browser=name)
    host = house.joined("Cleo", "host", limit=4, phone=True, browser="cleo")
    eve = house.joined("Eve", limit=2, browser="eve")
    assert eve.welcome["room"]["limit"] == 4
    assert eve.welcome["room"]["pin"] == host.welcome["room"]["pin"]
    host.say("leave")
    assert house.joined("Fay", limit=2, browser="fay").welcome["room"]["pin"]
    late = house.person(limit=2)
    late.join("Late")
    assert late.closed == 4503


def test_a_guest_brings_no_larger_meeting_along(house: House) -> None:
    house.joined("Ada", "host", limit=2, browser="ada")
    house.joined("Ben", limit=9, phone=False, browser="ben")
    eve = house.person(limit=2)
    eve.join("Eve")
    assert eve.closed == 4503
    assert house.room.pin is None


def test_a_participant_in_its_grace_still_takes_a_place(house: House) -> None:
    house.joined("Ada", limit=2)
    house.joined("Ben", limit=2).drop()
    eve = house.person(limit=2)
    eve.join("Eve")
    assert eve.closed == 4503


def test_rooms_know_nothing_of_each_other(house: House) -> None:
    ada = house.joined("Ada")
    eve = house.joined("Eve", room="zzz-zzzz-zzz")
    assert eve.you == 0
    assert ada.types() == []


# -- going -----------------------------------------------------------------------------------------


def test_leaving_closes_with_1000_and_tells_the_others(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.say("leave")
    assert ben.closed == 1000
    assert ada.take("left") == {"seq": ada.received, "type": "left", "index": 1, "reason": "left"}


def test_the_room_vanishes_with_its_last_participant(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    instance = ada.welcome["room"]["instance"]
    ada.say("key", body=hello())
    ada.say("leave")
    ben.say("leave")
    assert house.registry.rooms == 0
    assert house.media.rooms == set()
    eve = house.joined("Eve")
    assert eve.welcome["room"]["instance"] != instance
    assert eve.welcome["log"] == []
    assert eve.you == 0


def test_a_refused_visitor_leaves_no_room_behind(house: House) -> None:
    eve = house.person(limit=1)
    eve.join("Eve")
    eve.say("leave")
    stranger = house.person()
    stranger.say_raw({"type": "resume", "seq": 1, "token": "t", "ack": 0})
    assert stranger.closed == 4404
    assert (house.registry.rooms, house.registry.visitors) == (0, 0)


def test_what_breaks_the_protocol_takes_its_participant_out_at_once(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.say_raw({"type": "end", "seq": 99})
    assert ben.closed == 4400
    assert ada.take("left")["reason"] == "lost"


# -- a socket breaks -------------------------------------------------------------------------------


def test_a_lost_socket_keeps_participant_and_media_for_30_seconds(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publisher = house.media.only_room.publishers[1]
    ben.drop()
    assert ada.take("changed")["connected"] is False
    for _ in range(29):
        house.wait(1)
        ada.say("ping", ack=ada.received)
    assert ada.types() == []
    assert not publisher.closed
    house.wait(1)
    assert ada.take("left") == {"seq": ada.received, "type": "left", "index": 1, "reason": "lost"}
    assert publisher.closed


def test_resuming_brings_back_what_was_missed_and_touches_no_media(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publisher = house.media.only_room.publishers[1]
    ben.drop()
    ada.say("key", body=hello(1))
    ada.say("name", name="Ada L")
    ben.say("state", hand=True)  # said into the void
    ben.sent -= 1
    ben.come_back()
    assert ben.types() == ["resumed", "changed", "key", "changed", "changed"]
    assert ada.take("key")["from"] == 0
    assert house.media.only_room.publishers[1] is publisher
    assert house.room.participants[1].channel.live


def test_everybody_sees_that_somebody_is_back(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.drop()
    assert ada.take("changed")["connected"] is False
    ben.come_back()
    assert ada.take("changed")["connected"] is True


def test_a_second_socket_replaces_the_first_with_4409(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    first = ben.port
    ben.come_back()
    assert first.closed is not None
    assert first.closed.code == 4409
    assert ben.closed is None
    assert ada.types() == []  # nobody notices
    ben.say("name", name="Benjamin")
    assert ada.take("changed")["name"] == "Benjamin"


def test_an_unknown_token_closes_with_4404(house: House) -> None:
    (ada,) = house.meeting("Ada")
    eve = house.person()
    eve.say_raw({"type": "resume", "seq": 1, "token": "guessed", "ack": 0})
    assert eve.closed == 4404
    assert ada.types() == []


def test_a_token_is_good_in_its_own_room_only(house: House) -> None:
    (ada,) = house.meeting("Ada")
    house.joined("Eve", room="zzz-zzzz-zzz")
    thief = house.person(room="zzz-zzzz-zzz")
    thief.say_raw({"type": "resume", "seq": ada.sent + 1, "token": ada.token, "ack": ada.received})
    assert thief.closed == 4404
    assert ada.closed is None


def test_numbers_that_do_not_fit_end_the_old_participant(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.drop()
    ada.read()
    ben.received += 100
    ben.come_back()
    assert ben.closed == 4404
    assert ada.take("left")["index"] == 1


def test_a_token_dies_with_its_participant(house: House) -> None:
    _, ben = house.meeting("Ada", "Ben")
    ben.drop()
    house.wait(30)
    ben.come_back()
    assert ben.closed == 4404


# -- order -----------------------------------------------------------------------------------------


def test_joined_left_changed_and_key_come_in_one_order_for_all(house: House) -> None:
    people = house.meeting("Ada", "Ben", "Cem", "Dua")
    ada, ben, cem, dua = people
    ben.say("key", body=hello(1))
    ada.say("state", hand=True)
    dua.say("leave")
    cem.say("key", body=hello(2))
    house.joined("Eve")
    seen = [[{**m, "seq": 0} for m in person.read()] for person in (ada, ben, cem)]
    assert [m["type"] for m in seen[0]] == ["key", "changed", "left", "key", "joined"]
    assert seen[0] == seen[1] == seen[2]


def test_a_joiner_gets_the_log_and_then_what_follows(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ada.say("key", body=hello(1))
    ben.say("key", body=hello(2))
    ada.say("key", body={"kind": "epoch", "n": 1})
    ada.say("key", body={"kind": "heartbeat"})
    ben.say("leave")
    eve = house.joined("Eve")
    assert eve.welcome["log"] == [
        {"from": 0, "body": hello(1)},
        {"from": 0, "body": {"kind": "epoch", "n": 1}},
    ]
    ada.say("key", body={"kind": "epoch", "n": 2})
    assert eve.take("key") == {"seq": 2, "type": "key", "from": 0, "body": {"kind": "epoch", "n": 2}}


def test_a_key_message_comes_back_to_its_sender(house: House) -> None:
    (ada,) = house.meeting("Ada")
    body = {"kind": "hello", "deep": {"list": [1, 2.5, None, "ä"]}}
    ada.say("key", body=body)
    assert ada.take("key")["body"] == body


# -- talking ---------------------------------------------------------------------------------------


@pytest.mark.promise("N3.6")
def test_data_goes_to_all_others(house: House) -> None:
    """A chat message goes to everybody else in the meeting."""
    ada, ben, cem = house.meeting("Ada", "Ben", "Cem")
    ada.say("data", payload="c2VhbGVk")
    assert ada.types() == []
    for other in (ben, cem):
        message = other.take("data")
        assert (message["from"], message["payload"]) == (0, "c2VhbGVk")
        assert "to" not in message


def test_data_may_go_to_one(house: House) -> None:
    ada, ben, cem = house.meeting("Ada", "Ben", "Cem")
    ada.say("data", payload="eA==", to=2)
    assert cem.take("data")["to"] == 2
    assert ben.types() == []


def test_data_to_nobody_is_an_error(house: House) -> None:
    (ada,) = house.meeting("Ada")
    ada.say("data", payload="eA==", to=5)
    assert ada.error() == "no-such-participant"


@pytest.mark.promise("N1.9")
def test_a_new_name_is_told_to_all(house: House) -> None:
    """People choose what they are called, and change it in the meeting."""
    ada, ben = house.meeting("Ada", "Ben")
    ben.say("name", name="Benjamin")
    for person in (ada, ben):
        assert person.take("changed")["name"] == "Benjamin"
    ben.say("name", name="Benjamin")
    assert ada.types() == []


def test_only_what_changed_is_told(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.say("state", muted=["microphone"], hand=False)
    message = ada.take("changed")
    assert message["muted"] == ["microphone"]
    assert set(message) == {"seq", "type", "index", "muted"}
    ben.say("state", muted=["microphone"])
    ben.say("state")
    assert ada.types() == []


def test_what_somebody_shows_as_muted_is_not_forwarded(house: House) -> None:
    person = house.person()
    person.join("Ada", muted=["camera", "microphone"])
    publisher = house.media.only_room.publishers[0]
    assert publisher.muted == {"camera", "microphone"}
    person.say("state", muted=["camera"])
    assert publisher.muted == {"camera"}


# -- the host --------------------------------------------------------------------------------------

HOST_ONLY = [
    ("kick", {"index": 0}),
    ("mute", {"index": 0, "source": "microphone"}),
    ("lock", {"locked": True}),
    ("end", {}),
]


@pytest.mark.parametrize(("kind", "fields"), HOST_ONLY)
def test_a_guest_may_not(house: House, kind: str, fields: dict[str, object]) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.say(kind, **fields)
    assert ben.error() == "not-host"
    assert ada.types() == []
    assert ada.closed is None


def test_a_kicked_guest_is_gone_and_cannot_come_back(house: House) -> None:
    ada, ben, cem = house.meeting("Ada", "Ben", "Cem")
    ada.say("kick", index=1)
    assert ben.closed == 4411
    for person in (ada, cem):
        assert person.take("left")["reason"] == "kicked"
    ben.come_back()
    assert ben.closed == 4404
    again = house.person(browser="Ben")
    again.join("Somebody else")
    assert again.closed == 4411
    assert ada.types() == []


def test_the_bar_lasts_as_long_as_the_meeting(house: House) -> None:
    ada, _ben = house.meeting("Ada", "Ben")
    ada.say("kick", index=1)
    ada.say("leave")
    assert house.joined("Ben", browser="Ben").you == 0


def test_a_host_who_removed_a_second_window_of_their_own_is_not_barred(house: House) -> None:
    ada, _window = house.meeting("Ada", "Ben")
    house.joined("Ada again", "guest", browser="Ada")
    ada.say("kick", index=2)
    assert house.joined("Ada", "host", browser="Ada").you == 3


@pytest.mark.parametrize(("index", "code"), [(7, "no-such-participant"), (0, "not-now")])
def test_a_kick_needs_somebody_else(house: House, index: int, code: str) -> None:
    ada, _ben = house.meeting("Ada", "Ben")
    ada.say("kick", index=index)
    assert ada.error() == code


@pytest.mark.promise("N1.9")
def test_a_locked_door_keeps_guests_out_and_lets_hosts_and_returners_in(house: House) -> None:
    """A locked meeting refuses guests; calling somebody by account is still to come."""
    ada, ben = house.meeting("Ada", "Ben")
    ada.say("lock", locked=True)
    for person in (ada, ben):
        assert person.take("locked")["locked"] is True
    eve = house.person(browser="Eve")
    eve.join("Eve")
    assert eve.closed == 4423
    ben.drop()
    ben.come_back()
    assert ben.closed is None
    second = house.joined("Co-host", "host")
    assert second.welcome["room"]["locked"] is True
    ada.say("lock", locked=False)
    assert house.joined("Eve").closed is None


def test_locking_twice_is_told_once(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ada.say("lock", locked=True)
    ada.say("lock", locked=True)
    assert ben.types() == ["locked"]


def test_a_host_mutes_until_the_participant_unmutes(house: House) -> None:
    ada, ben, cem = house.meeting("Ada", "Ben", "Cem")
    ben.say("offer", pc="up", gen=1, sdp="o", sources={"0": "microphone"})
    publisher = house.media.only_room.publishers[1]
    for person in (ada, ben, cem):
        person.read()
    ada.say("mute", index=1, source="microphone")
    assert publisher.muted == {"microphone"}
    assert cem.take("changed")["muted"] == ["microphone"]
    told = ben.read()
    assert [m["type"] for m in told] == ["muted", "changed"]
    assert (told[0]["by"], told[0]["source"]) == (0, "microphone")
    ben.say("state", muted=[])
    assert publisher.muted == set()
    assert cem.take("changed")["muted"] == []


def test_muting_what_is_not_there_is_an_error(house: House) -> None:
    ada, _ben = house.meeting("Ada", "Ben")
    ada.say("mute", index=1, source="camera")
    assert ada.error() == "no-such-track"
    ada.say("mute", index=9, source="camera")
    assert ada.error() == "no-such-participant"


def test_ending_closes_everybody_with_4410(house: House) -> None:
    people = house.meeting("Ada", "Ben", "Cem")
    people[1].drop()
    people[0].say("end")
    assert [people[0].closed, people[2].closed] == [4410, 4410]
    assert (house.registry.rooms, house.media.rooms) == (0, set())
    people[1].come_back()
    assert people[1].closed == 4404


def test_the_meeting_outlives_its_host(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ada.say("leave")
    ben.say("data", payload="eA==")
    assert ben.types() == ["left"]


# -- bugs stay where they are ----------------------------------------------------------------------


def test_an_exception_in_the_media_plane_disturbs_nobody(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.say("offer", pc="up", gen=1, sdp="explode", sources={})
    assert house.counters.faults == 1
    ben.say("name", name="Benjamin")
    assert ada.take("changed")["name"] == "Benjamin"


def test_a_newcomer_whom_the_media_plane_cannot_take_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = house.meeting("Ada")
    room = house.media.only_room
    monkeypatch.setattr(room, "publisher", lambda *_: 1 / 0)
    eve = house.person()
    eve.join("Eve")
    assert eve.closed == 1011
    assert ada.types() == []
    assert len(house.room.participants) == 1
