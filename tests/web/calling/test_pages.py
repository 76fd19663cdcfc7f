"""Personal pages, the page about being called, and contacts, as far as the server is concerned."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from html import unescape

import pytest
from werkzeug.test import TestResponse

from onmeet import clock
from onmeet.accounts.models import Account
from onmeet.web.calling.switchboard import About, Caller, Switchboard
from tests.factories.house import House, Visitor

ROOM = "/m/abc-defg-hjk"


class Ada:
    """Somebody with a personal page, and what others see of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.browser = house.member("ada@example.org", "Ada")
        self.browser.send("/account/calls/handle", word="Ada")
        found = house.services.accounts.id_of("ada@example.org")
        assert found is not None
        self.id = found
        self.handle = house.services.handles.of(found)

    def choose(self, reach: str) -> None:
        assert self.browser.send("/account/calls/reach", reach=reach).status_code == 303

    def code(self, label: str = "family") -> str:
        assert self.browser.send("/account/calls/codes", label=label, days="30").status_code == 303
        return self.house.services.contact.codes(self.id, clock.now())[0].code


@pytest.fixture
def ada(house: House) -> Ada:
    return Ada(house)


def call(caller: Visitor, handle: str, **fields: str) -> TestResponse:
    """Press the button, as the page's script does."""
    headers = {"X-CSRFToken": caller.token(), "Accept": "application/json"}
    return caller.client.post(f"/u/{handle}/call", data=fields, headers=headers)


def without_marks(page: str) -> str:
    """A page without what differs each time, and without its own address."""
    page = re.sub(r'(content|value|nonce)="[^"]*"', "", page)
    return re.sub(r"/u/[\w/-]+", "", page)


def test_no_page_before_one_is_made(house: House) -> None:
    ada = house.member()
    assert "Make my page" in ada.open("/account/calls").text
    assert 'id="ringing"' not in ada.open("/").text
    ada.send("/account/calls/handle", word="Ada Lovelace")
    page = ada.open("/account/calls").text
    assert re.search(r"/u/ada-lovelace-\d{4}", page)
    assert 'id="ringing"' in ada.open("/").text
    ada.send("/account/calls/handle/drop")
    assert 'id="ringing"' not in ada.open("/").text


@pytest.mark.parametrize("word", ["", "   ", "☎", "x" * 25])
def test_a_word_that_is_none_is_said(house: House, word: str) -> None:
    ada = house.member()
    assert ada.send("/account/calls/handle", word=word).status_code == 422
    assert "Make my page" in ada.open("/account/calls").text


