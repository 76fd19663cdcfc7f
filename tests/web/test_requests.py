"""Asking about one's data on the web, with and without an account."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from typing import Any

import pytest
from sqlalchemy import select

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.mail.models import QueuedMail
from onmeet.mail.office import post_office
from onmeet.notices.models import SubjectRequest
from tests.factories.house import House
from tests.factories.letters import plain

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")


def only(house: House) -> SubjectRequest:
    with house.services.database.reading() as session:
        return session.scalars(select(SubjectRequest)).one()


def link(house: House) -> str:
    """As the mail's renderer makes it."""
    with house.services.database.writing() as session:
        row = session.scalars(select(SubjectRequest)).one()
        row.token_hash = hashlib.sha256(b"abc").hexdigest()
    return "abc"


@pytest.mark.promise("N2.4", "N3.15")
@pytest.mark.parametrize("notice", NOTICES)
def test_anybody_can_ask_and_is_heard_after_following_the_mailed_link(build_house: Any, notice: str) -> None:
    """Anybody can ask about data, under every notice, and is told where to complain."""
    house = build_house(notice=notice)
    guest = house.visitor()
    sent = guest.send("/privacy/requests", kind="access", email="gil@example.org", text="Monday")
    assert (sent.status_code, sent.location) == (303, "/privacy/requests")
    assert "follow it within a week" in guest.open("/privacy/requests").text
    with house.services.database.reading() as session:
        assert session.scalars(select(QueuedMail.kind)).all() == ["request-verify"]
    filed = only(house)
    assert (filed.state, filed.email, filed.text) == ("unverified", "gil@example.org", "Monday")
    token = link(house)
    assert guest.open(f"/privacy/requests/state/{token}").status_code == 404
    assert "Yes, this is my request" in guest.open(f"/privacy/requests/confirm/{token}").text
    assert only(house).state == "unverified"  # looking at the page opens nothing
    confirmed = guest.send(f"/privacy/requests/confirm/{token}")
    assert confirmed.location == f"/privacy/requests/state/{token}"
    page = guest.open(confirmed.location).text
    assert "open" in page
    assert "Where to complain" in page


def test_the_answer_to_a_request_is_the_same_whether_anything_is_held(house: House) -> None:
    house.member("ada@example.org")
    texts = []
    for address in ("ada@example.org", "nobody@example.org"):
        guest = house.visitor()
        sent = guest.send("/privacy/requests", kind="access", email=address)
        page = guest.open("/privacy/requests").text.split("<main")[1].split("csrf_token")[0]
        texts.append((sent.status_code, sent.location, page))
    assert texts[0] == texts[1]


def test_somebody_signed_in_is_known_and_sees_the_state(house: House) -> None:
    ada = house.member()
    assert 'name="email"' not in ada.open("/privacy/requests").text
    assert ada.send("/privacy/requests", kind="objection", text="please").location == "/account/rights"
    filed = only(house)
    assert (filed.state, filed.email) == ("open", "ada@example.org")
    assert "due on" in ada.open("/account/rights").text


@pytest.mark.parametrize(
    "fields", [{"kind": "access", "email": "gil"}, {"kind": "all", "email": "gil@example.org"}, {}]
)
def test_what_makes_no_sense_is_refused(house: House, fields: dict[str, str]) -> None:
    assert house.visitor().send("/privacy/requests", **fields).status_code == 422


@pytest.mark.parametrize("path", ["confirm", "state"])
def test_a_link_that_nobody_was_mailed_leads_nowhere(house: House, path: str) -> None:
    assert house.visitor().open(f"/privacy/requests/{path}/guessed").status_code == 404
    assert house.visitor().send("/privacy/requests/confirm/guessed").status_code == 404


@pytest.mark.promise("N4.5")
def test_parents_find_how_data_of_a_child_is_removed(build_house: Any) -> None:
    """Parents find how data of a child is removed."""
    page = build_house(notice="web1on1").visitor().open("/privacy/requests").text
    assert "not meant for anybody under 16" in page
    assert 'value="child"' in page


@pytest.mark.promise("N2.4")
def test_from_the_form_over_two_mails_to_the_answer(house: House) -> None:
    """A request goes from the form over two mails to its answer."""
    guest = house.visitor(**{"Accept-Language": "de"})
    guest.send("/privacy/requests", kind="erasure", email="gil@example.org", text="Montag")
    first = mailed(house)
    found = re.search(r"(/privacy/requests/confirm/[\w-]+)", first)
    assert found is not None
    state = guest.send(found[1]).location
    assert "offen" in guest.open(state).text
    behind = house.services
    behind.requests.answer(only(house).id, "Es ist gelöscht.", clock.now())
    assert "Es ist gelöscht." in mailed(house)
    assert "Es ist gelöscht." in guest.open(state).text


def mailed(house: House) -> str:
    """Send what is due; the text of the one mail."""
    behind = house.services
    post = post_office(behind.config, behind.database, behind.policy, Addressees(behind.database))
    post.send_due(clock.now())
    (newest,) = (behind.config.data / "outbox").glob("*.eml")
    message = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
    newest.unlink()
    assert message["To"] == "gil@example.org"
    return plain(message)
