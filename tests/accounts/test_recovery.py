"""Forgotten passwords."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onmeet import clock
from onmeet.accounts.addressees import Addressees, LinkGone
from onmeet.mail.links import link_token
from tests.factories.house import PASSWORD, House
from tests.factories.letters import plain
from tests.factories.mailbox import Mailbox

ADA, NEW = "ada@example.org", "a heron lands at dusk"


@pytest.fixture
def mailbox(house: House) -> Mailbox:
    return Mailbox(house)


def asked(house: House, mailbox: Mailbox) -> str:
    """The link that a known address gets."""
    assert house.visitor().send("/forgotten", email=ADA).location == "/forgotten/sent"
    return mailbox.link("/reset/", ADA)


@pytest.mark.promise("N1.8")
def test_a_forgotten_password_is_replaced_by_a_mailed_link(house: House, mailbox: Mailbox) -> None:
    """The address of an account is used to recover its password."""
    ada = house.member()
    mailbox.fetch()
    link, visitor = asked(house, mailbox), house.visitor()
    assert ADA in visitor.open(link).text
    assert visitor.open("/forgotten/sent").status_code == 200
    answer = visitor.send(link, password=NEW)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert ada.open("/account/data").status_code == 302  # signed out everywhere
    assert visitor.sign_in().status_code == 422
    assert visitor.sign_in(password=NEW).status_code == 303
    told = [plain(mail) for mail in mailbox.fetch()]
    assert len(told) == 2  # of the change, and of the new browser
    assert house.services.own.details(1).proven


def test_the_link_works_once(house: House, mailbox: Mailbox) -> None:
    house.member()
    mailbox.fetch()
    link = asked(house, mailbox)
    assert house.visitor().send(link, password=NEW).status_code == 303
    assert house.visitor().open(link).status_code == 404
    assert house.visitor().send(link, password=PASSWORD).status_code == 404
    assert house.visitor().sign_in(password=NEW).status_code == 303


def test_two_who_follow_one_link_at_once_cannot_both_use_it(house: House) -> None:
    house.services.accounts.register(ADA, PASSWORD)
    state = Addressees(house.services.database).state_of(1) or ""
    house.services.recovery.set_password(1, state, NEW)
    with pytest.raises(LinkGone):
        house.services.recovery.set_password(1, state, "the slower one's choice")


def test_the_link_is_good_for_an_hour(house: House) -> None:
    house.services.accounts.register(ADA, PASSWORD)
    state = Addressees(house.services.database).state_of(1) or ""
    for minutes, status in ((59, 200), (61, 404)):
        mailed = clock.now() - timedelta(minutes=minutes)
        token = link_token(house.config.marks_key, "password-reset", 1, state, mailed)
        assert house.visitor().open(f"/reset/{token}").status_code == status


def test_a_weak_password_is_refused_and_the_link_stays_good(house: House, mailbox: Mailbox) -> None:
    house.services.accounts.register(ADA, PASSWORD)
    link = asked(house, mailbox)
    assert house.visitor().send(link, password="short").status_code == 422
    assert house.visitor().send(link, password=NEW).status_code == 303


def test_the_answer_is_the_same_for_every_address(house: House, mailbox: Mailbox) -> None:
    house.services.accounts.register(ADA, PASSWORD)
    house.visitor().send("/register", email="grace@example.org", password=PASSWORD)
    mailbox.fetch()
    answers = set()
    for email in (ADA, "grace@example.org", "nobody@example.org"):
        answer = house.visitor().send("/forgotten", email=email)
        answers.add((answer.status_code, answer.location, answer.text))
    assert len(answers) == 1
    assert sorted(str(mail["To"]) for mail in mailbox.fetch()) == [ADA, "grace@example.org"]


def test_an_account_that_waits_is_sent_its_link_again_and_no_other(house: House, mailbox: Mailbox) -> None:
    house.visitor().send("/register", email=ADA, password=PASSWORD)
    mailbox.fetch()
    house.visitor().send("/forgotten", email=ADA)
    assert mailbox.link("/confirm/", ADA)


def test_a_closed_account_is_not_opened_that_way(house: House, mailbox: Mailbox) -> None:
    house.services.accounts.register(ADA, PASSWORD)
    link = asked(house, mailbox)
    house.services.oversight.close(1)
    assert house.visitor().send(link, password=NEW).status_code == 404
    house.visitor().send("/forgotten", email=ADA)
    assert mailbox.fetch() == []
