"""What people read before the first use of camera, microphone and chat, and what is kept of their yes."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from onmeet.notices import reading
from onmeet.notices.consents import Consents
from tests.factories.house import House, Visitor

ROOM = "/m/abc-defg-hjk"

ASKING = """

[[consent]]
name = "camera"
purpose = "CommunicationManagement"
before = "camera"
asked = true
recorded = true

[[consent]]
name = "chat"
purpose = "CommunicationManagement"
before = "chat"
asked = true
"""
"""What an operator adds to a notice to be asked for camera and chat."""


def asking_notice(folder: Path, base: str = "easymeet24") -> str:
    """A notice of an operator's own that asks; the path of its file."""
    source = reading.load(base).source
    file = folder / "asking.toml"
    file.write_text(source.replace(f'name = "{base}"', 'name = "house"', 1) + ASKING)
    assert reading.load(str(file)).name == "house"
    return str(file)


def rules(page: str) -> dict[str, Any]:
    found = re.search(r'id="first-use-rules">(.*?)</script>', page)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


def text(visitor: Visitor) -> str:
    return unescape(visitor.open(ROOM).text)


@pytest.mark.promise("N5.6")
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("notice", reading.shipped())
def test_every_notice_says_before_the_first_use_what_happens(
    build_house: Any, notice: str, language: str
) -> None:
    """Before camera, microphone and chat are first used the page says what happens."""
    page = text(build_house(notice=notice).visitor(**{"Accept-Language": language}))
    before_joining = page.partition('data-ref="live"')[0]
    for words in (
        ("Camera: your picture", "Microphone: your voice")
        if language == "en"
        else ("Kamera: Ihr Bild", "Mikrofon: Ihre Stimme")
    ):
        assert words in before_joining
    card = page.partition('data-ref="first-use"')[2].partition("</section>")[0]
    assert ("can read what you write" if language == "en" else "können lesen, was Sie schreiben") in card


@pytest.mark.promise("N1.2", "N5.6")
def test_under_on_meet_nothing_is_kept_and_nothing_has_to_be_pressed(house: House) -> None:
    """Under on-meet it says that nothing is kept, and nothing has to be pressed."""
    page = text(house.visitor())
    assert "Nothing of it is stored here." in page
    assert "held in memory only and are gone when the meeting ends" in page
    assert all(not rule["agree"] and not rule["record"] for rule in rules(page)["functions"].values())


@pytest.mark.promise("N3.5", "N5.6")
def test_what_another_notice_keeps_is_said_with_its_end(build_house: Any) -> None:
    """What a notice keeps is said before the first use, with its end."""
    easymeet = text(build_house(notice="easymeet24").visitor())
    assert "Kept after the meeting:" in easymeet
    assert "for the last twelve full months" in easymeet
    assert "held in memory only and are gone" not in easymeet
    advice = text(build_house(notice="3cx-webmeeting").visitor())
    assert "It is stored only if the meeting is recorded: until 30 days after the meeting ended" in advice
    messages = text(build_house(notice="web1on1").visitor())
    assert "It may be kept: for twelve months" in messages


@pytest.mark.promise("N5.6")
def test_where_the_notice_asks_the_page_asks_in_full_words(build_house: Any, tmp_path: Path) -> None:
    """Where the notice asks for consent the page asks, in full words."""
    house: House = build_house(notice=asking_notice(tmp_path))
    page = text(house.visitor())
    assert rules(page)["functions"] == {
        "camera": {"agree": True, "record": False},  # nobody to record it for
        "microphone": {"agree": False, "record": False},
        "chat": {"agree": True, "record": False},
    }
    assert page.count("I agree – Camera: ") == 1
    assert page.count("I agree – Chat: ") == 1
    assert rules(text(house.member()))["functions"]["camera"]["record"]


@pytest.mark.promise("N2.3", "N5.6")
def test_the_yes_of_somebody_with_an_account_is_kept_in_the_words_shown_and_can_be_taken_back(
    build_house: Any, tmp_path: Path
) -> None:
    """A yes before the first use is kept in the words shown and can be taken back."""
    house: House = build_house(notice=asking_notice(tmp_path))
    member = house.member()
    answer = member.send("/consents/first-use", name="camera")
    assert answer.get_json() == {"recorded": True}
    assert member.send("/consents/first-use", name="chat").get_json() == {"recorded": False}
    consents = Consents(house.services.database, house.services.policy)
    (state,) = [state for state in consents.of(1) if state.name == "camera"]
    assert state.given
    assert "I agree – Camera: " in state.wording
    shown = text(member)
    assert all(part in shown for part in state.wording.split(" I agree", 1)[:1])
    consents.withdraw(1, "camera", state.given_at)  # type: ignore[arg-type]
    assert not consents.given(1, "camera")


def test_nothing_is_recorded_for_guests_or_for_what_is_not_asked(build_house: Any, tmp_path: Path) -> None:
    house: House = build_house(notice=asking_notice(tmp_path))
    assert house.visitor().send("/consents/first-use", name="camera").status_code == 302
    member = house.member()
    assert member.send("/consents/first-use", name="microphone").status_code == 404
    assert member.send("/consents/first-use", name="newsletter").status_code == 404
    plain: House = build_house()
    assert plain.member().send("/consents/first-use", name="camera").status_code == 404
