"""Plan, invite, cancel and share the work of a host, as a visitor does."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event

from onmeet import clock
from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import Schedule
from onmeet.meetings.service import Meetings
from onmeet.web.meetings import words
from tests.factories.house import PASSWORD, House, Visitor

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

WEEKLY = {
    "title": "Tuesday round", "planned": "y", "day": "2026-11-24", "time": "10:00", "minutes": "45",
    "zone": "Europe/Berlin", "repeats": "weekly", "interval": "1", "ends": "count", "count": "10",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def ada(house: House) -> Visitor:
    return house.member("ada@example.org", name="Ada Lovelace")


def code_of(house: House, owner: int = 1) -> str:
    return house.services.meetings.of(owner)[0].code


def calendar_event(page: str) -> Any:
    found = re.search(r"data-event='([^']*)'", page)
    assert found is not None
    return json.loads(unescape(found[1]))


def invitation_texts(page: str) -> dict[str, str]:
    found = re.search(r"data-texts='([^']*)'", page)
    assert found is not None
    texts: dict[str, str] = json.loads(unescape(found[1]))
    return texts


def test_a_planned_meeting_leads_to_its_invitation(house: House, ada: Visitor) -> None:
    answer = ada.send("/meetings", **WEEKLY)
    code = code_of(house)
    assert answer.location == f"/meetings/{code}/invitation"
    page = ada.open(answer.location).text
    assert f'data-fresh="{code}"' in page
    assert calendar_event(page)["rrule"] == "FREQ=WEEKLY;BYDAY=TU;COUNT=10"
    assert calendar_event(page)["begin_utc"] == "20261124T090000Z"
    assert 'data-fresh=""' in ada.open(answer.location).text  # the link is made once


@pytest.mark.promise("N1.1")
def test_an_invitation_is_written_in_three_languages_without_the_link(house: House, ada: Visitor) -> None:
    """The server writes an invitation without the link: the part with the keys is put in by the browser."""
    ada.send("/meetings", **WEEKLY)
    texts = invitation_texts(ada.open(f"/meetings/{code_of(house)}/invitation").text)
    assert "Ada Lovelace invites you to a meeting." in texts["en"]
    assert "Tuesday, 24 November 2026" in texts["en"] or "Tuesday, November 24, 2026" in texts["en"]
    assert "every week on Tuesday, 10 times" in texts["en"]
    assert "Dienstag, 24. November 2026" in texts["de"]
    assert "mardi 24 novembre 2026" in texts["fr"]
    for text in texts.values():
        assert "Tuesday round" in text
        assert text.count("\ufffc") == 1
        assert "/m/" not in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": "2026-13-01"}, "day"), ({"day": "1999-01-01"}, "day"), ({"time": "25:00"}, "time"),
        ({"minutes": "0"}, "minutes"), ({"minutes": "1441"}, "minutes"), ({"minutes": "²"}, "minutes"),
        ({"zone": "Mars/Olympus"}, "zone"), ({"zone": ""}, "zone"), ({"count": "731"}, "count"),
        ({"interval": "x"}, "interval"), ({"ends": "until", "until": "2026-11-23"}, "until"),
        ({"repeats": "last", "day": "2026-11-17"}, "repeats"), ({"repeats": "hourly"}, "repeats"),
        ({"day": "2027-03-28", "time": "02:30"}, "time"), ({"title": ""}, "title"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_beside_its_field(
    house: House, ada: Visitor, change: dict[str, str], field: str
) -> None:
    answer = ada.send("/meetings", **{**WEEKLY, **change})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert house.services.meetings.of(1) == []


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"repeats": "never"}, ""),
        ({"repeats": "daily", "interval": "3", "ends": "never"}, "FREQ=DAILY;INTERVAL=3"),
        ({"weekdays": "FR", "ends": "never"}, "FREQ=WEEKLY;BYDAY=TU,FR"),
        ({"repeats": "monthly", "ends": "never"}, "FREQ=MONTHLY"),
        ({"repeats": "weekday", "ends": "never"}, "FREQ=MONTHLY;BYDAY=4TU"),
        ({"repeats": "last", "ends": "never"}, "FREQ=MONTHLY;BYDAY=-1TU"),
        ({"repeats": "yearly", "ends": "until", "until": "2028-01-01"},
         "FREQ=YEARLY;UNTIL=20280101T225959Z"),
    ],
)  # fmt: skip
def test_the_form_makes_every_kind_of_rule_and_shows_it_again(
    house: House, ada: Visitor, fields: dict[str, str], rule: str
) -> None:
    ada.send("/meetings", **{**WEEKLY, **fields})
    schedule = house.services.meetings.of(1)[0].schedule
    assert schedule is not None
    assert schedule.rrule == rule
    page = ada.open(f"/meetings/{code_of(house)}").text
    again = dict(re.findall(r'name="(\w+)" type="\w+" value="([^"]*)"', page))
    chosen = re.findall(r'<option value="(\w+)" selected>', page)
    again |= {"repeats": chosen[0], "ends": chosen[1], "planned": "y"}
    again["weekdays"] = re.findall(r'name="weekdays" value="(\w+)" checked', page)
    ada.send(f"/meetings/{code_of(house)}/change", **{**again, "title": "Tuesday round"})
    (kept,) = house.services.meetings.of(1)
    assert (kept.schedule, kept.sequence) == (schedule, 0)


def test_dates_and_the_whole_meeting_are_cancelled_and_taken_back(house: House, ada: Visitor) -> None:
    ada.send("/meetings", **WEEKLY)
    page = f"/meetings/{code_of(house)}"
    assert ada.send(f"{page}/dates/2026-12-01/off").location == f"{page}/invitation"
    assert calendar_event(ada.open(f"{page}/invitation").text)["exdates"] == ["20261201T100000"]
    assert f"{page}/dates/2026-12-01/on" in ada.open(f"{page}/invitation").text
    assert ada.send(f"{page}/dates/2026-12-01/on").status_code == 303
    for wrong in ("2026-12-02", "soon", "2026-12-01"):
        verb = "on" if wrong == "2026-12-01" else "off"
        assert ada.send(f"{page}/dates/{wrong}/{verb}").status_code == 404
    ada.send(f"{page}/cancel", cancelled="yes")
    event_ = calendar_event(ada.open(f"{page}/invitation").text)
    assert (event_["cancelled"], event_["sequence"]) == (True, 3)
    assert "This meeting does not take place" in invitation_texts(ada.open(f"{page}/invitation").text)["en"]
    ada.send(f"{page}/cancel", cancelled="no")
    assert calendar_event(ada.open(f"{page}/invitation").text)["cancelled"] is False


def test_the_invitation_tells_numbers_and_pin(build_house: Any) -> None:
    phone = '[[number]]\nnumber = "+49 30 1234567"\ncountry = "DE"\n'
    phone += '[[trunk]]\nname = "main"\nhost = "127.0.0.1"\n'
    house: House = build_house(sip=True, phone=phone)
    ada = house.member()
    ada.send("/meetings", **WEEKLY)
    (kept,) = house.services.meetings.of(1)
    spoken = f"{kept.pin[:3]} {kept.pin[3:6]} {kept.pin[6:]}"
    page = f"/meetings/{kept.code}/invitation"
    for text in invitation_texts(ada.open(page).text).values():
        assert "+49 30 1234567" in text
        assert spoken in text
    house.services.meetings.rotate_pins(1, kept.code, True)
    assert spoken not in invitation_texts(ada.open(page).text)["en"]


def test_the_list_begins_with_what_comes_next(house: House, ada: Visitor) -> None:
    once = {**WEEKLY, "repeats": "never"}
    for title, fields in {
        "Over": {**once, "day": "2026-11-01"}, "Second": {**once, "day": "2026-11-30"},
        "First": {**once, "day": "2026-11-29"}, "Any time": {}, "Off": once,
    }.items():  # fmt: skip
        ada.send("/meetings", **{**fields, "title": title})
    off = next(each for each in house.services.meetings.of(1) if each.title == "Off")
    ada.send(f"/meetings/{off.code}/cancel", cancelled="yes")
    ada.send("/meetings/personal")
    page = ada.open("/meetings").text
    titles = re.findall(r"<h3>(.*?)</h3>", page)
    assert titles == ["Ada Lovelace’s room", "First", "Second", "Any time", "Off", "Over"]
    assert "Over or cancelled: 2" in page
    assert 'id="find"' not in page
    for number in range(6):
        ada.send("/meetings", title=f"More {number}")
    assert 'id="find"' in ada.open("/meetings").text
    assert "/meetings/personal" not in ada.open("/meetings").text  # there is one


def test_the_list_asks_the_database_as_often_for_a_hundred_as_for_one(house: House, ada: Visitor) -> None:
    asked: list[str] = []
    event.listen(house.services.database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))

    def questions() -> int:
        asked.clear()
        assert ada.open("/meetings").status_code == 200
        return len([each for each in asked if each.lstrip().upper().startswith("SELECT")])

    house.services.meetings.create(1, "One")
    one = questions()
    fill(house.services.meetings, 99)
    assert questions() == one <= 6


def fill(meetings: Meetings, count: int) -> None:
    start = datetime(2026, 11, 24, 10, 0)
    for number in range(count):
        begin = start + timedelta(hours=number)
        meetings.create(1, f"Meeting {number}", schedule=Schedule(begin, "Europe/Berlin", 60, Rule("WEEKLY")))


def test_a_co_host_comes_by_the_link_and_goes_again(house: House, ada: Visitor) -> None:
    ada.send("/meetings", title="Board-2281")
    page = f"/meetings/{code_of(house)}"
    assert ada.send(f"{page}/hosts/link").location == f"{page}#hosts"
    found = re.search(r'id="host-link" readonly value="([^"]+)"', ada.open(page).text)
    assert found is not None
    link = found[1]
    guest = house.visitor()
    assert "Board-2281" not in guest.open(link).text.split("<main")[1]
    assert f"next={link}" in unescape(guest.open(link).text)
    assert guest.send(link).status_code == 302
    grace = house.member("grace@example.org", name="Grace Hopper")
    assert "Board-2281" in grace.open(link).text
    assert grace.send(link).location == "/meetings"
    assert "Board-2281" in grace.open("/meetings").text
    assert "Grace Hopper" in ada.open(page).text
    assert "grace@example.org" not in ada.open(page).text
    assert grace.open(page).status_code == 404
    assert grace.send(f"{page}/hosts/leave").status_code == 303
    assert grace.send(f"{page}/hosts/leave").status_code == 404
    assert "Grace Hopper" not in ada.open(page).text
    grace.send(link)
    (number,) = re.findall(r"hosts/(\d+)/remove", ada.open(page).text)
    assert grace.send(f"{page}/hosts/{number}/remove").status_code == 404
    ada.send(f"{page}/hosts/{number}/remove")
    ada.send(f"{page}/hosts/close")
    assert "Board-2281" not in grace.open("/meetings").text
    assert grace.open(link).status_code == 404
    assert grace.send(link).status_code == 404


def test_what_the_notice_does_not_permit_is_not_asked_for(build_house: Any) -> None:
    for notice, asked in (("on-meet", False), ("3cx-webmeeting", True)):
        house: House = build_house(notice=notice)
        house.services.accounts.register("ada@example.org", PASSWORD)
        visitor = house.visitor()
        visitor.sign_in()
        assert ('name="description"' in visitor.open("/meetings/new").text) is asked, notice


def test_pages_about_one_meeting_are_its_owners(house: House, ada: Visitor) -> None:
    ada.send("/meetings", **WEEKLY)
    page = f"/meetings/{code_of(house)}"
    grace = house.member("grace@example.org")
    assert grace.open(f"{page}/invitation").status_code == 404
    for action in ("change", "cancel", "dates/2026-12-01/off", "dates/2026-12-01/on", "hosts/link",
                   "hosts/close", "hosts/1/remove", "hosts/leave", "host/token"):  # fmt: skip
        assert grace.send(f"{page}/{action}", title="mine").status_code == 404, action
    assert house.services.meetings.get(1, page[10:]).sequence == 0


def test_a_time_that_the_clocks_skip_is_listed_as_they_show_it_then(house: House) -> None:
    daily = Schedule(datetime(2027, 3, 27, 2, 30), "Europe/Berlin", 60, Rule("DAILY"))
    with house.app.test_request_context("/", headers={"Accept-Language": "de"}):
        listed = [words.short_when(daily, date(2027, 3, day)) for day in (27, 28, 29)]
    assert [line.rpartition(" ")[2] for line in listed] == ["02:30", "03:30", "02:30"]
