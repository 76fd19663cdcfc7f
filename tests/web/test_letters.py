"""Leaving the newsletter by its link; the outbox."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.mail.newsletters import leaving_token
from onmeet.mail.office import outbox
from onmeet.notices.consents import Consents
from tests.factories.house import House


@pytest.fixture
def reader(build_house: Any) -> tuple[House, str]:
    """A house whose one account has the newsletter, and the link out of it."""
    house: House = build_house(notice="easymeet24")
    house.services.accounts.register("ada@example.org", "seven green parrots")
    Consents(house.services.database, house.services.policy).give(1, "newsletter", "Yes.", clock.now())
    person = Addressees(house.services.database).of(1)
    assert person is not None
    return house, f"/newsletter/leave/{leaving_token(house.config.marks_key, 1, person.subject)}"


def has_newsletter(house: House) -> bool:
    return Consents(house.services.database, house.services.policy).given(1, "newsletter")


@pytest.mark.promise("N2.5", "N3.11", "N4.7")
def test_the_link_takes_somebody_off_the_list_at_once_without_a_sign_in(reader: tuple[House, str]) -> None:
    """The link in a newsletter takes somebody off the list at once, without a sign-in."""
    house, link = reader
    visitor = house.visitor()
    page = visitor.open(link)
    assert "at-once.js" in page.text
    assert has_newsletter(house)  # looking, as scanners of mail do, changes nothing
    done = visitor.client.post(link, data={"List-Unsubscribe": "One-Click"})  # RFC 8058: no form of ours
    assert done.status_code == 200
    assert "You have left the newsletter" in done.text
    assert not has_newsletter(house)
    assert visitor.client.post(link).status_code == 200  # twice does no harm


@pytest.mark.parametrize("change", [lambda t: t[:-1] + "x", lambda t: "2" + t[1:], lambda t: "1-"])
def test_a_link_that_we_did_not_make_does_nothing(reader: tuple[House, str], change: Any) -> None:
    house, link = reader
    front, _, token = link.rpartition("/")
    assert house.visitor().client.post(f"{front}/{change(token)}").status_code == 404
    assert has_newsletter(house)


def put_mail(house: House) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "onmeet@localhost", "ada@example.org"
    message["Subject"] = "Grüße <b>"
    message.set_content("See https://example.org/x")
    outbox(house.config, house.services.policy).send(message)


def test_the_outbox_is_read_on_this_machine_only(house: House) -> None:
    put_mail(house)
    page = house.visitor().open("/outbox").text
    assert "Grüße &lt;b&gt;" in page
    assert 'href="https://example.org/x"' in page
    away = {"REMOTE_ADDR": "203.0.113.9"}
    assert house.visitor().open("/outbox", environ_base=away).status_code == 404
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert house.visitor(**{header: "203.0.113.9"}).open("/outbox").status_code == 404


def test_with_a_mail_server_there_is_no_outbox(build_house: Any) -> None:
    house: House = build_house(smtp_url="smtp://127.0.0.1:1")
    assert house.visitor().open("/outbox").status_code == 404


def test_mails_leave_the_outbox_after_a_day(house: House) -> None:
    put_mail(house)
    box = outbox(house.config, house.services.policy)
    (mail,) = box.mails()
    assert box.folder.stat().st_mode & 0o077 == 0
    assert box.tidy(mail.written_at + timedelta(hours=23)) == 0
    assert box.tidy(mail.written_at + timedelta(hours=24)) == 1
    assert box.mails() == []
