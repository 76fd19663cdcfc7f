"""Signing in through the service of one's organisation, from page to page, with a real service."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from onmeet.accounts.models import Account
from onmeet.groups.models import GroupDomain, GroupMember
from onmeet.mail.models import QueuedMail
from tests.factories.house import PASSWORD, House, Visitor
from tests.peers.oidc import CLIENT, SECRET, SignInServer, sign_in_server
from tests.web.test_factors import now, set_up_app

__all__ = ["sign_in_server"]

ADDRESS = "ada@school.example"


class School:
    """A group with a proven domain and a sign-in service; its owner has an account elsewhere."""

    def __init__(self, house: House, server: SignInServer) -> None:
        self.house = house
        self.server = server
        house.member("head@example.org")
        behind = house.services
        self.owner = behind.accounts.id_of("head@example.org") or 0
        self.group = behind.groups.create(self.owner, "Linden School", date(2026, 1, 1))
        with behind.database.writing() as session:
            session.add(
                GroupDomain(
                    group_id=self.group, domain="school.example", token="x", verified_on=date(2026, 1, 1)
                )
            )
        self.require(False)

    def require(self, required: bool) -> None:
        """Whether members have no other way in."""
        self.house.services.single_sign_on.change(
            self.owner, issuer=self.server.issuer, client=CLIENT, secret=SECRET, required=required
        )

    def account(self) -> int:
        """Ada's."""
        return self.house.services.accounts.id_of(ADDRESS) or 0

    def is_member(self, account: int) -> bool:
        here = self.house.services.groups.of(account)
        return here is not None and here.group == self.group

    def come(self, visitor: Visitor, email: str = ADDRESS, **more: str) -> TestResponse:
        """Give the address, follow the link to the service, and be sent back by it."""
        return self.follow(visitor, visitor.send("/sign-in/sso", email=email, **more))

    def follow(self, visitor: Visitor, page: TestResponse) -> TestResponse:
        assert page.status_code == 200
        found = re.search(rf'href="({re.escape(self.server.issuer)}/authorize[^"]+)"', page.text)
        assert found is not None
        sent = requests.get(unescape(found[1]), allow_redirects=False, timeout=30).headers["Location"]
        assert sent.startswith("http://localhost/sign-in/sso/back?")
        return visitor.open(f"{urlsplit(sent).path}?{urlsplit(sent).query}")


def member(house: House) -> Visitor:
    """Ada, with an account of her own and a confirmed address."""
    house.services.accounts.register(ADDRESS, PASSWORD, proven=True)
    visitor = house.visitor()
    visitor.sign_in(ADDRESS)
    return visitor


def is_in(visitor: Visitor) -> bool:
    return visitor.open("/account/security").status_code == 200


@pytest.fixture
def house(build_house: Callable[..., House]) -> House:
    return build_house(sso_private=True)


@pytest.fixture
def school(house: House, sign_in_server: SignInServer) -> School:
    return School(house, sign_in_server)


@pytest.mark.promise("N1.11")
def test_who_comes_for_the_first_time_is_told_and_asked(house: House, school: School) -> None:
    """Before an account is made for a group, people read what the group sees."""
    school.server.person["name"] = "Ada Lovelace"
    ada = house.visitor()
    answer = school.come(ada, next="/account/rights")
    assert answer.location == "/sign-in/sso/welcome"
    page = ada.open("/sign-in/sso/welcome").text
    assert "Linden School" in page
    assert "It never learns of your meetings" in page
    assert (school.account(), is_in(ada)) == (0, False)
    answer = ada.send("/sign-in/sso/welcome")
    assert (answer.status_code, answer.location) == (303, "/account/rights")
    assert is_in(ada)
    assert school.is_member(school.account())
    with house.services.database.reading() as session:
        account = session.get(Account, school.account())
        assert account is not None
        assert (account.name, account.password, account.proven) == ("Ada Lovelace", None, account.email_mark)


def test_a_member_goes_straight_in(house: House, school: School) -> None:
    first, again = house.visitor(), house.visitor()
    school.come(first)
    first.send("/sign-in/sso/welcome")
    assert school.come(again, "somebody.else@school.example").location == "/meetings"
    assert is_in(again)


