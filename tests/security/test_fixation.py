"""A session begins anew with each sign-in, and ends when it is said to: old cookies are worth nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onmeet.web.cookies import SESSION
from tests.factories.authenticator import Authenticator
from tests.factories.house import PASSWORD, House, Visitor
from tests.factories.mailbox import Mailbox
from tests.peers.oidc import SignInServer
from tests.security.town import NEW_PASSWORD
from tests.web.test_factors import Keyholder, is_in, now, set_up_app
from tests.web.test_single_sign_on import School

ADA = "ada@school.example"
PLANTED = {
    "planted": "x",
    "started": ["abc-defg-hjk"],
    "fresh": "abc-defg-hjk",
    "looked_up": 1,
    "browser": "mine",
}


@pytest.fixture
def house(build_house: Any) -> House:
    built: House = build_house(sso_private=True)
    return built


def cookie(visitor: Visitor) -> str:
    found = visitor.client.get_cookie(SESSION)
    assert found is not None
    return found.value


def with_cookie(house: House, value: str) -> Visitor:
    """Somebody else with a copy of a cookie."""
    thief = house.visitor()
    thief.client.set_cookie(SESSION, value)
    return thief


def by_password(house: House, service: SignInServer) -> Callable[[Visitor], None]:
    house.member(ADA)

    def enter(visitor: Visitor) -> None:
        assert visitor.sign_in(ADA).status_code == 303

    return enter


def by_passkey(house: House, service: SignInServer) -> Callable[[Visitor], None]:
    ada = Keyholder(house.member(ADA), Authenticator("http://localhost"))
    assert ada.add().status_code == 200

    def enter(visitor: Visitor) -> None:
        assert Keyholder(visitor, ada.device).use("/sign-in/passkey").status_code == 200

    return enter


def by_second_step(house: House, service: SignInServer) -> Callable[[Visitor], None]:
    app, _ = set_up_app(house, house.member(ADA))

    def enter(visitor: Visitor) -> None:
        assert visitor.sign_in(ADA).location == "/sign-in/second"
        assert not is_in(visitor)
        assert visitor.send("/sign-in/second", code=now(app, house)).status_code == 303

    return enter


def by_service(house: House, service: SignInServer) -> Callable[[Visitor], None]:
    school = School(house, service)
    first = house.visitor()
    school.come(first, ADA)
    first.send("/sign-in/sso/welcome")

    def enter(visitor: Visitor) -> None:
        assert school.come(visitor, ADA).location == "/meetings"

    return enter


def by_service_for_the_first_time(house: House, service: SignInServer) -> Callable[[Visitor], None]:
    school = School(house, service)

    def enter(visitor: Visitor) -> None:
        assert school.come(visitor, ADA).location == "/sign-in/sso/welcome"
        assert visitor.send("/sign-in/sso/welcome").status_code == 303

    return enter


def by_confirming(house: House, service: SignInServer) -> Callable[[Visitor], None]:
    assert house.visitor().send("/register", email=ADA, password=PASSWORD).status_code == 303
    link = Mailbox(house).link("/confirm/", ADA)

    def enter(visitor: Visitor) -> None:
        assert visitor.send(link, password=PASSWORD).status_code == 303

    return enter


@pytest.mark.parametrize(
    "way",
    [by_password, by_passkey, by_second_step, by_service, by_service_for_the_first_time, by_confirming],
)
def test_the_session_before_a_sign_in_is_not_the_one_after_it(
    house: House, service: SignInServer, way: Callable[[House, SignInServer], Callable[[Visitor], None]]
) -> None:
    enter = way(house, service)
    victim = house.visitor()
    with victim.client.session_transaction() as session:
        session.update(PLANTED)
    token = victim.token()
    before = cookie(victim)
    enter(victim)
    assert is_in(victim)
    assert not is_in(with_cookie(house, before)), "whoever planted the cookie is in as well"
    with victim.client.session_transaction() as session:
        assert not session.keys() & PLANTED.keys()
    assert victim.token() != token


def leaves(visitor: Visitor, house: House) -> None:
    assert visitor.send("/sign-out").status_code == 303


def leaves_everywhere(visitor: Visitor, house: House) -> None:
    assert house_of(visitor, house).send("/account/sign-ins/end").status_code == 303


def changes_password(visitor: Visitor, house: House) -> None:
    fields = {"password-password": PASSWORD, "password-new": NEW_PASSWORD}
    assert visitor.send("/account/password", **fields).status_code == 303
    assert is_in(visitor), "who has changed it stays"


def resets_password(visitor: Visitor, house: House) -> None:
    Mailbox(house).fetch()
    assert house.visitor().send("/forgotten", email=ADA).status_code == 303
    assert house.visitor().send(Mailbox(house).link("/reset/", ADA), password=NEW_PASSWORD).status_code == 303


def deletes_account(visitor: Visitor, house: House) -> None:
    assert visitor.send("/account/delete", password=PASSWORD).status_code == 303


def is_closed(visitor: Visitor, house: House) -> None:
    assert house.services.oversight.close(house.services.accounts.id_of(ADA) or 0)


def house_of(visitor: Visitor, house: House) -> Visitor:
    """Another browser of the same person."""
    other = house.visitor()
    assert other.sign_in(ADA).status_code == 303
    return other


@pytest.mark.parametrize(
    "way", [leaves, leaves_everywhere, changes_password, resets_password, deletes_account, is_closed]
)
def test_a_copied_cookie_is_worthless_after(house: House, way: Callable[[Visitor, House], None]) -> None:
    ada = house.member(ADA)
    copied = cookie(ada)
    assert is_in(with_cookie(house, copied))
    way(ada, house)
    assert not is_in(with_cookie(house, copied))


@pytest.mark.parametrize("way", [changes_password, resets_password])
def test_a_first_step_is_worthless_after(house: House, way: Callable[[Visitor, House], None]) -> None:
    """Whoever had the old password does not get a second chance with the second factor."""
    ada = house.member(ADA)
    app, _ = set_up_app(house, ada)
    thief = house.visitor()
    assert thief.sign_in(ADA).location == "/sign-in/second"
    way(ada, house)
    assert thief.send("/sign-in/second", code=now(app, house)).status_code == 403
    assert not is_in(thief)


def test_a_changed_password_leaves_the_list_of_sign_ins_whole(house: House) -> None:
    ada = house.member(ADA)
    behind = house.services
    account = behind.accounts.id_of(ADA) or 0
    (before,) = behind.accounts.sign_ins.of(account)
    changes_password(ada, house)
    (after,) = behind.accounts.sign_ins.of(account)
    assert (after.device, after.began_at) == (before.device, before.began_at)
    assert behind.accounts.sign_ins.renew("unknown") == "unknown"


def test_who_came_from_a_service_comes_in_once(house: House, service: SignInServer) -> None:
    """The cookie of a guest who has not pressed the button yet is used up by pressing it."""
    school = School(house, service)
    ada = house.visitor()
    school.come(ada, ADA)
    copied = cookie(ada)
    assert ada.send("/sign-in/sso/welcome").status_code == 303
    thief = with_cookie(house, copied)
    thief.send("/sign-in/sso/welcome")
    assert not is_in(thief)
