"""Calling in and out, as the pages see it: who sees which PIN, and who may let the server dial."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.mail.links import link_token
from onmeet.mail.office import post_office
from tests.factories.gateway import ScriptedGateway
from tests.factories.house import House, Visitor

CODE = "abc-defg-hjk"
NUMBERS = """
[[trunk]]
name = "main"
host = "sip.example.net"
country = "DE"
[[number]]
number = "+49 30 1234567"
country = "DE"
[[number]]
number = "+33 1 23 45 67 89"
country = "FR"
label = "Paris"
"""
DIAL_OUT = (
    NUMBERS
    + """
[dial_out]
trunk = "main"
prefixes = ["+49"]
monthly_cents = 1000
[dial_out.rates]
"+49" = 2
"""
)

Build = Callable[..., House]


def page_data(answer: TestResponse) -> Any:
    """What the meeting's page tells its script about telephones."""
    found = re.search(r'id="telephone">(.*?)</script>', answer.text)
    return json.loads(found[1]) if found else None


def kept_meeting(member: Visitor, house: House) -> str:
    """The code of a meeting that this member keeps."""
    member.send("/meetings", title="Tuesday")
    return house.services.meetings.of(1)[0].code


# -- the meeting's page ------------------------------------------------------------------------------


def test_the_meeting_tells_the_numbers_by_country_in_the_visitors_language(build_house: Build) -> None:
    house = build_house(phone=NUMBERS)
    told = page_data(house.visitor(**{"Accept-Language": "de"}).open(f"/m/{CODE}"))
    first, second = told["numbers"]
    assert (first["shown"], first["country"]) == ("+49 30 1234567", "Deutschland")
    assert (second["country"], second["label"]) == ("Frankreich", "Paris")
    assert first["tel"] == "tel:+49301234567,,,{pin}%23"
    assert told["softphone"] == ""


