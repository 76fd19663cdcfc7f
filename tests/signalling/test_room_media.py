"""Between room and media plane: offers, answers, and the news of tracks, speakers and quality."""

from __future__ import annotations

import pytest

from tests.factories.people import House, Person

OFFER = {"pc": "up", "gen": 1, "sdp": "o", "sources": {"0": "microphone", "1": "camera"}}


def publish(person: Person, gen: int = 1, *sources: str) -> None:
    names = sources or ("microphone", "camera")
    person.say("offer", pc="up", gen=gen, sdp="o", sources={str(i): s for i, s in enumerate(names)})


def test_an_offer_is_answered_with_its_number(house: House) -> None:
    (ada,) = house.meeting("Ada")
    ada.say("offer", **{**OFFER, "gen": 7})
    answer = ada.take("answer")
    assert (answer["pc"], answer["gen"], answer["sdp"]) == ("up", 7, "answer to o")


def test_everybody_hears_which_tracks_there_are(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    assert ada.types() == ["answer", "changed"]
    assert ben.take("changed")["tracks"] == ["microphone", "camera"]
    eve = house.joined("Eve")
    assert eve.welcome["participants"][0]["tracks"] == ["microphone", "camera"]


def test_the_others_are_offered_the_tracks(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    offer = ben.take("offer")
    assert (offer["pc"], offer["gen"]) == ("down", 1)
    assert offer["tracks"] == {"0": "0:microphone", "1": "0:camera"}


def test_a_late_joiner_is_offered_at_once_what_is_there(house: House) -> None:
    (ada,) = house.meeting("Ada")
    publish(ada)
    eve = house.person()
    eve.join("Eve")
    assert eve.types() == ["welcome", "offer"]


def test_the_next_offer_comes_only_after_the_answer(house: House) -> None:
    ada, ben, cem = house.meeting("Ada", "Ben", "Cem")
    publish(ada)
    cem.take("offer")
    publish(ben)
    publish(ben, 2, "microphone", "camera", "screen")
    assert "offer" not in cem.types()
    cem.say("answer", pc="down", gen=1, sdp="ok")
    offer = cem.take("offer")
    assert offer["gen"] == 2
    assert len(offer["tracks"]) == 5


@pytest.mark.parametrize("gen", [0, 2, 99])
def test_an_answer_with_a_wrong_number_is_refused(house: House, gen: int) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ben.read()
    ben.say("answer", pc="down", gen=gen, sdp="ok")
    assert ben.error() == "bad-gen"
    ben.say("answer", pc="down", gen=1, sdp="ok")
    assert ben.types() == []


def test_a_bad_answer_can_be_mended_by_a_restart(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ben.read()
    ben.say("answer", pc="down", gen=1, sdp="bad")
    assert ben.error() == "bad-sdp"
    ben.say("restart", pc="down")
    assert ben.take("offer")["gen"] == 2


def test_a_restart_makes_an_offer_even_when_nothing_changed(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ben.read()
    ben.say("answer", pc="down", gen=1, sdp="ok")
    ben.say("restart", pc="down")
    assert ben.take("offer")["gen"] == 2
    assert house.media.only_room.subscribers[1].restarts == 1


def test_an_offer_must_count_upwards(house: House) -> None:
    (ada,) = house.meeting("Ada")
    publish(ada, 5)
    ada.read()
    for gen in (5, 4):
        publish(ada, gen)
        assert ada.error() == "bad-gen"
    publish(ada, 9)
    assert ada.take("answer")["gen"] == 9


def test_a_bad_offer_changes_nothing(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ada.read(), ben.read()
    ada.say("offer", pc="up", gen=2, sdp="bad", sources={})
    assert ada.error() == "bad-sdp"
    assert ben.types() == []


def test_two_tracks_of_one_source_are_too_many(house: House) -> None:
    (ada,) = house.meeting("Ada")
    publish(ada, 1, "camera", "camera")
    assert ada.error() == "too-many-tracks"


def test_an_open_offer_survives_a_lost_socket(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    ben.drop()
    publish(ada)
    publish(ada, 2, "microphone")
    ben.come_back()
    offers = [m for m in ben.read() if m["type"] == "offer"]
    assert [offer["gen"] for offer in offers] == [1]
    ben.say("answer", pc="down", gen=1, sdp="ok")
    assert ben.take("offer")["tracks"] == {"0": "0:microphone"}


def test_who_leaves_takes_their_tracks_along(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ben.read()
    ben.say("answer", pc="down", gen=1, sdp="ok")
    ada.say("leave")
    assert ben.types() == ["left", "offer"]


def test_sizes_of_tiles_reach_the_subscriber(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ben.say("view", sizes={"0:camera": [640, 360]})
    assert house.media.only_room.subscribers[1].sizes == {"0:camera": (640, 360)}


def test_a_key_frame_is_asked_for_a_track_that_is_there(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    publish(ada)
    ben.read()
    ben.say("keyframe", track="0:camera")
    assert house.media.only_room.subscribers[1].keyframes == ["0:camera"]
    for track in ("0:screen", "9:camera", "1:camera"):
        ben.say("keyframe", track=track)
        assert ben.error() == "no-such-track"
    publish(ben)
    ben.read()
    ben.say("keyframe", track="1:camera")  # one's own
    assert ben.error() == "no-such-track"


def test_news_for_one_publisher_reach_that_browser_alone(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    listener = house.media.only_room.publishers[0].listener
    listener.refused("camera", 3)
    listener.demand("camera", ("q", "h"))
    listener.connected(True)
    refused, demand = ada.read()
    assert (refused["type"], refused["source"], refused["count"]) == ("refused", "camera", 3)
    assert (demand["type"], demand["source"], demand["layers"]) == ("demand", "camera", ["q", "h"])
    assert ben.types() == []


def test_speakers_are_told_to_all_and_only_on_change(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    listener = house.media.only_room.listener
    listener.speakers((1,))
    listener.speakers((1,))
    for person in (ada, ben):
        assert person.take("speakers")["indexes"] == [1]
    eve = house.person()
    eve.join("Eve")
    assert eve.types() == ["welcome", "speakers"]


def test_quality_is_told_to_all_and_only_on_change(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    listener = house.media.only_room.listener
    listener.quality({0: 3, 1: 2})
    listener.quality({0: 3, 1: 1, 77: 0})
    assert [m["levels"] for m in ada.read()] == [{"0": 3, "1": 2}, {"1": 1}]
    ben.say("leave")
    eve = house.person()
    eve.join("Eve")
    assert [m["levels"] for m in eve.read() if m["type"] == "quality"] == [{"0": 3}]


def test_news_of_somebody_who_has_left_is_dropped(house: House) -> None:
    ada, ben = house.meeting("Ada", "Ben")
    media = house.media.only_room
    up, down = media.publishers[1].listener, media.subscribers[1].listener
    ben.say("leave")
    ada.read()
    up.tracks_changed(("camera",))
    up.refused("camera", 1)
    up.demand("camera", ())
    down.negotiation_needed()
    down.connected(False)
    assert ada.types() == []
    assert house.counters.faults == 0
