"""What the relay says that it holds: everything about the asker, sums about the others, no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories.people import CODE, House


def held(house: House, browser: str, room: str = CODE) -> dict[str, Any]:
    answer = house.registry.held({"room": room, "browser": browser})
    assert json.loads(json.dumps(answer)) == answer
    return answer


def item(answer: dict[str, Any], category: str) -> tuple[list[Any], int]:
    (found,) = (item for item in answer["items"] if item["category"] == category)
    return found["you"], found["others"]


@pytest.mark.promise("N1.2", "N1.7")
def test_you_see_your_own_values_and_how_many_there_are_of_others() -> None:
    """In a meeting you see what is held of you, and of others how much."""
    house = House()
    house.meeting("Ada", "Ben", "Cem")
    publishers = house.media.only_room.publishers
    publishers[1].addresses = ("203.0.113.7:5000", "203.0.113.7:5001")
    publishers[2].addresses = ("203.0.113.8:6000",)
    house.media.only_room.listener.quality({1: 3, 2: 0})
    answer = held(house, "Ben")
    assert item(answer, "meeting.participants") == (["Ben"], 2)
    assert item(answer, "meeting.joins") == ([1_700_001_000], 2)
    assert item(answer, "meeting.ip") == (["203.0.113.7:5000", "203.0.113.7:5001"], 1)
    assert item(answer, "meeting.quality") == ([3], 1)
    assert answer["present"] == 3


@pytest.mark.promise("N1.2")
def test_nothing_of_the_others_but_sums_is_told() -> None:
    """Of others in the meeting nothing but sums is told."""
    house = House()
    house.meeting("Ada", "Ben")
    house.media.only_room.publishers[0].addresses = ("203.0.113.7:5000",)
    text = json.dumps(held(house, "Ben"))
    assert "Ada" not in text
    assert "203.0.113.7" not in text


def test_who_is_not_in_the_meeting_learns_no_instance_and_no_values() -> None:
    house = House()
    house.meeting("Ada")
    answer = held(house, "a stranger")
    assert answer["instance"] is None
    assert all(item["you"] == [] for item in answer["items"])


def test_the_instance_is_the_one_of_the_receipt() -> None:
    house = House()
    house.meeting("Ada")
    assert held(house, "Ada")["instance"] == house.reports.live[0]


@pytest.mark.promise("N1.2")
def test_nothing_is_held_after_the_last_one_left() -> None:
    """After the last one left the relay holds nothing of a meeting."""
    house = House()
    (ada,) = house.meeting("Ada")
    ada.say("leave")
    assert held(house, "Ada") == {"live": False, "items": []}


def test_what_waits_for_a_lost_browser_is_counted() -> None:
    house = House()
    ada, ben = house.meeting("Ada", "Ben")
    before = held(house, "Ben")["unacknowledged"]
    ben.drop()
    ada.say("data", payload="c2VhbGVk")
    assert held(house, "Ben")["unacknowledged"] == before + 2


@pytest.mark.promise("N3.7")
def test_who_is_in_the_meeting_in_the_order_of_coming() -> None:
    """Who is in a meeting is listed in the order of coming."""
    house = House()
    house.meeting("Cem", "Ada", "Ben")
    assert house.registry.present({"room": CODE}) == {"names": ["Cem", "Ada", "Ben"], "phones": 0}


def test_whoever_is_not_to_be_listed_is_seen_only_by_those_in_the_meeting() -> None:
    house = House()
    (ada,) = house.meeting("Ada")
    house.joined("Ben", browser="Ben", listed=False)
    assert house.registry.present({"room": CODE}) == {"names": ["Ada"], "phones": 0}
    assert ada.take("joined")["participant"]["name"] == "Ben"


@pytest.mark.parametrize("question", [{}, {"room": "other"}, {"room": ["x"]}, {"room": None}])
def test_nobody_is_in_a_room_that_is_not_there(question: dict[str, object]) -> None:
    house = House()
    house.meeting("Ada")
    assert house.registry.present(question) == {"names": [], "phones": 0}
    assert house.registry.held(question) == {"live": False, "items": []}
