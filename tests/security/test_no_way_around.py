"""What asks for a proof, or for another way out, cannot be had by deleting the row that stands for it."""

from __future__ import annotations

from datetime import date

import pytest

from onmeet.billing.models import UsedMonth
from onmeet.errors import UserError
from onmeet.groups.models import GroupMember
from onmeet.notices import access
from tests.factories.authenticator import Authenticator
from tests.factories.house import House
from tests.web.test_factors import Keyholder


@pytest.fixture
def house_of_ada(house: House) -> House:
    """Ada has a passkey, a group, and has used some minutes; she has not proved to be there for an hour."""
    ada = Keyholder(house.member(), Authenticator("http://localhost"))
    assert ada.add().status_code == 200
    ada.visitor.send("/group", name="Heron School")
    with house.services.database.writing() as session:
        session.add(UsedMonth(account_id=1, month=date(2026, 11, 1), seconds=60))
    house.clock.pass_by(3600)
    return house


@pytest.mark.parametrize("table", ["passkeys", "used_months", "group_members"])
def test_a_row_that_matters_is_no_item_to_delete(house_of_ada: House, table: str) -> None:
    behind = house_of_ada.services
    with pytest.raises(UserError) as refused:
        behind.erasure.item(1, table, "1", behind.accounts.now())
    assert refused.value.status == 409
    with behind.database.reading() as session:
        (found,) = [each for each in access.people_tables() if each.name == table]
        assert access.count_of(session, found, 1) == 1


def test_the_page_offers_none_of_them(house_of_ada: House) -> None:
    ada = house_of_ada.visitor()
    ada.sign_in()
    ada.send("/meetings", title="Tuesday")
    house_of_ada.clock.pass_by(3600)
    page = ada.open("/account/data").text
    assert "/account/items/meetings/1/delete" in page
    for table in ("passkeys", "used_months", "group_members"):
        assert f"/account/items/{table}/" not in page
        assert ada.send(f"/account/items/{table}/1/delete").status_code == 409
    with house_of_ada.services.database.reading() as session:
        assert session.get(GroupMember, 1) is not None
