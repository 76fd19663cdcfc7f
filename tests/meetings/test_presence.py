"""Who is in the meeting, for somebody who holds its link: only where the notice provides for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onmeet.signalling.client import RelayUnreachable
from onmeet.web import presence
from tests.factories.house import House
from tests.factories.policies import policy

ROOM = "/m/abc-defg-hjk"
NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """A relay in whose every room are two people, and what it was asked."""
    questions: list[Mapping[str, Any]] = []

    def query(_path: Path, question: Mapping[str, Any], _seconds: float) -> dict[str, Any]:
        questions.append(question)
        return {"names": ["Ada", "Ben"]}

    monkeypatch.setattr(presence, "query", query)
    return questions


def for_scripts(house: House) -> Any:
    return house.visitor(Accept="application/json")


@pytest.mark.promise("N3.7")
def test_a_link_holder_sees_who_is_in_the_meeting_before_joining(build_house: Any, asked: Any) -> None:
    """Before joining, whoever has the link sees who is there; invitations are still to come."""
    visitor = for_scripts(build_house(notice="easymeet24"))
    assert f'data-url="{ROOM}/present"' in visitor.open(ROOM).text
    assert visitor.open(f"{ROOM}/present").get_json() == {"names": ["Ada", "Ben"]}
    assert asked == [{"query": "present", "room": "abc-defg-hjk"}]


@pytest.mark.promise("N1.2", "N3.7")
@pytest.mark.parametrize("notice", NOTICES)
def test_names_are_told_before_joining_only_where_the_notice_says_so(
    build_house: Any, asked: Any, notice: str
) -> None:
    """Names are told before joining only where the notice says so."""
    visitor = for_scripts(build_house(notice=notice))
    shown = "onmeet-presence" in visitor.open(ROOM).text
    answer = visitor.open(f"{ROOM}/present")
    item = policy(notice).item("meeting.participants")
    told = item is not None and "link-holders" in item.readers
    assert (shown, answer.status_code, bool(asked)) == (told, 200 if told else 404, told)


def test_who_never_opened_the_page_is_told_nothing(build_house: Any, asked: Any) -> None:
    answer = for_scripts(build_house(notice="easymeet24")).open(f"{ROOM}/present")
    assert (answer.status_code, asked) == (403, [])


def test_of_a_meeting_that_is_not_there_nothing_is_told(build_house: Any, asked: Any) -> None:
    visitor = for_scripts(build_house(notice="easymeet24", start="accounts"))
    assert visitor.open(f"{ROOM}/present").status_code == 404
    assert asked == []


def test_an_absent_relay_is_said_to_be_absent(build_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise RelayUnreachable

    monkeypatch.setattr(presence, "query", gone)
    visitor = for_scripts(build_house(notice="easymeet24"))
    visitor.open(ROOM)
    assert visitor.open(f"{ROOM}/present").status_code == 503
