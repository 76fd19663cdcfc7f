"""What visits leave behind: by default nothing at all."""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from onmeet.notices.models import SecurityEvent
from onmeet.web import noting
from onmeet.web.cookies import CHOICES
from tests.factories.house import House, Visitor

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


BEGIN = noting.Notes._begin


@pytest.fixture(autouse=True)
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write down what was noted themselves."""
    monkeypatch.setattr(noting.Notes, "_begin", lambda self: None)


def visitor(house: House, **headers: str) -> Visitor:
    return house.visitor(**{"User-Agent": FIREFOX, **headers})


def counted(house: House) -> dict[str, int]:
    made = house.app.extensions["onmeet.notes"]
    made.flush()
    found: dict[str, int] = {}
    for opened, number in made.pages.since(date(2020, 1, 1)):
        assert (opened.browser, opened.system) == ("Firefox", "Linux")
        found[opened.page] = number
    return found


def security(house: House) -> list[tuple[str, str | None]]:
    house.app.extensions["onmeet.notes"].flush()
    with house.services.database.reading() as session:
        return [(row.kind, row.ip) for row in session.scalars(select(SecurityEvent))]


@pytest.mark.promise("N4.8")
def test_opened_pages_are_counted_by_their_kind(build_house: Any) -> None:
    """Opened pages are counted by kind, browser and system, never by visitor."""
    house = build_house(notice="easymeet24")
    for path in ("/", "/", "/m/abc-defg-hjk", "/m/abc-defg-hjm", "/nowhere", "/robots.txt"):
        visitor(house).open(path)
    assert counted(house) == {"/": 2, "/m/<code:code>": 2}


@pytest.mark.promise("N4.9")
@pytest.mark.parametrize("signal", ["DNT", "Sec-GPC"])
def test_whoever_asks_not_to_be_tracked_is_not_even_counted(build_house: Any, signal: str) -> None:
    """Whoever asks not to be tracked is not even counted."""
    house = build_house(notice="easymeet24")
    visitor(house, **{signal: "1"}).open("/")
    assert counted(house) == {}


@pytest.mark.promise("N2.1", "N2.9")
def test_where_statistics_need_consent_nobody_is_counted_without(build_house: Any) -> None:
    """Where statistics need consent nobody is counted without."""
    house = build_house(notice="meetingsphere")
    undecided, agreed, refused = (visitor(house) for _ in range(3))
    agreed.client.set_cookie(CHOICES, "accepted")
    refused.client.set_cookie(CHOICES, "refused")
    for somebody in (undecided, agreed, refused):
        somebody.open("/")
    assert counted(house) == {"/": 1}


@pytest.mark.promise("N1.2", "N1.5")
def test_by_default_a_visit_leaves_nothing_behind(house: House) -> None:
    """Under on-meet a visit leaves no entry and no count behind."""
    somebody = visitor(house)
    somebody.open("/")
    somebody.sign_in("nobody@example.org", "wrong wrong wrong")
    somebody.client.post("/m", headers={"Origin": "https://elsewhere.example.org"})
    assert counted(house) == {}
    assert security(house) == []


@pytest.mark.promise("N2.7")
def test_a_failed_sign_in_is_noted_with_its_address(build_house: Any) -> None:
    """Under meetingsphere a failed sign-in is noted with its address."""
    house = build_house(notice="meetingsphere")
    visitor(house).sign_in("nobody@example.org", "wrong wrong wrong")
    assert security(house) == [("sign-in-failed", "127.0.0.1")]


@pytest.mark.promise("N2.7")
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example.org"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_request_from_another_site_is_noted(build_house: Any, headers: dict[str, str]) -> None:
    """Under meetingsphere a forged request is noted with its address."""
    house = build_house(notice="meetingsphere")
    assert visitor(house).client.post("/m", headers=headers).status_code == 403
    assert security(house) == [("foreign-origin", "127.0.0.1")]


@pytest.mark.promise("N2.7")
def test_too_many_requests_are_noted(build_house: Any) -> None:
    """Under meetingsphere too many requests are noted with their address."""
    house = build_house(notice="meetingsphere")
    somebody = visitor(house)
    headers = {"X-CSRFToken": somebody.token()}
    while somebody.client.post("/m", headers=headers).status_code != 429:
        pass
    assert security(house) == [("too-many-requests", "127.0.0.1")]


def test_what_was_noted_is_written_when_the_server_ends(build_house: Any) -> None:
    house = build_house(notice="meetingsphere")
    visitor(house).sign_in("nobody@example.org", "wrong wrong wrong")
    noting.close(house.app)
    with house.services.database.reading() as session:
        assert session.scalar(select(SecurityEvent.kind)) == "sign-in-failed"


def test_what_the_thread_is_writing_is_waited_for_at_the_end(
    build_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build_house(notice="meetingsphere")
    made: noting.Notes = house.app.extensions["onmeet.notes"]
    writing, free, done = threading.Event(), threading.Event(), threading.Event()
    flush = made.security.flush

    def slowly(now: datetime) -> None:
        writing.set()
        assert free.wait(30)
        flush(now)

    def end() -> None:
        noting.close(house.app)
        done.set()

    monkeypatch.setattr(noting, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(noting.Notes, "_begin", BEGIN)
    monkeypatch.setattr(made.security, "flush", slowly)
    visitor(house).sign_in("nobody@example.org", "wrong wrong wrong")
    assert writing.wait(30)
    thread = made._thread
    assert thread is not None
    monkeypatch.setattr(made.security, "flush", flush)
    ending = threading.Thread(target=end)
    ending.start()
    assert not done.wait(0.3)
    free.set()
    ending.join(30)
    assert not thread.is_alive()


def test_a_broken_database_does_not_break_a_page(build_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house = build_house(notice="easymeet24")
    visitor(house).open("/")
    monkeypatch.setattr(house.services.database, "writing", None)
    house.app.extensions["onmeet.notes"].flush()
    assert visitor(house).open("/").status_code == 200


def test_a_socket_is_no_page(build_house: Any) -> None:
    house = build_house(notice="easymeet24")
    visitor(house, Upgrade="websocket").open("/")
    assert counted(house) == {}