def test_without_a_trunk_only_this_machine_reads_of_a_softphone(house: House) -> None:
    here = page_data(house.visitor().open(f"/m/{CODE}"))
    assert here["softphone"] == f"sip:{{pin}}@127.0.0.1{_port(house)}"
    elsewhere = house.visitor().open(f"/m/{CODE}", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert page_data(elsewhere) is None
    assert 'id="phone-dialog"' not in elsewhere.text


def _port(house: House) -> str:
    return "" if house.config.sip_port == 5060 else f":{house.config.sip_port}"


def test_without_a_gateway_no_page_speaks_of_telephones(build_house: Build) -> None:
    house = build_house(sip=False, phone=NUMBERS)
    page = house.visitor().open(f"/m/{CODE}")
    assert page_data(page) is None
    assert house.visitor().open(f"/m/{CODE}/card").status_code == 404
    member = house.member()
    edit = member.open(f"/meetings/{kept_meeting(member, house)}").text
    assert "PIN" not in edit


@pytest.mark.promise("N5.6")
def test_before_joining_people_read_that_a_telephone_may_listen(build_house: Build) -> None:
    """Where a telephone can be let in, the lines before joining say so."""
    assert "lets somebody in by telephone" in build_house(phone=NUMBERS).visitor().open(f"/m/{CODE}").text
    assert "lets somebody in by telephone" not in build_house(sip=False).visitor().open(f"/m/{CODE}").text


# -- PINs and cards ------------------------------------------------------------------------------------


def test_the_owner_sees_the_pin_and_nobody_else_does(build_house: Build) -> None:
    house = build_house(phone=NUMBERS)
    owner = house.member()
    code = kept_meeting(owner, house)
    pin = house.services.meetings.pin(1, code)
    assert f"{pin[:3]} {pin[3:6]} {pin[6:]}" in owner.open(f"/meetings/{code}").text
    assert f'data-pin="{pin}"' in owner.open(f"/m/{code}/card").text
    for other in (house.visitor(), house.member("grace@example.org")):
        for path in (f"/m/{code}", f"/m/{code}/card"):
            page = other.open(path)
            assert page.status_code == 200
            assert pin not in page.text
            assert pin[:3] + " " + pin[3:6] not in page.text


def test_a_kept_code_looks_like_any_other_to_strangers(build_house: Build) -> None:
    """Card pages are no list of what is kept: only the code itself differs."""
    house = build_house(phone=NUMBERS)
    code = kept_meeting(house.member(), house)
    kept, free = (_bare(house.visitor().open(f"/m/{c}/card"), c) for c in (code, CODE))
    assert kept == free


def _bare(answer: TestResponse, code: str) -> str:
    """A page without what is new in each response."""
    text = re.sub(r'(nonce|content|value)="[^"]*"', "", answer.text)
    return text.replace(code, "")


def test_where_accounts_start_meetings_a_card_is_for_kept_ones_only(build_house: Build) -> None:
    house = build_house(phone=NUMBERS, start="accounts")
    assert house.visitor().open(f"/m/{CODE}/card").status_code == 404


def test_the_owner_changes_the_pin_and_the_old_one_is_gone(build_house: Build) -> None:
    house = build_house(phone=NUMBERS)
    owner = house.member()
    code = kept_meeting(owner, house)
    before = house.services.meetings.pin(1, code)
    assert owner.send(f"/meetings/{code}/pin").location == f"/meetings/{code}"
    after = house.services.meetings.pin(1, code)
    assert after != before
    assert house.services.meetings.by_pin(before) is None
    assert house.services.meetings.by_pin(after) == code


def test_the_owner_lets_the_pin_rotate_and_stay(build_house: Build) -> None:
    house = build_house(phone=NUMBERS)
    owner = house.member()
    code = kept_meeting(owner, house)
    for word, rotates in (("yes", True), ("no", False)):
        assert owner.send(f"/meetings/{code}/pin/rotation", rotates=word).status_code == 303
        assert house.services.meetings.get(1, code).pin_rotates is rotates


@pytest.mark.parametrize("path", ["pin", "pin/rotation"])
def test_nobody_else_changes_a_pin(build_house: Build, path: str) -> None:
    house = build_house(phone=NUMBERS)
    code = kept_meeting(house.member(), house)
    before = house.services.meetings.get(1, code)
    assert (
        house.member("grace@example.org").send(f"/meetings/{code}/{path}", rotates="yes").status_code == 404
    )
    assert "/sign-in" in house.visitor().send(f"/meetings/{code}/{path}", rotates="yes").location
    assert house.services.meetings.get(1, code) == before


# -- calling out ---------------------------------------------------------------------------------------


class Caller:
    """A host who may call: signed in, with a proven address, of a kept meeting."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.visitor = house.member()
        self.code = kept_meeting(self.visitor, house)
        prove(house, self.visitor)

    def calls(self, number: str, code: str = "") -> TestResponse:
        return ask(self.visitor, code or self.code, number)


def ask(visitor: Visitor, code: str, number: str) -> TestResponse:
    """As the page's script asks."""
    headers = {"X-CSRFToken": visitor.token(), "Accept": "application/json"}
    return visitor.client.post(f"/m/{code}/call", data={"number": number}, headers=headers)


def prove(house: House, visitor: Visitor) -> str:
    """Ask for the mail and follow its link; the link's path."""
    assert visitor.send("/account/email/prove").status_code == 303
    services = house.services
    post_office(house.config, services.database, services.policy, Addressees(services.database)).send_due(
        clock.now()
    )
    (mail,) = (house.config.data / "outbox").glob("*.eml")
    found = re.search(r"/account/email/proof/[\w-]+", mail.read_text().replace("=\n", ""))
    assert found is not None
    mail.unlink()
    assert visitor.open(found[0]).location == "/account/details"
    return found[0]


@pytest.fixture
def caller(build_house: Build) -> Caller:
    return Caller(build_house(phone=DIAL_OUT))


def test_a_host_with_a_proven_address_has_the_gateway_dial(caller: Caller) -> None:
    with ScriptedGateway(caller.house.config.sip_socket, {"ok": True}) as gateway:
        answer = caller.calls("030 1234567")
    assert (answer.status_code, answer.get_json()) == (200, {"ok": True})
    assert gateway.asked == [
        {"do": "dial", "room": caller.code, "number": "+49301234567", "account": 1, "language": "en"}
    ]


@pytest.mark.parametrize(
    ("code", "status"),
    [("not-allowed", 422), ("limit", 429), ("cost", 409), ("no-trunk", 503), ("busy", 503), ("off", 409)],
)
def test_what_the_gateway_refuses_is_told_in_words(caller: Caller, code: str, status: int) -> None:
    with ScriptedGateway(caller.house.config.sip_socket, {"error": code}):
        answer = caller.calls("+49 30 1234567")
    assert answer.status_code == status
    assert len(answer.get_json()["error"]) > 20


def test_a_gateway_that_is_away_is_told_in_words(caller: Caller) -> None:
    assert caller.calls("+49 30 1234567").status_code == 503


@pytest.mark.parametrize("number", ["", "hello", "110", "+33 1 23 45 67 89", "+1 900 555 0123", "+49" * 30])
def test_numbers_that_may_not_be_called_never_reach_the_gateway(caller: Caller, number: str) -> None:
    with ScriptedGateway(caller.house.config.sip_socket, {"ok": True}) as gateway:
        assert caller.calls(number).status_code == 422
    assert gateway.asked == []


def test_only_the_host_calls(caller: Caller) -> None:
    grace = caller.house.member("grace@example.org")
    prove(caller.house, grace)
    with ScriptedGateway(caller.house.config.sip_socket, {"ok": True}) as gateway:
        assert ask(grace, caller.code, "+49301234567").status_code == 403
        assert ask(caller.house.visitor(), caller.code, "+49301234567").status_code == 403
        assert caller.calls("+49301234567", CODE).status_code == 403  # started by nobody here
    assert gateway.asked == []


def test_a_stranger_learns_nothing_about_meetings_by_calling(build_house: Build) -> None:
    house = build_house(phone=DIAL_OUT, start="accounts")
    code = kept_meeting(house.member(), house)
    kept, free = (ask(house.visitor(), c, "+49301234567") for c in (code, CODE))
    assert (kept.status_code, kept.get_json()) == (free.status_code, free.get_json()) != (200, {"ok": True})


def test_an_address_has_to_be_proven_first(build_house: Build) -> None:
    house = build_house(phone=DIAL_OUT)
    member = house.member()
    code = kept_meeting(member, house)
    with ScriptedGateway(house.config.sip_socket, {"ok": True}) as gateway:
        assert ask(member, code, "+49301234567").status_code == 403
    assert gateway.asked == []
    told = page_data(member.open(f"/m/{code}"))
    assert (told["call"], told["prove"]) == ("", "/account/details")
    prove(house, member)
    told = page_data(member.open(f"/m/{code}"))
    assert (told["call"], told["prove"]) == (f"/m/{code}/call", "")


def test_guests_are_offered_no_calls(caller: Caller) -> None:
    told = page_data(caller.house.member("grace@example.org").open(f"/m/{caller.code}"))
    assert (told["call"], told["prove"]) == ("", "")


def test_a_link_proves_the_address_of_its_own_account_only(build_house: Build) -> None:
    house = build_house(phone=DIAL_OUT)
    ada, grace = house.member(), house.member("grace@example.org")
    link = prove(house, ada)
    assert grace.open(link).status_code == 404
    assert not house.services.own.details(2).proven
    assert "/sign-in" in house.visitor().open(link).location


def test_a_link_of_last_week_proves_nothing(build_house: Build) -> None:
    house = build_house(phone=DIAL_OUT)
    ada = house.member()
    state = Addressees(house.services.database).state_of(1)
    assert state is not None
    for days, status, proven in ((3.1, 404, False), (2.9, 303, True)):
        mailed = clock.now() - timedelta(days=days)
        token = link_token(house.config.marks_key, "email-proof", 1, state, mailed)
        assert ada.open(f"/account/email/proof/{token}").status_code == status
        assert house.services.own.details(1).proven is proven


def test_a_number_of_ones_own_is_offered(caller: Caller) -> None:
    caller.house.services.own.correct(1, name="", phone="030 1234567", country="")
    told = page_data(caller.visitor.open(f"/m/{caller.code}"))
    kept = caller.house.services.policy.stores("account.phone")
    assert told["own_number"] == ("+49 30 1234567" if kept else "")


def test_card_and_room_say_what_a_telephone_means_for_the_meeting(build_house: Build) -> None:
    house = build_house(phone=NUMBERS, operator="Example Cooperative")
    card = unescape(house.visitor().open(f"/m/{CODE}/card").text)
    assert (
        "its sound is open to the telephone network and to the phone gateway of Example Cooperative" in card
    )
    room = unescape(house.visitor().open(f"/m/{CODE}").text)
    assert (
        "Sound is no longer end-to-end encrypted: the phone gateway of Example Cooperative and the telephone"
        " network can hear everyone. Camera, screen and chat remain end-to-end encrypted." in room
    )
