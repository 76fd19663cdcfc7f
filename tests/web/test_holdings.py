"""What this server holds right now: figures for everybody, items for those in a meeting."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from onmeet import clock
from onmeet.meetings.reports import Delivery, Joined, Started, hashed
from onmeet.notices.models import SweepCount
from onmeet.signalling import client as relay
from onmeet.web.figures import FRESH_SECONDS, PATIENCE, Watch
from tests.factories.house import HandClock, House
from tests.web.test_notice_pages import words

INSTANCE = hashed("of a room")
JSON = {"Accept": "application/json"}
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def ask_relay(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A relay with one meeting of two, who are in front of this browser and of another."""
    asked: list[dict[str, Any]] = []

    def query(_path: Any, question: Any, timeout: float) -> dict[str, Any]:
        asked.append(question)
        if question["query"] == "metrics":
            return {"rooms": 1, "participants": 2, "phones": 1}
        items = [
            {"category": "meeting.link", "you": [], "others": 0, "meeting": 1},
            {"category": "meeting.participants", "you": ["Ada"], "others": 1, "meeting": 0},
            {"category": "meeting.joins", "you": [NOW.timestamp()], "others": 1, "meeting": 0},
            {"category": "chat.message", "you": [], "others": 0, "meeting": 0},
            {"category": "call.caller_number", "you": [], "others": 1, "meeting": 0},
        ]
        return {"live": True, "since": NOW.timestamp(), "instance": INSTANCE, "items": items}

    monkeypatch.setattr(relay, "query", query)
    return asked


def figure(page: str, name: str) -> str:
    """A number of the page."""
    found = re.search(rf'data-figure="{name}">([^<]*)<', page)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("ask_relay")
def test_the_page_counts_what_is_stored_and_names_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(house.clock(), UTC))
    member = house.member("ada@example.org", "Ada Lovelace")
    member.send("/meetings", title="Secret plans")
    page = house.visitor().open("/privacy/live").text
    assert figure(page, "meetings") == "1"
    assert figure(page, "people") == "2"
    assert figure(page, "phones") == "1"
    assert int(figure(page, "values")) >= 6  # name, address, password, days, code, title
    assert figure(page, "overdue") == "0"
    assert not re.search("Lovelace|ada@|Secret plans", page)


@pytest.mark.usefixtures("ask_relay")
def test_without_a_telephone_the_page_counts_no_callers(build_house: Any) -> None:
    assert 'data-figure="phones"' not in build_house(sip=False).visitor().open("/privacy/live").text


@pytest.mark.usefixtures("ask_relay")
def test_figures_go_down_when_something_is_deleted(house: House) -> None:
    member = house.member()
    member.send("/meetings", title="Tuesday")
    watch = Watch(house.services.database, house.services.policy, HandClock())
    before = {each.category: each.count for each in watch.figures(NOW).stored}
    (meeting,) = house.services.meetings.of(1)
    member.send(f"/meetings/{meeting.code}/delete")
    watch = Watch(house.services.database, house.services.policy, HandClock())
    after = {each.category: each.count for each in watch.figures(NOW).stored}
    assert before["meeting.topic"] == 1
    assert after["meeting.topic"] == 0
    assert before["account.sign_in"] == after["account.sign_in"] == 1


def test_figures_are_looked_up_again_only_after_a_while(house: House) -> None:
    hand = HandClock()
    watch = Watch(house.services.database, house.services.policy, hand)
    first = watch.figures(NOW)
    hand.pass_by(FRESH_SECONDS - 1)
    assert watch.figures(NOW + timedelta(seconds=4)) is first
    hand.pass_by(2)
    assert watch.figures(NOW + timedelta(seconds=6)) is not first
    assert PATIENCE >= 10


def test_the_last_deletion_is_told_with_its_counts(house: House) -> None:
    with house.services.database.writing() as session:
        session.add(SweepCount(at=NOW - timedelta(days=1), category="account.name", count=4))
        session.add(SweepCount(at=NOW, category="meeting.topic", count=3))
    page = words(house.visitor().open("/privacy/live"))
    assert "22 November 2026, 09:00 UTC" in page
    assert "Title of a meeting: 3" in page
    assert "Name: 4" not in page


