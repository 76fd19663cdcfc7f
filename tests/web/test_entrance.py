"""Tickets: who is let through to the relay, as what."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import jsonify
from sqlalchemy import update

from onmeet.errors import UserError
from onmeet.meetings.models import Meeting
from onmeet.signalling.ticket import TICKET_SECONDS, Ticket
from onmeet.web import entrance
from onmeet.web.entrance import Forbidden, ticket_for
from tests.factories.house import House, Visitor
from tests.factories.policies import policy

CODE = "abc-defg-hjk"


@pytest.fixture
def ask(build_house: Any) -> Callable[..., tuple[House, Callable[[Visitor, str], dict[str, Any]]]]:
    """A house with a route that shows the ticket, as the socket's route would hand it on."""

    def make(**changes: Any) -> tuple[House, Callable[[Visitor, str], dict[str, Any]]]:
        house: House = build_house(**changes)

        def show(code: str) -> Any:
            try:
                ticket = ticket_for(code)
            except UserError as error:
                return jsonify(status=error.status, forbidden=isinstance(error, Forbidden))
            Ticket.from_json(ticket.to_json(), now=time.time())  # the relay accepts it
            return jsonify({name: getattr(ticket, name) for name in Ticket.__slots__})

        house.app.add_url_rule("/show/<code>", "show", show)
        return house, lambda visitor, code: visitor.open(f"/show/{code}").get_json()

    return make


@pytest.mark.promise("N1.7")
def test_a_guest_who_opened_the_page_gets_a_ticket(ask: Any) -> None:
    """A guest needs no account to get into a meeting."""
    house, ticket = ask(max_participants=7)
    visitor = house.visitor()
    visitor.open(f"/m/{CODE}")
    given = ticket(visitor, CODE)
    assert (given["room"], given["role"], given["limit"]) == (CODE, "guest", 7)
    assert 0 < given["expires"] - time.time() <= TICKET_SECONDS


def test_the_browser_keeps_its_id_and_another_has_another(ask: Any) -> None:
    house, ticket = ask()
    first, second = house.visitor(), house.visitor()
    for visitor in (first, second):
        visitor.open(f"/m/{CODE}")
    mine = ticket(first, CODE)["browser"]
    first.open("/m/abc-defg-hjm")
    assert ticket(first, CODE)["browser"] == mine
    assert ticket(second, CODE)["browser"] != mine
    assert len(mine) >= 24


def test_a_browser_that_never_opened_the_page_is_forbidden(ask: Any) -> None:
    house, ticket = ask()
    assert ticket(house.visitor(), CODE) == {"status": 403, "forbidden": True}


def test_the_browser_that_started_the_meeting_is_host_and_others_are_not(ask: Any) -> None:
    house, ticket = ask()
    host, guest = house.visitor(), house.visitor()
    code = host.start_meeting().get_json()["code"]
    for visitor in (host, guest):
        visitor.open(f"/m/{code}")
    assert ticket(host, code)["role"] == "host"
    assert ticket(guest, code)["role"] == "guest"


def test_the_owner_is_host_wherever_signed_in(ask: Any) -> None:
    house, ticket = ask()
    house.member().send("/meetings", title="Tuesday")
    (meeting,) = house.services.meetings.of(1)
    elsewhere = house.visitor()
    elsewhere.open(f"/m/{meeting.code}")
    assert ticket(elsewhere, meeting.code)["role"] == "guest"
    elsewhere.sign_in()
    elsewhere.open(f"/m/{meeting.code}")
    assert ticket(elsewhere, meeting.code)["role"] == "host"


@pytest.mark.parametrize("code", ["nonsense", "abc-defg-hij", "ABC-DEFG-HJK"])
def test_an_ill_formed_code_gets_no_ticket(ask: Any, code: str) -> None:
    house, ticket = ask()
    visitor = house.visitor()
    visitor.open(f"/m/{CODE}")
    assert ticket(visitor, code) == {"status": 404, "forbidden": False}


def test_a_room_that_nobody_keeps_gets_no_ticket_where_only_members_start(ask: Any) -> None:
    house, ticket = ask(start="accounts")
    visitor = house.member()
    visitor.open(f"/m/{CODE}")
    assert ticket(visitor, CODE) == {"status": 404, "forbidden": False}


