"""What people type into any form: invisible, turned round, too long."""

from __future__ import annotations

import pytest

from tests.factories.house import House

WRONG = "Please use letters, digits and ordinary signs only."


@pytest.mark.parametrize(
    "title", ["\u200b", "\ufeff \u2060", "a\u202etxt.exe", "\u2066a", "a\x00b", "a\u2028b"]
)
def test_a_text_that_nobody_sees_or_that_turns_others_round_is_refused(house: House, title: str) -> None:
    answer = house.member().send("/meetings", title=title)
    assert answer.status_code == 422
    assert WRONG in answer.text


@pytest.mark.parametrize(
    "title", ["شركة النور", "👩\u200d👩\u200d👧 🎈", "می\u200cخواهم", "<b>\"'&amp;\\", "\u200eשלום\u200e"]
)
def test_every_script_and_sign_is_taken(house: House, title: str) -> None:
    member = house.member()
    assert member.send("/meetings", title=title).status_code == 303
    assert [kept.title for kept in house.services.meetings.of(1)] == [title]


def test_spaces_alone_are_as_good_as_nothing(house: House) -> None:
    assert "Please give the meeting a title." in house.member().send("/meetings", title=" \u00a0 ").text


@pytest.mark.parametrize("password", ["short", "a heron lands at dusk " * 20])
def test_a_password_of_a_wrong_length_is_told_both_bounds(house: House, password: str) -> None:
    answer = house.visitor().send("/register", email="new@example.org", password=password)
    assert answer.status_code == 422
    assert "Please take 10 to 256 characters." in answer.text
