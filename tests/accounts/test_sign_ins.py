"""Signed-in browsers: listed to their owner, ended one by one, and told of when they are new."""

from __future__ import annotations

import re

import pytest

from onmeet.accounts.people import SUSPICIOUS, WrongCredentials
from tests.factories.house import PASSWORD, House, Visitor
from tests.factories.letters import plain
from tests.factories.mailbox import Mailbox

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"


def subjects(house: House) -> list[str]:
    return [str(mail["Subject"]) for mail in Mailbox(house).fetch()]


def listed(page: str) -> list[str]:
    return re.findall(r"<strong>([^<]*)</strong>", page[page.index('id="devices"') :])


@pytest.mark.promise("N1.5")
def test_the_owner_sees_each_browser_by_family_and_ends_one(house: House) -> None:
    """People see where they are signed in, by families of browser and system, and end it."""
    ada = house.member()
    phone = house.visitor(**{"User-Agent": SAFARI})
    phone.sign_in()
    house.visitor(**{"User-Agent": FIREFOX}).sign_in()
    page = ada.open("/account/details").text
    assert sorted(listed(page)) == ["Another program", "Firefox, Linux", "Safari, iOS"]
    assert page.count("(this one)") == 1
    (name,) = (each.name for each in house.services.accounts.sign_ins.of(1) if "iOS" in each.device)
    assert ada.send(f"/account/sign-ins/{name}/end").status_code == 303
    assert phone.open("/meetings").status_code == 302
    assert "Safari, iOS" not in ada.open("/account/details").text
    assert ada.open("/meetings").status_code == 200


def test_nobody_ends_the_sign_in_of_somebody_else(house: House) -> None:
    ada, ben = house.member(), house.member("ben@example.org")
    (hers,) = house.services.accounts.sign_ins.of(1)
    answers = [ben.send(f"/account/sign-ins/{name}/end") for name in (hers.name, "0" * 16)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert ada.open("/meetings").status_code == 200


def test_a_new_browser_is_told_of_and_a_known_one_is_not(house: House) -> None:
    ada = house.member()
    assert subjects(house) == []
    stranger = house.visitor()
    stranger.sign_in()
    (told,) = Mailbox(house).fetch()
    assert told["To"] == "ada@example.org"
    assert "/account/security" in plain(told)
    for visitor in (ada, stranger):
        visitor.send("/sign-out")
        visitor.sign_in()
    assert subjects(house) == []


def test_a_known_browser_is_told_of_after_somebody_has_guessed(house: House) -> None:
    ada = house.member()
    ada.send("/sign-out")
    for number in range(SUSPICIOUS):
        with pytest.raises(WrongCredentials):
            house.services.accounts.check("ada@example.org", "a guess too far", client=f"bot {number}")
    assert subjects(house) == []  # guesses alone fill nobody's mailbox
    ada.sign_in()
    assert len(subjects(house)) == 1
    ada.send("/sign-out")
    ada.sign_in()
    assert subjects(house) == []


def test_a_sign_in_begins_for_open_accounts_only(house: House) -> None:
    accounts = house.services.accounts
    house.visitor().send("/register", email="ada@example.org", password=PASSWORD)
    for nobody in (1, 99):
        with pytest.raises(WrongCredentials):
            accounts.begin(nobody, days=1)


def test_a_proof_is_remembered_with_its_sign_in_alone(house: House) -> None:
    accounts = house.services.accounts
    accounts.register("ada@example.org", PASSWORD)
    here, there = accounts.begin(1, days=1).token, accounts.begin(1, days=1).token
    house.clock.pass_by(700)
    accounts.sign_ins.prove(here, strong=True)
    proven, other = accounts.standing(here), accounts.standing(there)
    assert proven is not None
    assert other is not None
    assert (proven.strong, proven.checked_at - other.checked_at) == (True, 700)
    assert not other.strong


def test_what_was_listed_goes_with_the_sign_in(house: House) -> None:
    ada, elsewhere = house.member(), house.visitor()
    elsewhere.sign_in()
    assert details(ada) == 2
    elsewhere.send("/sign-out")
    assert details(ada) == 1


def details(visitor: Visitor) -> int:
    return visitor.open("/account/data").text.count("/account/items/sign_in_details/")