def test_a_ticket_to_a_stored_meeting_tells_its_pin_and_whether_that_changes(ask: Any) -> None:
    house, ticket = ask()
    house.member().send("/meetings", title="Tuesday")
    (meeting,) = house.services.meetings.of(1)
    guest = house.visitor()
    guest.open(f"/m/{meeting.code}")
    given = ticket(guest, meeting.code)
    assert (given["phone"], given["pin"], given["pin_rotates"]) == (True, meeting.pin, False)
    house.services.meetings.rotate_pins(1, meeting.code, True)
    assert ticket(guest, meeting.code)["pin_rotates"] is True


@pytest.mark.parametrize(("admission", "waits"), [("open", False), ("lobby", True)])
def test_a_ticket_says_whether_guests_of_a_stored_meeting_wait(ask: Any, admission: str, waits: bool) -> None:
    house, ticket = ask()
    house.member().send("/meetings", title="Tuesday")
    (meeting,) = house.services.meetings.of(1)
    with house.services.database.writing() as session:
        session.execute(update(Meeting).values(admission=admission))
    guest = house.visitor()
    guest.open(f"/m/{meeting.code}")
    given = ticket(guest, meeting.code)
    assert (given["lobby"], given["signed_in"]) == (waits, False)
    guest.sign_in()
    guest.open(f"/m/{meeting.code}")
    assert ticket(guest, meeting.code)["signed_in"] is True


def test_an_ad_hoc_meeting_gets_its_pin_from_the_relay(ask: Any) -> None:
    house, ticket = ask()
    visitor = house.visitor()
    visitor.open(f"/m/{CODE}")
    given = ticket(visitor, CODE)
    assert (given["phone"], given["pin"], given["pin_rotates"]) == (True, None, False)


def test_without_a_telephone_no_ticket_speaks_of_one(ask: Any) -> None:
    house, ticket = ask(sip=False)
    visitor = house.visitor()
    visitor.open(f"/m/{CODE}")
    assert ticket(visitor, CODE)["phone"] is False


NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")


@pytest.mark.promise("N1.2", "N3.2", "N3.8", "N5.3")
@pytest.mark.parametrize("notice", NOTICES)
def test_a_ticket_holds_what_the_notice_permits_to_record_and_nothing_else(ask: Any, notice: str) -> None:
    """The web process tells the relay no more about somebody than may be recorded."""
    house, ticket = ask(notice=notice)
    ada = house.member()
    ada.headers = {"User-Agent": "Firefox 140"}
    ada.open(f"/m/{CODE}")
    given = ticket(ada, CODE)
    permits = policy(notice).stores
    assert given["ip"] == ("127.0.0.1" if permits("meeting.ip") else None)
    assert given["device"] == ("Firefox 140" if permits("meeting.device") else None)
    assert (given["account"] is not None) == permits("meeting.participants", "meeting.ip", "meeting.device")
    assert ("meeting.participants" in given["reports"]) == permits("meeting.participants")


@pytest.mark.promise("N1.2", "N1.7")
def test_by_default_a_ticket_is_about_the_door_alone(ask: Any) -> None:
    """Under on-meet a ticket tells no address, no device and no account."""
    house, ticket = ask()
    ada = house.member()
    ada.open(f"/m/{CODE}")
    given = ticket(ada, CODE)
    assert [given[name] for name in ("account", "ip", "device", "reports")] == [None, None, None, []]


@pytest.mark.parametrize(
    ("said", "kept"),
    [("", None), ("  ", None), ("a\tb\x7f", "ab"), ("x" * 400, "x" * 255), ("\xadsoft", "soft")],
)
def test_a_device_is_one_short_line(house: House, said: str, kept: str | None) -> None:
    with house.app.test_request_context(headers={"User-Agent": said}):
        assert entrance.device() == kept


def test_the_address_is_the_one_that_the_trusted_proxy_names(ask: Any) -> None:
    house, ticket = ask(notice="easymeet24", proxies=1)
    visitor = house.visitor(**{"X-Forwarded-For": "198.51.100.9, 203.0.113.77"})
    visitor.open(f"/m/{CODE}")
    assert ticket(visitor, CODE)["ip"] == "203.0.113.77"


@pytest.mark.parametrize(
    ("notice", "restricted", "listed"),
    [("easymeet24", True, False), ("easymeet24", False, True), ("on-meet", True, True)],
)
def test_who_restricted_processing_is_not_told_of_before_joining(
    ask: Any, notice: str, restricted: bool, listed: bool
) -> None:
    """The list before joining leaves out people who restricted processing; others need no such mark."""
    house, ticket = ask(notice=notice)
    ada = house.member()
    ada.open(f"/m/{CODE}")
    account = house.services.accounts.id_of("ada@example.org")
    house.services.own.restrict(account, restricted)
    assert ticket(ada, CODE)["listed"] is listed
