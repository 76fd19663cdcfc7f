"""Passkeys by their bytes: which are taken, which are not."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from onmeet.accounts.models import Account
from onmeet.accounts.passkeys import MOST, PasskeyRefused, Passkeys, RelyingParty
from tests.factories.authenticator import Authenticator
from tests.factories.house import House

SITE = RelyingParty("meet.example.org", "https://meet.example.org")
SESSION = "a browser"


@pytest.fixture
def ada(house: House) -> int:
    return account(house, "ada@example.org")


@pytest.fixture
def passkeys(house: House) -> Passkeys:
    return Passkeys(house.services.database, key=house.config.marks_key, wall_clock=house.clock)


def account(house: House, email: str) -> int:
    house.member(email)
    number = house.services.accounts.id_of(email)
    assert number is not None
    return number


def made(passkeys: Passkeys, owner: int, **how: bool) -> Authenticator:
    device = Authenticator(SITE.origin, **how)
    options = passkeys.creation_options(owner, SITE, SESSION)
    passkeys.add(owner, SITE, SESSION, device.make(options), "laptop")
    return device


def test_a_passkey_finds_its_owner_without_any_address(passkeys: Passkeys, house: House, ada: int) -> None:
    bob = account(house, "bob@example.org")
    hers, his = made(passkeys, ada), made(passkeys, bob)
    for device, owner in ((hers, ada), (his, bob), (hers, ada)):
        assert passkeys.owner(SITE, SESSION, device.sign(passkeys.request_options(SITE, SESSION))) == owner


def test_options_name_nobody(passkeys: Passkeys, ada: int) -> None:
    made(passkeys, ada)
    asked = json.loads(passkeys.request_options(SITE, SESSION))
    assert not asked.get("allowCredentials")
    assert asked["userVerification"] == "required"


def test_a_new_passkey_is_to_stay_in_the_device_and_to_know_its_user(passkeys: Passkeys, ada: int) -> None:
    device = made(passkeys, ada)
    asked = json.loads(passkeys.creation_options(ada, SITE, SESSION))
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert [each["id"] for each in asked["excludeCredentials"]] == [json.loads(device.sign(
        passkeys.request_options(SITE, SESSION)))["id"]]  # fmt: skip
    assert b"ada@" not in base64.urlsafe_b64decode(asked["user"]["id"] + "==")


def test_an_answer_is_worth_something_once(passkeys: Passkeys, ada: int) -> None:
    device = made(passkeys, ada, counts=False)
    answer = device.sign(passkeys.request_options(SITE, SESSION))
    passkeys.owner(SITE, SESSION, answer)
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, answer)


def test_an_answer_is_worth_nothing_later_elsewhere_or_for_something_else(
    passkeys: Passkeys, house: House, ada: int
) -> None:
    device = made(passkeys, ada)
    late = device.sign(passkeys.request_options(SITE, SESSION))
    house.clock.pass_by(300)
    elsewhere = device.sign(passkeys.request_options(SITE, "another browser"))
    for_making = json.dumps({"rpId": SITE.host, **json.loads(passkeys.creation_options(ada, SITE, SESSION))})
    for answer in (late, elsewhere, device.sign(for_making)):
        with pytest.raises(PasskeyRefused):
            passkeys.owner(SITE, SESSION, answer)


def test_a_challenge_that_nobody_gave_out_is_refused(passkeys: Passkeys, ada: int) -> None:
    device = made(passkeys, ada)
    for challenge in ("", "AAAA", "A" * 75, "ü", 7):
        options = json.dumps({"rpId": SITE.host, "challenge": challenge})
        with pytest.raises(PasskeyRefused):
            passkeys.owner(SITE, SESSION, device.sign(options))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SITE, origin="https://meet.example.org.evil.example"),
        replace(SITE, origin="http://meet.example.org"),
        replace(SITE, host="example.org"),
    ],
    ids=lambda site: f"{site.host} {site.origin}",
)
def test_an_answer_for_another_site_is_refused(passkeys: Passkeys, ada: int, wrong: RelyingParty) -> None:
    device = made(passkeys, ada)
    device.origin = wrong.origin
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, device.sign(passkeys.request_options(wrong, SESSION)))


def test_an_authenticator_that_does_not_verify_its_user_is_refused(passkeys: Passkeys, ada: int) -> None:
    with pytest.raises(PasskeyRefused):
        made(passkeys, ada, verifies=False)
    device = made(passkeys, ada)
    device.verifies = False
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, device.sign(passkeys.request_options(SITE, SESSION)))


def test_a_copied_passkey_falls_behind(passkeys: Passkeys, ada: int) -> None:
    device = made(passkeys, ada)
    copy = replace(device)
    for _ in range(2):
        passkeys.owner(SITE, SESSION, device.sign(passkeys.request_options(SITE, SESSION)))
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, copy.sign(passkeys.request_options(SITE, SESSION)))


def test_another_key_under_a_known_name_opens_nothing(passkeys: Passkeys, ada: int) -> None:
    device = made(passkeys, ada)
    forged = Authenticator(SITE.origin, id=device.id, user=device.user, uses=5)
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, forged.sign(passkeys.request_options(SITE, SESSION)))


def test_a_passkey_with_the_handle_of_somebody_else_opens_nothing(
    passkeys: Passkeys, house: House, ada: int
) -> None:
    hers, his = made(passkeys, ada), made(passkeys, account(house, "bob@example.org"))
    hers.user = his.user
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, hers.sign(passkeys.request_options(SITE, SESSION)))


def test_a_closed_account_is_not_opened(passkeys: Passkeys, house: House, ada: int) -> None:
    device = made(passkeys, ada)
    house.services.oversight.close(ada)
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, device.sign(passkeys.request_options(SITE, SESSION)))


def test_an_account_with_passkeys_alone_is_closed_and_opened_again(
    passkeys: Passkeys, house: House, ada: int
) -> None:
    device = made(passkeys, ada)
    with house.services.database.writing() as session:
        session.execute(update(Account).values(password=None))
    assert house.services.oversight.close(ada)
    assert house.services.oversight.reopen(ada)
    assert passkeys.owner(SITE, SESSION, device.sign(passkeys.request_options(SITE, SESSION))) == ada


@pytest.mark.parametrize(
    "answer",
    ["", "[]", "{", '{"response": 1}', '{"response": {}}', '{"response": {"clientDataJSON": "W10"}}',
     '{"rawId": "!", "response": {"clientDataJSON": "e30"}}', "x" * 20_000, "[" * 9_000],
    ids=range(9),
)  # fmt: skip
def test_nonsense_is_refused_politely(passkeys: Passkeys, ada: int, answer: str) -> None:
    with pytest.raises(PasskeyRefused):
        passkeys.owner(SITE, SESSION, answer)
    with pytest.raises(PasskeyRefused):
        passkeys.add(ada, SITE, SESSION, answer, "")


def test_nobody_names_or_removes_the_passkey_of_somebody_else(
    passkeys: Passkeys, house: House, ada: int
) -> None:
    made(passkeys, ada)
    bob = account(house, "bob@example.org")
    (line,) = passkeys.of(ada)
    assert not passkeys.rename(bob, line.id, "mine")
    assert not passkeys.remove(bob, line.id)
    assert passkeys.rename(ada, line.id, " work ")
    assert [each.label for each in passkeys.of(ada)] == ["work"]
    assert passkeys.remove(ada, line.id)
    assert passkeys.of(ada) == []


def test_there_is_an_end_to_new_passkeys(passkeys: Passkeys, ada: int) -> None:
    for _ in range(MOST):
        made(passkeys, ada)
    with pytest.raises(PasskeyRefused):
        made(passkeys, ada)


def test_the_same_passkey_is_not_kept_twice(passkeys: Passkeys, house: House, ada: int) -> None:
    device = made(passkeys, ada)
    bob = account(house, "bob@example.org")
    with pytest.raises(PasskeyRefused):
        passkeys.add(bob, SITE, SESSION, device.make(passkeys.creation_options(bob, SITE, SESSION)), "")
    assert passkeys.of(bob) == []