@pytest.mark.usefixtures("ask_relay")
def test_the_script_gets_the_same_as_json(house: House) -> None:
    answer = house.visitor().open("/privacy/live", headers=JSON).get_json()
    assert answer["figures"]["people"] == "2"
    assert answer["clean"] is True
    assert answer["items"]["account.name"] == ["0", "", True]
    assert "meeting.device" not in answer["items"]


def test_a_relay_that_is_away_leaves_gaps_and_no_error(house: House) -> None:
    page = house.visitor().open("/privacy/live")
    assert page.status_code == 200
    assert figure(page.text, "meetings") == "–"


def test_the_page_tells_which_cookies_came_and_what_stands_in_them(house: House) -> None:
    visitor = house.visitor()
    assert "Your browser sent none" in words(visitor.open("/privacy/live"))
    visitor.send("/theme", theme="dark")
    visitor.start_meeting()
    seen = words(visitor.open("/privacy/live"))
    assert "onmeet_theme dark" in seen
    assert "codes of 1 meetings started here" in seen
    assert "your sign-in" in words(house.member().open("/privacy/live"))


@pytest.mark.promise("N1.2")
def test_who_is_in_a_meeting_sees_what_memory_holds(house: House, ask_relay: list[dict[str, Any]]) -> None:
    """In a meeting people see what the server's memory holds of them."""
    visitor = house.visitor()
    code = visitor.start_meeting().get_json()["code"]
    visitor.open(f"/m/{code}")
    held = visitor.open(f"/m/{code}/held", headers=JSON).get_json()
    assert ask_relay[-1]["room"] == code
    (group,) = held["groups"]
    assert group["kind"] == "memory"
    assert {"name": "Names in a meeting", "values": ["Ada"], "others": "and 1 of other people"} in group[
        "items"
    ]
    assert {"name": "Coming and going", "values": ["09:00 UTC"], "others": "and 1 of other people"} in group[
        "items"
    ]
    assert {"name": "Meeting code", "values": [code], "others": ""} in group["items"]
    assert "Chat messages" not in str(held)
    assert held["nothing_stored"]


@pytest.mark.promise("N3.2", "N3.3", "N3.5")
def test_who_is_in_a_meeting_sees_what_is_written_down_and_until_when(
    build_house: Any, ask_relay: list[dict[str, Any]]
) -> None:
    """In a meeting people see what is written down of them, and until when."""
    house: House = build_house(notice="easymeet24")
    visitor = house.visitor()
    code = visitor.start_meeting().get_json()["code"]
    visitor.open(f"/m/{code}")
    visitor.open(f"/m/{code}/held")
    browser = ask_relay[-1]["browser"]
    began = NOW.timestamp()
    joined = Joined(
        INSTANCE, 0, began, recorded=True, browser=browser, name="Ada", ip="203.0.113.9", code=code
    )
    for number, report in enumerate((Started(INSTANCE, began, recorded=True, code=code), joined), 1):
        house.services.records.take(Delivery("run", number, report))
    held = visitor.open(f"/m/{code}/held", headers=JSON).get_json()
    assert held["nothing_stored"] == ""
    written = [group for group in held["groups"] if group["kind"] == "stored"]
    assert all("twelve full months" in group["title"] for group in written)
    assert "203.0.113.9" in str(written)


@pytest.mark.usefixtures("ask_relay")
def test_strangers_see_nothing_about_a_meeting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    code = house.visitor().start_meeting().get_json()["code"]
    stranger = house.visitor()
    assert stranger.open(f"/m/{code}/held").status_code == 403
    stranger.open(f"/m/{code}")
    monkeypatch.setattr(
        relay, "query",
        lambda *_, **__: {"live": True, "since": 0, "instance": None, "items": [
            {"category": "meeting.participants", "you": [], "others": 2, "meeting": 0}
        ]},
    )  # fmt: skip
    assert stranger.open(f"/m/{code}/held").status_code == 403


def test_a_relay_that_is_away_is_said_to_be(house: House) -> None:
    visitor = house.visitor()
    code = visitor.start_meeting().get_json()["code"]
    visitor.open(f"/m/{code}")
    assert visitor.open(f"/m/{code}/held", headers=JSON).status_code == 503
