"""Start, keep, enter and leave meetings as a visitor does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from onmeet.web.farewell import FAREWELLS
from tests.factories.house import PASSWORD, House

ROOM = "/m/abc-defg-hjk"


def test_anybody_starts_a_meeting_and_is_its_host(house: House) -> None:
    visitor = house.visitor()
    answer = visitor.start_meeting()
    assert answer.status_code == 200
    code = answer.get_json()["code"]
    assert visitor.open(f"/m/{code}").status_code == 200
    with visitor.client.session_transaction() as session:
        assert session["started"] == [code]


def test_a_browser_stays_host_of_its_latest_twenty_meetings(house: House) -> None:
    visitor = house.visitor()
    codes = [visitor.start_meeting().get_json()["code"] for _ in range(22)]
    with visitor.client.session_transaction() as session:
        assert session["started"] == codes[2:]


def test_where_only_members_start_others_are_asked_to_sign_in(build_house: Any) -> None:
    house: House = build_house(start="accounts")
    visitor = house.visitor()
    refused = visitor.start_meeting()
    assert refused.status_code == 403
    assert refused.get_json()["error"] == "Please sign in to start a meeting."
    assert 'id="start"' not in visitor.open("/").text
    member = house.member()
    code = member.start_meeting().get_json()["code"]
    assert [meeting.code for meeting in house.services.meetings.of(1)] == [code]
    assert visitor.open(f"/m/{code}").status_code == 200
    assert visitor.open(ROOM).status_code == 404


@pytest.mark.promise("N1.10")
def test_the_room_page_is_found_by_exact_codes_only(house: House) -> None:
    """A meeting is found by its exact code only; a setting who may call is still to come."""
    for path in ("/m/abc", "/m/ABC-DEFG-HJK", "/m/abc-defg-hij", "/m/abc-defg-hjk/", "/m/%2e%2e-defg-hjk"):
        assert house.visitor().open(path).status_code == 404, path


def test_the_room_page_fills_in_the_name_of_the_account(house: House) -> None:
    assert "Ada Lovelace" in house.member(name="Ada Lovelace").open(ROOM).text
    assert "Ada Lovelace" not in house.visitor().open(ROOM).text


def test_the_room_page_tells_the_notice_in_three_lines(house: House) -> None:
    page = house.visitor(**{"Accept-Language": "de"}).open(ROOM).text
    assert "wird in Ihrem Browser verschlüsselt" in page
    assert "nur im Arbeitsspeicher" in page
    assert "Keine Aufzeichnung" in page


def test_keep_rename_and_delete_a_meeting(house: House) -> None:
    member = house.member()
    assert member.send("/meetings", title="Tuesday").location == "/meetings"
    (meeting,) = house.services.meetings.of(1)
    fresh = member.open("/meetings").text
    assert f'data-fresh="{meeting.code}"' in fresh
    assert re.search(r'data-part="open"[^>]* hidden>', fresh), "before its link is made there is none to open"
    later = member.open("/meetings").text
    assert 'data-fresh=""' in later  # the link is made once
    assert not re.search(r'data-part="open"[^>]* hidden>', later)
    assert "Tuesday" in member.open(f"/meetings/{meeting.code}").text
    assert member.send(f"/meetings/{meeting.code}/change", title="Friday").status_code == 303
    assert "Friday" in member.open("/meetings").text
    answer = member.send(f"/meetings/{meeting.code}/delete")
    assert answer.location == f"/meetings?deleted={meeting.code}"
    assert house.services.meetings.of(1) == []


@pytest.mark.parametrize("title", ["", "   ", "a" * 121, "bell\x07"])
def test_a_title_that_makes_no_sense_is_refused_with_a_reason(house: House, title: str) -> None:
    member = house.member()
    answer = member.send("/meetings", title=title)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    member.send("/meetings", title="Tuesday")
    (meeting,) = house.services.meetings.of(1)
    assert member.send(f"/meetings/{meeting.code}/change", title=title).status_code == 422


@pytest.mark.promise("N1.10")
def test_another_members_meeting_cannot_be_seen_or_changed(house: House) -> None:
    """Nobody sees or changes a meeting that somebody else keeps."""
    ada, grace = house.member("ada@example.org"), house.member("grace@example.org")
    ada.send("/meetings", title="Tuesday")
    (meeting,) = house.services.meetings.of(1)
    assert grace.open(f"/meetings/{meeting.code}").status_code == 404
    assert grace.send(f"/meetings/{meeting.code}/change", title="mine").status_code == 404
    assert grace.send(f"/meetings/{meeting.code}/delete").status_code == 404
    assert house.services.meetings.of(1) == [meeting]


def test_pages_about_kept_meetings_are_for_members(house: House) -> None:
    visitor = house.visitor()
    assert visitor.open("/meetings").status_code == 302
    for path in ("/meetings", f"/meetings/{ROOM[3:]}/change", f"/meetings/{ROOM[3:]}/delete"):
        answer = visitor.send(path, title="x")
        assert (answer.status_code, answer.location) == (302, "/sign-in"), path


def test_too_many_kept_meetings_are_refused_kindly(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onmeet.meetings.service.MAX_MEETINGS", 1)
    member = house.member()
    member.send("/meetings", title="1")
    answer = member.send("/meetings", title="2")
    assert answer.status_code == 409
    assert "Delete one first" in answer.text


@pytest.mark.parametrize("why", [*FAREWELLS, "", "<script>"])
def test_the_page_afterwards_says_what_happened_and_shows_the_way_back(house: House, why: str) -> None:
    answer = house.visitor().client.get(f"{ROOM}/left", query_string={"why": why})
    words = FAREWELLS.get(why, FAREWELLS["left"])
    main = answer.text.split("<main")[1].split("</main>")[0]
    assert answer.status_code == 200
    assert str(words.title) in answer.text
    assert (f'href="{ROOM}"' in main) == words.again
    assert 'href="/"' in main
    assert "<script>" not in main


def test_somebody_removed_is_not_sent_back_in(house: House) -> None:
    assert not FAREWELLS["removed"].again
    assert not FAREWELLS["ended"].again


def test_the_field_for_a_link_is_never_sent_to_the_server(house: House) -> None:
    form = re.search(r'<form class="join".*?</form>', house.visitor().open("/").text, re.DOTALL)
    assert form is not None
    assert "name=" not in form[0]
    assert "action=" not in form[0]


@pytest.mark.promise("N1.9")
def test_the_account_of_this_password_is_not_in_the_room_page(house: House) -> None:
    """The address of an account is not in the room's page."""
    page = house.member("ada@example.org").open(ROOM).text
    assert "ada@example.org" not in page
    assert PASSWORD not in page
