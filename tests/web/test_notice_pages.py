"""The notice as pages: in force, past, coming, changes, for machines."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from onmeet.notices import reading, versions, wording
from onmeet.notices.notice import Notice
from onmeet.notices.writing import to_toml
from onmeet.web import notice_pages
from tests.factories.house import House

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

PROFILES = pytest.mark.parametrize("profile", reading.shipped())


def words(answer: TestResponse) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages' present moment."""
    monkeypatch.setattr(notice_pages.clock, "now", lambda: NOW)


def next_version(notice: Notice, **changes: Any) -> Notice:
    """The same notice, one version on, as it would be read from its file."""
    changed = replace(notice, version="1.2", **changes)
    read = reading.parse(to_toml(changed), "next.toml")
    assert isinstance(read, Notice), read
    return read


@pytest.mark.promise("N3.1", "N5.10")
@PROFILES
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_names_what_is_permitted_and_until_when(
    build_house: Any, profile: str, language: str
) -> None:
    """The page names each permitted kind of data with its end and its legal basis."""
    house: House = build_house(notice=profile)
    page = words(house.visitor(**{"Accept-Language": language}).open("/privacy"))
    for item in reading.load(profile).items:
        assert wording.category(item.category, language) in page, item.category
        assert wording.until(item, language) in page, item.category
        assert wording.article(item.legal_basis, language) in page


def test_what_the_telephone_gateway_holds_in_memory_is_not_said_to_be_uncollected(house: House) -> None:
    page = words(house.visitor(**{"Accept-Language": "en"}).open("/privacy"))
    assert "Calling number" in page
    assert "nothing in this software collects it yet" not in page


def test_the_page_does_not_name_what_another_notice_permits(house: House) -> None:
    page = words(house.visitor().open("/privacy"))
    for category in ("recording.file", "meeting.device", "newsletter.address", "application.document"):
        assert wording.category(category, "en") not in page


@pytest.mark.promise("N1.20", "N3.15")
def test_the_operator_of_the_settings_is_the_one_responsible(build_house: Any) -> None:
    """The notice names the operator as the one responsible."""
    named: House = build_house(operator="Verein Ada e. V.")
    assert "Verein Ada e. V." in named.visitor().open("/privacy").text


@PROFILES
def test_every_link_of_the_page_answers(build_house: Any, profile: str) -> None:
    house: House = build_house(notice=profile)
    visitor = house.visitor()
    page = visitor.open("/privacy").text
    links = {unescape(link) for link in re.findall(r'href="(/[^"]*)"', page)}
    assert {"/privacy/live", "/privacy/receipts", "/privacy/versions", "/privacy.jsonld"} <= links
    for link in sorted(links):
        assert visitor.open(link).status_code in (200, 302, 303), link
    ids = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids


@PROFILES
def test_machines_get_the_notice_in_dpv_terms(build_house: Any, profile: str) -> None:
    house: House = build_house(notice=profile)
    answer = house.visitor().open("/privacy.jsonld")
    assert answer.content_type == "application/ld+json"
    said = json.loads(answer.text)
    assert said["dct:identifier"].startswith(profile)
    assert len(said["dpv:hasProcess"]) == len(reading.load(profile).items)
    assert "{operator}" not in answer.text
    head = house.visitor().open("/privacy")
    assert 'type="application/ld+json"' in head.text
    assert "privacy.jsonld" in head.headers["Link"]


@PROFILES
def test_the_record_of_activities_lists_every_item(build_house: Any, profile: str) -> None:
    house: House = build_house(notice=profile)
    page = words(house.visitor().open("/privacy/art30"))
    for item in reading.load(profile).items:
        assert wording.category(item.category, "en") in page
    assert "end-to-end encrypted" in page


def test_before_any_version_is_on_record_the_pages_say_so(house: House) -> None:
    assert "None has been put on record yet" in words(house.visitor().open("/privacy/versions"))
    assert "Nothing yet" in words(house.visitor().open("/privacy/changes"))
    assert house.visitor().open("/privacy/versions/on-meet/1.1").status_code == 200
    assert house.visitor().open("/privacy/versions/on-meet/9.9").status_code == 404


@pytest.mark.promise("N1.20", "N5.8")
@PROFILES
def test_places_of_processing_and_the_operators_address_stand_on_the_page(
    build_house: Any, profile: str
) -> None:
    """The page names the countries where data is processed, and has the operator's address as an imprint."""
    house: House = build_house(
        notice=profile, contact_address="Example Street 1, 12345 Example", contact_email="privacy@example.org"
    )
    page = words(house.visitor().open("/privacy"))
    assert "Example Street 1, 12345 Example" in page
    assert "privacy@example.org" in page
    for place in reading.load(profile).locations:
        assert wording.country(place.country, "en") in page


@pytest.mark.promise("N1.19")
@pytest.mark.usefixtures("at_noon")
def test_a_coming_version_is_announced_with_its_changes(house: House) -> None:
    """A coming version is announced with its day and its changes."""
    notice = house.services.policy.notice
    database = house.services.database
    versions.adopt(database, notice, NOW - timedelta(days=60), has_subscribers=False)
    fewer = tuple(item for item in notice.items if item.category != "account.phone")
    versions.adopt(database, next_version(notice, items=fewer), NOW, has_subscribers=True)
    visitor = house.visitor()
    page = words(visitor.open("/privacy"))
    assert "6 December 2026" in page
    assert "Telephone number" in page
    changes = words(visitor.open("/privacy/changes"))
    assert "What will change on 6 December 2026" in changes
    assert "Telephone number no longer permits less" in changes
    coming = words(visitor.open("/privacy/versions/on-meet/1.2"))
    assert "not the version in force" in coming
    assert "Telephone number" not in coming


@pytest.mark.promise("N1.19")
@pytest.mark.usefixtures("at_noon")
def test_old_versions_stay_readable_with_their_file(house: House) -> None:
    """Old versions of the notice stay readable, with what changed."""
    notice = house.services.policy.notice
    database = house.services.database
    versions.adopt(database, notice, NOW - timedelta(days=60), has_subscribers=False)
    fewer = tuple(item for item in notice.items if item.category != "account.phone")
    versions.adopt(
        database, next_version(notice, items=fewer), NOW - timedelta(days=30), has_subscribers=False
    )
    visitor = house.visitor()
    assert "Telephone number" not in words(visitor.open("/privacy"))
    listed = words(visitor.open("/privacy/versions"))
    assert "on-meet 1.2 in force" in listed
    assert "on-meet 1.1 past" in listed
    old = words(visitor.open("/privacy/versions/on-meet/1.1"))
    assert "Telephone number" in old
    assert "in force from 23 September 2026 to 23 October 2026" in old
    assert visitor.open("/privacy/versions/on-meet/1.1/file").text == notice.source
    assert "What changed on 23 October 2026" in words(visitor.open("/privacy/changes"))


@pytest.mark.promise("N5.9")
def test_version_and_dates_stand_at_the_top(house: House) -> None:
    """Version and dates stand at the top of the notice."""
    page = words(house.visitor().open("/privacy"))
    assert "Version 1.1 of 5 January 2026" in page
    assert "in force since 19 January 2026" in page


@PROFILES
def test_the_start_page_promises_no_more_than_the_notice(build_house: Any, profile: str) -> None:
    house: House = build_house(notice=profile)
    page = words(house.visitor().open("/"))
    assert ("lives in memory only" in page) == (profile in ("on-meet", "meetingsphere"))
    assert ("Some data stays after a meeting" in page) == (profile not in ("on-meet", "meetingsphere"))