def test_an_account_of_ones_own_joins_only_when_its_owner_agrees(house: House, school: School) -> None:
    member(house)
    ada = house.visitor()
    assert school.come(ada).location == "/sign-in/sso/welcome"
    assert not school.is_member(school.account())
    assert not is_in(ada)
    assert ada.send("/sign-in/sso/welcome").location == "/meetings"
    assert school.is_member(school.account())


def test_the_service_does_not_replace_the_second_step(house: House, school: School) -> None:
    set_up_app(house, member(house))
    ada = house.visitor()
    school.come(ada)
    assert ada.send("/sign-in/sso/welcome").location == "/sign-in/second"
    assert not is_in(ada)


def test_an_account_that_a_stranger_began_gives_way(house: House, school: School) -> None:
    """Somebody registers the address of another and waits for its owner to come by single sign-on."""
    house.services.registering.begin(ADDRESS, PASSWORD)
    ada = house.visitor()
    assert school.come(ada).location == "/sign-in/sso/welcome"
    ada.send("/sign-in/sso/welcome")
    assert is_in(ada)
    assert house.visitor().sign_in(ADDRESS, PASSWORD).status_code == 422


@pytest.mark.parametrize(
    "person",
    [{"email": "ada@elsewhere.example"}, {"email": "head@example.org"}, {"email_verified": False}],
    ids=str,
)
def test_the_service_speaks_for_its_own_domain_alone(
    house: House, school: School, person: dict[str, Any]
) -> None:
    school.server.person |= person
    ada = house.visitor()
    assert school.come(ada).status_code == 403
    assert ada.open("/sign-in/sso/welcome").status_code == 403
    assert not is_in(ada)


def came(house: House, school: School) -> Visitor:
    """Ada, who has come from the service for the first time."""
    ada = house.visitor()
    school.come(ada)
    ada.send("/sign-in/sso/welcome")
    assert is_in(ada)
    return ada


def reassign(school: School, **claims: str) -> None:
    """The service gives Ada's address to somebody else."""
    school.server.person = {**school.server.person, "sub": "2", **claims}


def test_an_address_that_is_given_to_somebody_else_does_not_open_the_account(
    house: House, school: School
) -> None:
    """OpenID Connect Core 1.0 §5.7: issuer and `sub` name a person, an address does not."""
    came(house, school)
    reassign(school)
    other = house.visitor()
    answer = school.come(other)
    assert answer.status_code == 403
    assert "tied to somebody else at the sign-in service" in answer.text
    assert not is_in(other)
    assert other.open("/sign-in/sso/welcome").status_code == 403


def test_the_account_of_who_has_left_is_not_the_next_ones_either(house: House, school: School) -> None:
    ada = came(house, school)
    ada.send("/group/leave")
    reassign(school)
    assert school.come(house.visitor()).status_code == 403
    school.server.person["sub"] = "1"
    assert school.come(house.visitor()).location == "/sign-in/sso/welcome"


def test_another_address_at_the_service_leads_to_the_same_account(house: House, school: School) -> None:
    came(house, school)
    account = school.account()
    school.server.person["email"] = "ada.byron@school.example"
    again = house.visitor()
    assert school.come(again).location == "/meetings"
    assert is_in(again)
    assert house.services.accounts.id_of("ada.byron@school.example") is None
    assert school.is_member(account)


def test_the_service_has_no_say_in_an_account_that_has_left_for_good(house: House, school: School) -> None:
    """Out of the group and its domain: who comes gets an account of their own, also the same person."""
    came(house, school)
    account = school.account()
    with house.services.database.writing() as session:
        session.query(GroupMember).filter_by(account_id=account).delete()
        left = session.get(Account, account)
        assert left is not None
        left.email, left.email_mark = "ada@example.org", house.services.accounts.found_by("ada@example.org")
        left.proven = left.email_mark
    again = came(house, school)
    assert is_in(again)
    assert school.account() not in (0, account)
    assert house.services.ties.of(account) == ""
    assert house.services.ties.of(school.account()) == school.server.issuer


def test_an_account_of_ones_own_is_tied_when_it_joins(house: House, school: School) -> None:
    member(house)
    school.come(house.visitor())
    assert house.services.ties.of(school.account()) == "", "nobody has agreed yet"
    came(house, school)
    assert house.services.ties.of(school.account()) == school.server.issuer
    reassign(school)
    assert school.come(house.visitor()).status_code == 403


