"""From registering to an open account: the mail, its link, and what nobody can do without either."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.accounts.models import Account
from onmeet.mail.links import link_token
from onmeet.notices.keys import open_key_store
from onmeet.notices.sweep import Sweep
from tests.factories.house import PASSWORD, House
from tests.factories.letters import link_in, plain
from tests.factories.mailbox import Mailbox, confirmed

ADA = "ada@example.org"


@pytest.fixture
def mailbox(house: House) -> Mailbox:
    return Mailbox(house)


def register(house: House, password: str = PASSWORD, **more: str) -> Any:
    visitor = house.visitor()
    answer = visitor.send("/register", email=ADA, password=password, **more)
    assert (answer.status_code, answer.location) == (303, "/register/sent")
    return visitor


def accounts(house: House) -> int:
    with house.services.database.reading() as session:
        return session.scalar(select(func.count(Account.id))) or 0


def sweep(house: House, days: float) -> None:
    """What the keeper does each hour, by the house's own clock."""
    behind = house.services
    now = behind.accounts.now() + timedelta(days=days)
    Sweep(behind.database, behind.policy, open_key_store(house.config)).run(now)


@pytest.mark.promise("N1.3")
def test_whoever_reads_the_mail_and_knows_the_password_is_in(house: House, mailbox: Mailbox) -> None:
    """An account belongs to whoever reads the mails at its address."""
    visitor = register(house, name="Ada")
    assert "mailed you a link" in visitor.open("/register/sent").text
    link = mailbox.link("/confirm/", ADA)
    assert ADA in visitor.open(link).text
    answer = visitor.send(link, password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/meetings")
    assert "is confirmed" in visitor.open("/meetings").text
    assert house.services.own.details(1).proven
    assert mailbox.fetch() == []  # nobody is told of a sign-in that they have just made


def test_nobody_signs_in_before_the_address_is_confirmed(house: House, mailbox: Mailbox) -> None:
    visitor = register(house)
    answer = visitor.sign_in()
    assert answer.status_code == 422
    assert "E-mail or password is not right." in answer.text
    link = mailbox.link("/confirm/")
    for _ in range(2):  # scanners of mails look at every link
        assert visitor.open(link).status_code == 200
    assert visitor.sign_in().status_code == 422


def test_the_link_alone_opens_nothing(house: House, mailbox: Mailbox) -> None:
    """Somebody registers a stranger's address: the stranger cannot open the account for them by a click."""
    register(house, "the attacker's choice")
    link = mailbox.link("/confirm/", ADA)
    refused = house.visitor().send(link, password=PASSWORD)
    assert refused.status_code == 422
    assert "The password is not right." in refused.text
    register(house)
    assert house.visitor().open(link).status_code == 404  # the later registration counts
    confirmed(house, house.visitor(), ADA, PASSWORD)
    assert house.visitor().sign_in(password="the attacker's choice").status_code == 422
    assert house.visitor().sign_in().status_code == 303


def test_guessing_at_the_password_behind_a_link_is_slowed_down(house: House, mailbox: Mailbox) -> None:
    visitor = register(house)
    link = mailbox.link("/confirm/")
    answers = [visitor.send(link, password="a guess too far").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


@pytest.mark.promise("N1.10")
def test_the_owner_of_a_taken_address_is_told_and_nobody_else(house: House, mailbox: Mailbox) -> None:
    """Registering a taken address tells its owner by mail, and whoever did it nothing."""
    house.services.accounts.register(ADA, PASSWORD, "Ada")
    register(house, "the attacker's choice", name="Mallory")
    (mail,) = mailbox.fetch()
    assert mail["To"] == ADA
    assert "/confirm/" not in plain(mail)
    assert accounts(house) == 1
    assert house.visitor().sign_in().status_code == 303
    assert house.services.own.details(1).name == "Ada"


def test_a_stranger_s_mailbox_cannot_be_filled(house: House, mailbox: Mailbox) -> None:
    house.services.accounts.register(ADA, PASSWORD)
    arrived = 0
    for number in range(8):
        visitor = house.visitor()
        assert (
            visitor.send(
                "/forgotten" if number % 2 else "/register", email=ADA, password=PASSWORD
            ).status_code
            == 303
        )
        arrived += len(mailbox.fetch())
    assert arrived == 5


@pytest.mark.promise("N1.14", "N1.15")
def test_an_account_that_nobody_confirms_is_gone_after_three_days(house: House, mailbox: Mailbox) -> None:
    """What is never confirmed is deleted after three days."""
    visitor = register(house)
    link = mailbox.link("/confirm/")
    sweep(house, days=2.9)
    assert accounts(house) == 1
    sweep(house, days=3.1)
    assert accounts(house) == 0
    assert visitor.send(link, password=PASSWORD).status_code == 404


def test_a_link_of_last_week_is_worth_nothing(house: House) -> None:
    visitor = register(house)
    state = Addressees(house.services.database).state_of(1)
    assert state is not None
    for days, status in ((2.9, 200), (3.1, 404)):
        mailed = clock.now() - timedelta(days=days)
        token = link_token(house.config.marks_key, "confirm-address", 1, state, mailed)
        assert visitor.open(f"/confirm/{token}").status_code == status


@pytest.mark.parametrize("path", ["/confirm", "/reset", "/address"])
def test_no_link_but_one_of_ours_leads_anywhere(house: House, path: str) -> None:
    visitor = house.member()
    state = Addressees(house.services.database).state_of(1) or ""
    other = link_token(house.config.marks_key, "email-proof", 1, state, clock.now())
    forged = link_token(b"another key", "password-reset", 1, state, clock.now())
    for token in ("x", "1-2-" + "a" * 40, other, forged):
        assert visitor.open(f"{path}/{token}").status_code == 404
        assert visitor.send(f"{path}/{token}", password=PASSWORD).status_code == 404


def test_the_operator_s_account_is_open_at_once_and_wins(house: House) -> None:
    register(house, "somebody else's choice")
    assert house.services.accounts.register(ADA, PASSWORD)
    assert accounts(house) == 1
    assert house.visitor().sign_in().status_code == 303
    assert not house.services.accounts.register(ADA, "another password")


def test_an_account_that_waits_gets_no_mails_to_everybody(house: House) -> None:
    register(house)
    assert Addressees(house.services.database).everybody() == []
    assert not house.services.accounts.is_open(1)


def test_links_in_mails_never_follow_the_host_header(house: House, mailbox: Mailbox) -> None:
    poisoner = house.visitor(Host="evil.example")
    assert poisoner.send("/register", email=ADA, password=PASSWORD).status_code == 303
    (mail,) = mailbox.fetch()
    assert "evil.example" not in mail.as_string()
    assert f"http://localhost:{house.config.port}{link_in(plain(mail), '/confirm/')}" in plain(mail)
