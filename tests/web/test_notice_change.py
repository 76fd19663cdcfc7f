"""After a change of the notice: what people see at their next sign-in, and what is asked anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from onmeet.db import connect
from onmeet.notices import reading, versions
from onmeet.notices.consents import Consents
from tests.factories.house import PASSWORD, House, Visitor, make_config
from tests.factories.mailbox import confirmed
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["migrated", "new_database", "postgres"]  # run on both kinds of database

LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)
ADA = "ada@example.org"


@pytest.fixture
def houses(new_database: Any, tmp_path: Path) -> Iterator[Any]:
    """The same instance again, under the notice of each restart."""
    config = make_config(tmp_path / "var")
    url = new_database(config.data)
    opened: list[House] = []

    def restart(notice: str, now: datetime) -> House:
        plain = connect(url)
        versions.adopt(plain, reading.load(notice), now, True)
        plain.close()
        opened.append(House(replace(config, database_url=url, notice=notice)))
        return opened[-1]

    yield restart
    for house in opened:
        house.close()


def registered(house: House) -> Visitor:
    visitor = house.visitor()
    visitor.send("/register", email=ADA, password=PASSWORD, name="Ada")
    confirmed(house, visitor, ADA, PASSWORD)
    visitor.send("/sign-out")
    return visitor


def changed(houses: Any, first: str = "on-meet", then: str = "easymeet24") -> tuple[House, Visitor]:
    """An account made under one notice signs in under another."""
    registered(houses(first, LONG_AGO))
    house = houses(then, LONG_AGO + timedelta(days=1))
    return house, house.visitor()


def consents(house: House) -> Consents:
    return Consents(house.services.database, house.services.policy)


def test_whoever_registered_under_the_notice_in_force_is_not_bothered(houses: Any) -> None:
    visitor = registered(houses("easymeet24", LONG_AGO))
    assert visitor.sign_in(ADA).location == "/meetings"


@pytest.mark.promise("N1.19", "N2.3", "N3.17")
def test_a_changed_notice_is_shown_once_with_boxes_that_nobody_has_ticked(houses: Any) -> None:
    """At sign-in a changed notice is shown, with boxes to tick that nobody has ticked."""
    house, visitor = changed(houses)
    shown = visitor.sign_in(ADA, next="/meetings").location
    assert shown == "/notice-changed?next=/meetings"
    page = visitor.open(shown).text
    assert "is new" in page
    assert 'value="newsletter"' in page
    assert "checked" not in page
    for way in ("Go on", "/account/data"):
        assert way in page
    assert visitor.send("/notice-changed", next="/meetings").location == "/meetings"
    assert not consents(house).given(1, "newsletter")  # silence is no consent
    assert house.visitor().sign_in(ADA).location == "/meetings"


@pytest.mark.promise("N2.2", "N2.3", "N3.17")
def test_what_is_ticked_is_kept_with_the_words_that_were_shown(houses: Any) -> None:
    """What is ticked is kept with the words that were shown."""
    house, visitor = changed(houses)
    visitor.headers = {"Accept-Language": "de"}
    visitor.sign_in(ADA)
    assert "Ich stimme zu" in visitor.open("/notice-changed").text
    visitor.send("/notice-changed", agree="newsletter")
    (given,) = [state for state in consents(house).of(1) if state.given]
    assert given.name == "newsletter"
    assert given.wording.startswith("Ich stimme zu – Newsletter: ")
    assert given.notice == versions.label_of(house.services.policy.notice)


def test_a_box_that_was_not_offered_cannot_be_ticked(houses: Any) -> None:
    house, visitor = changed(houses, "easymeet24", "on-meet")
    visitor.sign_in(ADA)
    visitor.send("/notice-changed", agree="newsletter")
    assert consents(house).of(1) == []


def test_the_page_is_for_people_with_an_account(houses: Any) -> None:
    visitor = houses("on-meet", LONG_AGO).visitor()
    assert visitor.open("/notice-changed").status_code == 302


def test_the_way_on_leads_nowhere_else(houses: Any) -> None:
    _, visitor = changed(houses)
    visitor.sign_in(ADA)
    assert visitor.send("/notice-changed", next="https://example.org/").location == "/meetings"


@pytest.mark.promise("N2.2")
def test_where_an_account_rests_on_consent_a_box_is_ticked_first_and_the_words_are_kept(houses: Any) -> None:
    """Where an account rests on consent nobody registers without ticking the box."""
    house = houses("meetingsphere", LONG_AGO)
    visitor = house.visitor()
    page = visitor.open("/register").text
    assert "I agree – " in page
    assert "checked" not in page
    refused = visitor.send("/register", email=ADA, password=PASSWORD)
    assert refused.status_code == 422
    assert "no account here" in refused.text
    assert not house.services.accounts.has(ADA)
    visitor.send("/register", email=ADA, password=PASSWORD, agree="trial")
    confirmed(house, visitor, ADA, PASSWORD)
    visitor.send("/sign-out")
    (given,) = [state for state in consents(house).of(1) if state.given]
    assert given.name == "trial"
    assert given.wording in page
    assert visitor.sign_in(ADA).location == "/meetings"


@pytest.mark.promise("N2.2")
def test_nobody_is_asked_to_consent_to_what_rests_on_a_contract(houses: Any) -> None:
    """Nobody is asked to consent to what rests on a contract."""
    assert "I agree – " not in houses("easymeet24", LONG_AGO).visitor().open("/register").text
