"""PINs of live rooms: who has one, and who is told."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.factories.people import CODE, House


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
