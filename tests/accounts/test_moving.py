"""Another address: both mailboxes agree, or nothing changes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onmeet.accounts.moving import forget_lapsed
from tests.factories.house import PASSWORD, House, Visitor
from tests.factories.letters import link_in, plain
from tests.factories.mailbox import Mailbox
from tests.factories.postgres import sqlite_files

__all__ = ["sqlite_files"]

ADA, NEW = "ada@example.org", "ada@example.net"


@pytest.fixture
def mailbox(house: House) -> Mailbox:
    return Mailbox(house)


@pytest.fixture
def ada(house: House, mailbox: Mailbox) -> Visitor:
    member = house.member()
    mailbox.fetch()
    return member


def wish(ada: Visitor, email: str = NEW) -> None:
    answer = ada.send("/account/email", **{"email-email": email, "email-password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/account/details")


def links(mailbox: Mailbox) -> dict[str, str]:
    """The links by the address at which they arrived."""
    return {str(mail["To"]): link_in(plain(mail), "/address/") for mail in mailbox.fetch()}


@pytest.mark.promise("N1.12", "N2.4")
@pytest.mark.parametrize("first", [ADA, NEW])
def test_the_address_changes_when_both_mailboxes_agree(
    house: House, ada: Visitor, mailbox: Mailbox, first: str
) -> None:
    """People change their address, and the old one is erased."""
    wish(ada)
    assert NEW in ada.open("/account/details").text
    arrived, somebody = links(mailbox), house.visitor()
    second = NEW if first == ADA else ADA
    assert somebody.send(arrived[first]).status_code == 303
    assert somebody.send(arrived[first]).status_code == 303  # twice at one place is not at both
    assert house.visitor().sign_in(ADA).status_code == 303
    assert somebody.send(arrived[second]).status_code == 303
    assert house.visitor().sign_in(NEW).status_code == 303
    assert house.visitor().sign_in(ADA).status_code == 422
    assert house.services.own.details(1).proven
    assert house.visitor().open(arrived[first]).status_code == 404
    mails = [mail for mail in mailbox.fetch() if "security" in plain(mail)]
    assert {str(mail["To"]) for mail in mails} == {NEW}


@pytest.mark.promise("N1.12", "N2.4")
def test_no_file_keeps_the_old_address(
    house: House, ada: Visitor, mailbox: Mailbox, sqlite_files: Path
) -> None:
    """Of an address that was changed, nothing is left in the database's files."""
    wish(ada)
    arrived = links(mailbox)
    for mailed in arrived.values():
        assert house.visitor().send(mailed).status_code == 303
    mailbox.fetch()
    house.services.database.erase_traces()
    left = b"".join(file.read_bytes() for file in sqlite_files.glob("onmeet.db*"))
    assert (NEW.encode() in left, ADA.encode() in left) == (True, False)


def test_the_new_mailbox_learns_nothing_about_the_account(
    house: House, ada: Visitor, mailbox: Mailbox
) -> None:
    """A new address that was mistyped belongs to a stranger."""
    wish(ada)
    arrived = links(mailbox)
    assert ADA not in house.visitor().open(arrived[NEW]).text
    assert ADA in house.visitor().open(arrived[ADA]).text


def test_looking_changes_nothing(house: House, ada: Visitor, mailbox: Mailbox) -> None:
    wish(ada)
    for link in links(mailbox).values():
        assert house.visitor().open(link).status_code == 200
    assert house.visitor().sign_in(ADA).status_code == 303


@pytest.mark.parametrize("where", [ADA, NEW, "account"])
def test_the_wish_is_withdrawn_from_everywhere(
    house: House, ada: Visitor, mailbox: Mailbox, where: str
) -> None:
    wish(ada)
    arrived = links(mailbox)
    if where == "account":
        ada.send("/account/email/keep")
    else:
        assert house.visitor().send(arrived[where] + "/stop").status_code == 303
    assert NEW not in ada.open("/account/details").text
    for link in arrived.values():
        assert house.visitor().send(link).status_code == 404
    assert house.visitor().sign_in(ADA).status_code == 303


def test_a_taken_address_looks_like_a_free_one(house: House, ada: Visitor, mailbox: Mailbox) -> None:
    house.services.accounts.register("ben@example.org", PASSWORD)
    pages = []
    for email in ("ben@example.org", "new@example.org"):
        wish(ada, email)
        page = ada.open("/account/details").text.split("<main")[1]
        pages.append([line for line in page.replace(email, "…").splitlines() if "csrf_token" not in line])
    assert pages[0] == pages[1]
    ada.send("/account/email/keep")
    mailbox.fetch()
    wish(ada, "ben@example.org")
    arrived = {str(mail["To"]): plain(mail) for mail in mailbox.fetch()}
    assert set(arrived) == {ADA, "ben@example.org"}
    assert "/address/" not in arrived["ben@example.org"]


def test_an_address_that_somebody_else_gets_first_is_theirs(
    house: House, ada: Visitor, mailbox: Mailbox
) -> None:
    wish(ada)
    arrived = links(mailbox)
    house.visitor().send(arrived[ADA])
    house.services.accounts.register(NEW, "somebody else's password")
    assert house.visitor().send(arrived[NEW]).status_code == 409
    assert house.visitor().sign_in(ADA).status_code == 303
    assert house.services.moving.wish(1) is None


def test_an_account_that_waits_for_the_address_gives_way(
    house: House, ada: Visitor, mailbox: Mailbox
) -> None:
    house.visitor().send("/register", email=NEW, password="somebody else's password")
    mailbox.fetch()
    wish(ada)
    for link in links(mailbox).values():
        assert house.visitor().send(link).status_code == 303
    assert house.visitor().sign_in(NEW).status_code == 303


def test_the_wish_lapses_and_is_erased(house: House, ada: Visitor, mailbox: Mailbox) -> None:
    wish(ada)
    arrived = links(mailbox)
    now = house.services.accounts.now()
    assert forget_lapsed(house.services.database, now + timedelta(days=2)) == 0
    house.clock.pass_by(3 * 86_400 + 1)
    assert house.visitor().send(arrived[ADA]).status_code == 404
    assert forget_lapsed(house.services.database, house.services.accounts.now()) == 1
    assert house.services.moving.wish(1) is None


def test_another_password_ends_the_wish(house: House, ada: Visitor, mailbox: Mailbox) -> None:
    """Somebody who got in and wished for their own address gains nothing when the owner takes it back."""
    wish(ada, "mallory@example.org")
    arrived = links(mailbox)
    house.visitor().send("/forgotten", email=ADA)
    assert house.visitor().send(mailbox.link("/reset/"), password="a heron lands at dusk").status_code == 303
    for link in arrived.values():
        assert house.visitor().send(link).status_code == 404
    assert house.services.moving.wish(1) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"email-email": NEW, "email-password": "not this one"},
        {"email-email": "nonsense", "email-password": PASSWORD},
        {"email-email": ADA, "email-password": PASSWORD},
    ],
)
def test_what_makes_no_sense_is_refused(ada: Visitor, fields: dict[str, Any]) -> None:
    assert ada.send("/account/email", **fields).status_code == 422
