"""What is asked at registration is what the notice in force permits, with its purpose beside it."""

from __future__ import annotations

from typing import Any

import pytest

from onmeet.notices import wording
from tests.factories.house import PASSWORD

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")


@pytest.mark.promise("N1.3", "N2.2", "N5.2")
@pytest.mark.parametrize("notice", NOTICES)
def test_only_permitted_fields_are_asked_for_and_their_purpose_is_named(
    build_house: Any, notice: str
) -> None:
    """Registration asks only for what the notice permits and says what for."""
    house = build_house(notice=notice)
    page = house.visitor().open("/register").text
    for field in ("name", "phone", "country"):
        assert (f'name="{field}"' in page) == house.services.policy.stores(f"account.{field}")
    email = house.services.policy.item("account.email")
    assert f"Used {wording.purpose(email.purpose, 'en')}." in page


@pytest.mark.promise("N4.5")
def test_a_service_that_is_not_for_children_asks_for_the_age(build_house: Any) -> None:
    """Where a notice names an age, nobody registers without confirming it."""
    house = build_house(notice="web1on1")
    visitor = house.visitor()
    assert "I am 16 or older" in visitor.open("/register").text
    young = visitor.send("/register", email="ada@example.org", password=PASSWORD)
    assert young.status_code == 422
    assert "confirm your age" in young.text
    assert not house.services.accounts.id_of("ada@example.org")
    assert (
        visitor.send("/register", email="ada@example.org", password=PASSWORD, old_enough="y").status_code
        == 303
    )
    assert house.services.accounts.id_of("ada@example.org")


def test_where_the_notice_names_no_age_none_is_asked(build_house: Any) -> None:
    assert "or older" not in build_house().visitor().open("/register").text


@pytest.mark.promise("N1.3")
def test_what_is_told_at_registration_is_kept_as_permitted(build_house: Any) -> None:
    """Name, telephone number and country that a subscriber gives belong to the account."""
    house = build_house()
    fields = {"phone": "+49 30 1234567", "country": "de", "name": "Ada"}
    visitor = house.visitor()
    assert visitor.send("/register", email="ada@example.org", password=PASSWORD, **fields).status_code == 303
    known = house.services.own.details(house.services.accounts.id_of("ada@example.org"))
    assert (known.name, known.phone, known.country) == ("Ada", "+49 30 1234567", "DE")
