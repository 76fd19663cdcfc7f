"""The pages of groups, as people walk through them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from onmeet import clock
from onmeet.groups.models import Group
from tests.factories.house import PASSWORD, House, Visitor


def owner(house: House) -> Visitor:
    """Ada, with a group."""
    ada = house.member("ada@example.org", "Ada")
    assert ada.send("/group", name="Heron School").status_code == 303
    return ada


def link(visitor: Visitor, **fields: str) -> str:
    """The path of a new invitation."""
    page = visitor.send("/group/invitations", **{"role": "member", "uses": "1", "days": "7", **fields})
    found = re.search(r'value="[^"]*(/join/[^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def account(house: House, name: str) -> int:
    found = house.services.accounts.id_of(f"{name}@example.org")
    assert found is not None
    return found


@pytest.mark.promise("N1.11")
def test_an_invitation_says_what_the_group_sees_before_anything_happens(house: House) -> None:
    """Before joining people read what the group sees, name and address, and that it sees no meetings."""
    path = link(owner(house))
    bo = house.member("bo@example.org", "Bo")
    page = bo.open(path).text
    assert "Heron School" in page
    assert "What the group sees of you" in page
    for seen in ("Name", "E-mail address", "never learns of your meetings"):
        assert seen in page
    assert house.services.groups.of(account(house, "bo")) is None
    assert bo.send(path).location == "/group"
    assert "Leave the group" in bo.open("/group").text
    assert house.services.groups.of(account(house, "bo")) is not None


@pytest.mark.promise("N1.11", "N1.12")
def test_members_read_and_take_along_in_which_group_they_are(house: House) -> None:
    """What is held about a membership says which group it is, on the page as in the export."""
    path = link(owner(house))
    bo = house.member("bo@example.org", "Bo")
    bo.send(path)
    assert "Your membership in the group Heron School" in bo.open("/account/data").text
    answer = bo.send("/account/export", password=PASSWORD)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        (row,) = json.loads(archive.read("data.json"))["tables"]["group_members"]
        (line,) = csv.DictReader(io.StringIO(archive.read("group_members.csv").decode("utf-8-sig")))
    assert row["called"] == line["called"] == "Heron School"


def test_somebody_without_an_account_reads_it_too_and_comes_back(house: House) -> None:
    path = link(owner(house))
    guest = house.visitor()
    page = guest.open(path).text
    assert "What the group sees of you" in page
    assert f'href="/sign-in?next={path}"' in page
    assert guest.send(path).location.startswith("/sign-in")
    assert house.services.groups.seats(1).taken == 1


def test_a_policy_is_read_before_joining_and_takes_what_it_does_not_want(house: House) -> None:
    ada = owner(house)
    bo = house.member("bo@example.org", "Bo")
    house.services.own.correct(account(house, "bo"), name="Bo", phone="+49 30 1234567", country="DE")
    answer = ada.client.post(
        "/group/policy",
        data={"csrf_token": ada.token(), "withheld": ["account.phone", "account.country"], "lobby": "y"},
    )
    assert answer.location == "/group"
    path = link(ada)
    page = bo.open(path).text
    assert "Guests of members’ meetings wait" in page
    assert "this is erased from your account" in page
    assert house.services.own.details(account(house, "bo")).phone == "+49 30 1234567"
    bo.send(path)
    own = house.services.own.details(account(house, "bo"))
    assert (own.name, own.phone, own.country) == ("Bo", "", "")


def test_a_policy_cannot_loosen_the_notice(house: House) -> None:
    ada = owner(house)
    for fields in ({"withheld": "meeting.ip"}, {"withheld": "nonsense"}, {"days": "5"}, {"days": "-1"}):
        assert ada.send("/group/policy", **fields).status_code == 422
    assert not house.services.groups.policy(1).tightens


def test_pages_of_those_who_run_a_group_do_not_exist_for_members(house: House) -> None:
    ada = owner(house)
    bo = house.member("bo@example.org", "Bo")
    bo.send(link(ada))
    for path in ("members", "invitations", "domains", "policy", "sign-in"):
        assert ada.open(f"/group/{path}").status_code == 200
        assert bo.open(f"/group/{path}").status_code == 404
        assert house.member("zoe@example.org").open(f"/group/{path}").status_code == 404
        assert house.visitor().open(f"/group/{path}").location.startswith("/sign-in")
    assert bo.send("/group/delete").status_code == 404


def test_numbers_of_another_group_answer_as_numbers_of_none(house: House) -> None:
    ada, zoe = owner(house), house.member("zoe@example.org", "Zoe")
    zoe.send("/group", name="Another")
    ada.send("/group/domains", domain="example.org")
    link(ada)
    for path in (
        "/group/members/{}/remove", "/group/members/{}/admin", "/group/members/{}/owner",
        "/group/invitations/{}/revoke", "/group/domains/{}/check", "/group/domains/{}/remove",
        "/group/offers/{}",
    ):  # fmt: skip
        theirs, nobodys = (zoe.send(path.format(number)) for number in (1, 999))
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert len(house.services.domains.of(account(house, "ada"))) == 1


def test_the_owner_names_an_admin_and_hands_over(house: House) -> None:
    ada = owner(house)
    house.member("bo@example.org", "Bo").send(link(ada))
    number = next(m.number for m in house.services.groups.members(account(house, "ada")) if not m.you)
    assert "bo@example.org" in ada.open("/group/members").text
    ada.send(f"/group/members/{number}/admin")
    ada.send(f"/group/members/{number}/owner")
    here = house.services.groups.of(account(house, "bo"))
    assert here is not None
    assert here.role == "owner"
    assert "Leave the group" in ada.open("/group").text


def test_a_link_is_shown_once_and_can_be_withdrawn(house: House) -> None:
    ada = owner(house)
    path = link(ada, role="admin", uses="3")
    assert path not in ada.open("/group/invitations").text
    number = house.services.invitations.of(account(house, "ada"), clock.now())[0].number
    ada.send(f"/group/invitations/{number}/revoke")
    for gone in (path, "/join/never-made"):
        answer = house.visitor().open(gone)
        assert answer.status_code == 404
        assert "This invitation is used up, withdrawn or too old." in answer.text


def test_a_link_leads_to_where_the_operator_says(build_house: Callable[..., House]) -> None:
    house = build_house(public_url="https://meet.example.org")
    ada = house.visitor(Host="meet.example.org")
    house.services.accounts.register("ada@example.org", "seven green parrots", "Ada")
    ada.sign_in("ada@example.org")
    ada.send("/group", name="Heron School")
    page = ada.send("/group/invitations", role="member", uses="1", days="7")
    assert 'value="https://meet.example.org/join/' in page.text


@pytest.mark.parametrize("notice", ["on-meet", "meetingsphere", "easymeet24", "web1on1"])
def test_where_members_have_no_name_for_the_group_the_pages_say_so(
    build_house: Callable[..., House], notice: str
) -> None:
    house = build_house(notice=notice)
    ada = owner(house)
    path = link(ada)
    page = house.visitor().open(path).text
    assert ("no name and no address" in page) == (notice != "on-meet")
    bo = house.member("bo@example.org", "Bo")
    bo.send(path)
    assert ("bo@example.org" in ada.open("/group/members").text) == (notice == "on-meet")


def test_without_a_notice_that_permits_payment_there_is_no_page(build_house: Callable[..., House]) -> None:
    house = build_house(notice="3cx-webmeeting")
    ada = house.member()
    for path in ("/group", "/group/members", "/group/policy", "/join/abc"):
        assert ada.open(path).status_code == 404
    assert 'href="/group"' not in ada.open("/account/data").text


def test_the_sign_in_service_is_the_owners_to_set_and_its_secret_is_never_shown(house: House) -> None:
    ada = owner(house)
    bo = house.member("bo@example.org", "Bo")
    bo.send(link(ada, role="admin"))
    fields = {"issuer": "https://login.example.org", "client": "onmeet", "secret": "a long secret"}
    assert bo.send("/group/sign-in", **fields).status_code == 404
    assert ada.send("/group/sign-in", **{**fields, "required": "y"}).status_code == 422
    assert ada.send("/group/sign-in", **fields).status_code == 303
    assert "a long secret" not in ada.open("/group/sign-in").text
    service = house.services.single_sign_on.of_group(1)
    assert (service.issuer, service.secret, service.usable) == (fields["issuer"], "a long secret", False)
    assert "a long secret" not in repr(service)


@pytest.mark.promise("N1.11", "N1.12")
def test_who_owns_a_group_decides_about_it_before_the_account_goes(house: House) -> None:
    """An owner is asked to hand the group over, or to say that it goes; members keep their accounts."""
    ada, bo = owner(house), house.member("bo@example.org", "Bo")
    bo.send(link(ada))
    assert "Heron School" in ada.open("/account/delete").text
    assert "Hand the group over" not in bo.open("/account/delete").text
    assert ada.send("/account/delete", password=PASSWORD).status_code == 422
    assert house.services.accounts.has("ada@example.org")
    assert ada.send("/account/delete", password=PASSWORD, group="too").location == "/"
    assert not house.services.accounts.has("ada@example.org")
    assert house.services.groups.of(account(house, "bo")) is None
    assert bo.open("/account/data").status_code == 200


def test_the_only_member_of_a_group_takes_it_along(house: House) -> None:
    ada = owner(house)
    assert ada.send("/account/delete", password=PASSWORD).location == "/"
    assert house.services.groups.ownerless() == []
    with house.services.database.reading() as session:
        assert session.scalars(select(Group)).all() == []


def test_what_cannot_be_undone_needs_a_fresh_proof(house: House) -> None:
    ada = owner(house)
    house.member("bo@example.org", "Bo").send(link(ada))
    house.clock.pass_by(601)
    for path in ("/group/delete", "/group/members/2/owner", "/group/sign-in"):
        assert ada.send(path).location.startswith("/account/check"), path
    here = house.services.groups.of(account(house, "ada"))
    assert here is not None
    assert here.role == "owner"