def test_who_fails_at_the_second_step_ties_nothing(house: House, school: School) -> None:
    app, _ = set_up_app(house, member(house))
    reassign(school)
    other, ada = house.visitor(), house.visitor()
    school.come(other)
    assert other.send("/sign-in/sso/welcome").location == "/sign-in/second"
    assert house.services.ties.of(school.account()) == ""
    school.server.person["sub"] = "1"
    school.come(ada)
    assert ada.send("/sign-in/second", code=now(app, house)).location == "/meetings"
    assert house.services.ties.of(school.account()) == school.server.issuer
    assert other.send("/sign-in/second", code="000000").status_code == 422
    house.clock.pass_by(30)
    assert other.send("/sign-in/second", code=now(app, house)).status_code == 403, "tied meanwhile"
    assert not is_in(other)


def test_the_owner_of_the_group_releases_a_member(house: House, school: School) -> None:
    came(house, school)
    reassign(school)
    head = house.visitor()
    head.sign_in("head@example.org")
    page = head.open("/group/members").text
    (number,) = re.findall(r"/group/members/(\d+)/release", page)
    assert head.send(f"/group/members/{number}/release").location == "/group/members"
    with house.services.database.reading() as session:
        assert "sign-on-released" in [mail.about for mail in session.query(QueuedMail)]
    again = house.visitor()
    assert school.come(again).location == "/meetings"
    school.server.person["sub"] = "1"
    assert school.come(house.visitor()).status_code == 403, "tied to the new one"


def test_an_admin_does_not_release_members(house: House, school: School) -> None:
    came(house, school)
    house.member("admin@example.org")
    admin = house.services.accounts.id_of("admin@example.org") or 0
    house.services.arrivals.join(school.group, admin)
    with house.services.database.writing() as session:
        session.query(GroupMember).filter_by(account_id=admin).one().role = "admin"
        number = session.query(GroupMember).filter_by(account_id=school.account()).one().id
    visitor = house.visitor()
    visitor.sign_in("admin@example.org")
    assert "/release" not in visitor.open("/group/members").text
    assert visitor.send(f"/group/members/{number}/release").status_code == 404
    assert house.services.ties.of(school.account())


def test_ones_own_account_is_released_under_security(house: House, school: School) -> None:
    ada = came(house, school)
    assert school.server.issuer in ada.open("/account/security").text
    assert ada.send("/account/security/sign-in-service/release").location == "/account/security"
    assert school.server.issuer not in ada.open("/account/security").text
    reassign(school)
    assert school.come(house.visitor()).location == "/meetings"


@pytest.mark.parametrize("change", [{"client": "another"}, {"issuer": "https://login.example.org"}], ids=str)
def test_another_service_knows_people_by_other_names(
    house: House, school: School, change: dict[str, str]
) -> None:
    came(house, school)
    set_up = {"issuer": school.server.issuer, "client": CLIENT, "secret": SECRET, "required": False}
    house.services.single_sign_on.change(school.owner, **set_up)
    assert house.services.ties.of(school.account())
    house.services.single_sign_on.change(school.owner, **{**set_up, **change})
    assert house.services.ties.of(school.account()) == ""


def test_the_tie_is_told_to_its_owner_and_goes_with_the_account(house: House, school: School) -> None:
    ada = came(house, school)
    assert school.server.issuer in ada.open("/account/data").text
    archive = zipfile.ZipFile(io.BytesIO(ada.send("/account/export").data))
    assert school.server.issuer.encode() in b"".join(archive.read(name) for name in archive.namelist())
    assert ada.send("/account/delete").location == "/"
    with house.services.database.reading() as session:
        assert session.query(Account).filter(Account.sign_on_mark.is_not(None)).count() == 0
    assert school.come(house.visitor()).location == "/sign-in/sso/welcome"


def test_nobody_is_taken_out_of_another_group(house: House, school: School) -> None:
    member(house)
    house.services.groups.create(school.account(), "Her own", date(2026, 1, 1))
    assert school.come(house.visitor()).status_code == 409