@pytest.mark.promise("N1.10")
def test_with_a_code_one_can_call_and_without_it_nobody_is_there(ada: Ada) -> None:
    """The link with a code shows a page that calls; the address alone shows nobody."""
    code = ada.code()
    guest = ada.house.visitor()
    assert "Ada" in guest.open(f"/u/{ada.handle}/{code}").text
    assert guest.open(f"/u/{ada.handle}").status_code == 404
    assert call(guest, ada.handle, name="Ben").status_code == 404
    answer = call(guest, ada.handle, name="Ben", code=code)
    assert re.fullmatch(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", answer.json["room"])


@pytest.mark.promise("N1.9")
def test_nobody_can_tell_why_somebody_cannot_be_reached(ada: Ada) -> None:
    """An unknown address, a refused guest, a blocked caller and a wrong code get the same page and answer."""
    ben = ada.house.member("ben@example.org")
    ben_id = ada.house.services.accounts.id_of("ben@example.org")
    assert ben_id is not None
    code = ada.code()
    ada.house.services.contact.block(ada.id, ben_id)
    paths = [f"/u/{ada.handle}", f"/u/{ada.handle}/{code}", f"/u/{ada.handle}/{code}x", "/u/ada-0000", "/u/x"]
    pages = [ben.open(path) for path in paths]
    assert {page.status_code for page in pages} == {404}
    assert len({without_marks(page.text) for page in pages}) == 1
    answers = [call(ben, handle, code=code) for handle in (ada.handle, "ada-0000")]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json == answers[1].json


def test_a_page_shows_each_audience_what_was_chosen(ada: Ada) -> None:
    ada.choose("anyone")
    code = ada.code()
    ada.house.services.own.correct(ada.id, name="Ada", phone="+49 30 1234567", country="DE")
    headers = {"X-CSRFToken": ada.browser.token()}
    chosen = {"callers": ["name", "phone"], "visitors": ["country"], "called": []}
    ada.browser.client.post("/account/calls/shares", data=chosen, headers=headers)
    guest = ada.house.visitor()
    with_code, without = guest.open(f"/u/{ada.handle}/{code}").text, guest.open(f"/u/{ada.handle}").text
    assert "+49 30 1234567" in with_code
    assert "Germany" not in with_code
    assert "Germany" in without
    assert "+49 30" not in without
    assert "<h1" in without
    assert ">Ada<" not in without


def test_a_guest_gives_a_name_and_a_member_need_not(ada: Ada) -> None:
    ada.choose("anyone")
    assert call(ada.house.visitor(), ada.handle).status_code == 422
    assert call(ada.house.visitor(), ada.handle, name="x" * 65).status_code == 422
    assert call(ada.house.member("ben@example.org"), ada.handle).status_code == 200


def test_the_caller_is_the_host_of_the_meeting(ada: Ada) -> None:
    ada.choose("anyone")
    guest = ada.house.visitor()
    room = call(guest, ada.handle, name="Ben").json["room"]
    assert 'data-role="host"' in guest.open(f"/m/{room}").text
    assert 'data-role="guest"' in ada.browser.open(f"/m/{room}").text


def test_calls_work_where_only_accounts_start_meetings(build_house: Callable[..., House]) -> None:
    ada = Ada(build_house(start="accounts"))
    ada.choose("anyone")
    guest = ada.house.visitor()
    assert guest.start_meeting().status_code == 403
    room = call(guest, ada.handle, name="Ben").json["room"]
    assert guest.open(f"/m/{room}").status_code == 200
    assert ada.browser.open(f"/m/{room}").status_code == 200


def test_one_does_not_call_oneself(ada: Ada) -> None:
    ada.choose("anyone")
    assert ada.browser.open(f"/u/{ada.handle}").status_code == 404


def test_a_call_needs_the_token_of_a_page_of_ours(ada: Ada) -> None:
    ada.choose("anyone")
    answer = ada.house.visitor().client.post(f"/u/{ada.handle}/call", data={"name": "Ben"})
    assert answer.status_code == 400


# -- blocking --------------------------------------------------------------------------------------


class Ring:
    """A call that waits for its caller's socket."""

    def __init__(self, ada: Ada, caller: Caller) -> None:
        self.board: Switchboard = ada.house.app.extensions["onmeet.switchboard"]
        self.name = self.board.prepare(
            ada.id, caller, About("Ben", caller.account_id is None), "abc-defg-hjk"
        )


@pytest.mark.promise("N1.9")
def test_a_block_ends_the_call_and_all_further_ones(ada: Ada) -> None:
    """Pressing Block declines the call, and this caller reaches the person called no more."""
    ada.choose("anyone")
    ben = ada.house.member("ben@example.org", "Ben")
    ben_id = ada.house.services.accounts.id_of("ben@example.org")
    ring = Ring(ada, Caller(ben_id, "network"))
    assert ada.browser.send(f"/ringing/{ring.name}/block").status_code == 200
    assert len(ring.board) == 0
    assert ben.open(f"/u/{ada.handle}").status_code == 404
    page = ada.browser.open("/account/calls").text
    assert "Ben" in page
    (lift,) = re.findall(r'action="(/account/calls/blocks/\d+/lift)"', page)
    assert ben.send(lift).status_code == 404
    assert ada.browser.send(lift).status_code == 303
    assert ben.open(f"/u/{ada.handle}").status_code == 200


def test_nobody_blocks_or_looks_at_the_callers_of_others(ada: Ada) -> None:
    ben = ada.house.member("ben@example.org")
    ring = Ring(ada, Caller(None, "network"))
    for name in (ring.name, "guessed"):
        assert ben.send(f"/ringing/{name}/block").status_code == 404
        assert ben.open(f"/ringing/{name}/picture").status_code == 404
    assert len(ring.board) == 1


def test_nobody_ends_the_codes_of_others(ada: Ada) -> None:
    ada.code()
    ben = ada.house.member("ben@example.org")
    (revoke,) = re.findall(
        r'action="(/account/calls/codes/\d+/revoke)"', ada.browser.open("/account/calls").text
    )
    assert ben.send(revoke).status_code == 404
    assert ada.browser.send(revoke).status_code == 303
    assert ada.browser.send(revoke).status_code == 404


# -- pictures --------------------------------------------------------------------------------------


def give_picture(house: House, account_id: int, content: bytes) -> None:
    with house.services.database.writing() as session:
        account = session.get(Account, account_id)
        assert account is not None
        account.picture = base64.b64encode(content).decode()


@pytest.mark.promise("N1.9")
def test_a_picture_is_shown_to_whom_it_is_shared_with(build_house: Callable[..., House]) -> None:
    """A picture is shared as everything else is: with the audience for which it was chosen."""
    ada = Ada(build_house(notice="web1on1"))
    give_picture(ada.house, ada.id, b"RIFF-webp")
    code, guest = ada.code(), ada.house.visitor()
    assert guest.open(f"/u/{ada.handle}/{code}/picture").status_code == 404
    ada.house.services.sharing.choose(ada.id, {"callers": ["picture"]})
    answer = guest.open(f"/u/{ada.handle}/{code}/picture")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/webp", b"RIFF-webp")
    assert "/picture" in guest.open(f"/u/{ada.handle}/{code}").text
    assert guest.open(f"/u/{ada.handle}/-/picture").status_code == 404


def test_the_person_called_sees_the_callers_picture_while_it_rings(build_house: Callable[..., House]) -> None:
    ada = Ada(build_house(notice="web1on1"))
    ada.house.member("ben@example.org")
    ben = ada.house.services.accounts.id_of("ben@example.org")
    assert ben is not None
    give_picture(ada.house, ben, b"RIFF-ben")
    ada.house.services.sharing.choose(ben, {"called": ["picture"]})
    ring = Ring(ada, Caller(ben, "network"))
    assert ada.browser.open(f"/ringing/{ring.name}/picture").data == b"RIFF-ben"
    ring.board.refuse(ring.name, ada.id)
    assert ada.browser.open(f"/ringing/{ring.name}/picture").status_code == 404


# -- the notice ------------------------------------------------------------------------------------


def test_where_the_notice_lets_us_keep_no_settings_nobody_can_be_called(
    build_house: Callable[..., House],
) -> None:
    house = build_house(notice="3cx-webmeeting")
    member = house.member()
    assert member.open("/account/calls").status_code == 404
    assert "/account/calls" not in member.open("/account/data").text
    assert member.open("/u/ada-1234").status_code == 404
    assert 'data-calls="no"' in member.open("/contacts").text


def test_a_notice_that_shows_nothing_to_others_offers_nothing_to_share(
    build_house: Callable[..., House],
) -> None:
    house = build_house(notice="easymeet24")
    ada = house.member(name="Ada")
    page = ada.open("/account/calls").text
    assert "shows it to nobody" in unescape(page)
    assert 'type="checkbox"' not in page


@pytest.mark.promise("N1.4")
def test_the_page_of_contacts_holds_none_and_sends_none(house: House) -> None:
    """Contacts: the server has no address that takes one, and its page is the same for everybody."""
    paths = {str(rule) for rule in house.app.url_map.iter_rules() if "contact" in str(rule)}
    assert paths == {"/contacts"}
    assert "POST" not in {
        m for r in house.app.url_map.iter_rules("calling.contacts") for m in r.methods or ()
    }
    assert "<form" in house.visitor().open("/contacts").text


# -- beside a meeting ------------------------------------------------------------------------------


def test_only_the_meetings_of_people_who_can_be_called_ring(ada: Ada) -> None:
    """The same policy guards the page; guests, and who has no personal page, load nothing of calls."""
    for other in (ada.house.visitor(), ada.house.member("ben@example.org")):
        page = other.open(ROOM).text
        assert 'id="ringing' not in page
        assert not re.search(r'(?:src|href)="[^"]*/(?:calling/|css/ringing)', page)
    mine = ada.browser.open(ROOM)
    scripts = re.findall(r'<script type="module" src="[^"]*/([\w-]+)\.js"', mine.text)
    assert scripts == ["main", "room-ringing"], "the meeting does not wait for what rings"
    assert 'id="ringing"' in mine.text
    assert 'data-ref="block"' not in mine.text
    policies = [page.headers["Content-Security-Policy"] for page in (mine, ada.house.visitor().open(ROOM))]
    assert len({re.sub(r"'nonce-[^']+'", "", policy) for policy in policies}) == 1


def test_a_call_is_taken_by_who_is_signed_in(ada: Ada) -> None:
    assert ada.browser.open("/ringing/take").status_code == 200
    assert ada.house.visitor().open("/ringing/take").status_code == 302


def test_personal_pages_are_nobodys_search_result(ada: Ada) -> None:
    ada.choose("anyone")
    for path in (f"/u/{ada.handle}", "/u/ada-0000"):
        assert "noindex" in ada.house.visitor().open(path).headers["X-Robots-Tag"]