def test_a_full_group_lets_nobody_in(house: House, school: School) -> None:
    house.services.groups.set_seats(school.group, 1)
    ada = house.visitor()
    school.come(ada)
    assert ada.send("/sign-in/sso/welcome").status_code == 409
    assert (school.account(), is_in(ada)) == (0, False)


def test_an_answer_for_another_browser_opens_nothing(house: House, school: School) -> None:
    ada, mallory = house.visitor(), house.visitor()
    mallory.send("/sign-in/sso", email=ADDRESS)
    page = ada.send("/sign-in/sso", email=ADDRESS)
    assert school.follow(mallory, page).status_code == 403
    assert school.follow(house.visitor(), page).status_code == 403


def test_a_domain_without_a_service_is_told_so_whoever_asks(house: House, school: School) -> None:
    house.member("bob@example.org")
    texts = set()
    for email in ("bob@example.org", "nobody@example.org"):
        answer = house.visitor().send("/sign-in/sso", email=email)
        assert answer.status_code == 422
        main = answer.text.split("<main")[1].split("</main>")[0].replace(email, "…")
        texts.add(re.sub(r'value="[^"]{40,}"', "", main))
    assert len(texts) == 1


def test_a_service_that_is_down_is_said_to_be(house: House, school: School) -> None:
    school.server.description["issuer"] = "https://evil.example"
    assert house.visitor().send("/sign-in/sso", email=ADDRESS).status_code == 503


def test_members_who_must_use_the_service_have_no_other_way_in(house: House, school: School) -> None:
    member(house)
    ada = house.visitor()
    school.come(ada)
    ada.send("/sign-in/sso/welcome")
    school.require(True)
    refused = house.visitor()
    assert refused.sign_in(ADDRESS).location == "/sign-in/sso"
    assert "wants its members to sign in with its own service" in refused.open("/sign-in/sso").text
    assert not is_in(refused)
    assert refused.sign_in(ADDRESS, "not the password").status_code == 422
    assert school.come(refused).location == "/meetings"
    assert house.visitor().sign_in("head@example.org").location == "/meetings"


def test_the_service_is_asked_again_for_a_fresh_proof(house: House, school: School) -> None:
    ada = house.visitor()
    school.come(ada)
    ada.send("/sign-in/sso/welcome")
    house.clock.pass_by(600)
    assert "Ask the sign-in service of Linden School" in ada.open("/account/check?next=/account/rights").text
    answer = school.follow(ada, ada.send("/account/check/sso", next="/account/rights"))
    assert answer.location == "/account/rights"
    assert school.server.asked[-1]["prompt"] == "login"
    assert ada.open("/account/security/app").status_code == 200
    house.clock.pass_by(600)
    reassign(school, email="bob@school.example")
    answer = school.follow(ada, ada.send("/account/check/sso"))
    assert answer.location.startswith("/account/check")
    reassign(school, email=ADDRESS)
    assert school.follow(ada, ada.send("/account/check/sso")).status_code == 403
    assert ada.open("/account/security/app").status_code == 303


def test_without_groups_in_the_notice_there_is_no_such_page(build_house: Callable[..., House]) -> None:
    visitor = build_house(notice="3cx-webmeeting").visitor()
    assert visitor.open("/sign-in/sso").status_code == 404
    assert "/sign-in/sso" not in visitor.open("/sign-in").text


@pytest.mark.promise("N2.2")
@pytest.mark.parametrize(
    ("notice", "box"), [("meetingsphere", {"agree": "trial"}), ("web1on1", {"old_enough": "y"})]
)
def test_what_must_be_asked_before_there_is_an_account_is_asked_here_too(
    build_house: Callable[..., House], sign_in_server: SignInServer, notice: str, box: dict[str, str]
) -> None:
    """Nobody gets an account through their organisation without the consent that the notice asks for."""
    house = build_house(notice=notice, sso_private=True)
    school, ada = School(house, sign_in_server), house.visitor()
    school.come(ada)
    assert f'name="{next(iter(box))}"' in ada.open("/sign-in/sso/welcome").text
    assert ada.send("/sign-in/sso/welcome").status_code == 422
    assert school.account() == 0
    assert ada.send("/sign-in/sso/welcome", **box).status_code == 303
    assert school.is_member(school.account())
