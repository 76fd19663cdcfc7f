"""Passkeys, app codes and recovery codes as people meet them in the pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pyotp
import pytest
from werkzeug.test import TestResponse

from onmeet.accounts.models import Account, Passkey, RecoveryCode
from onmeet.mail.models import QueuedMail
from onmeet.web.factors.guards import operator_required
from tests.factories.authenticator import Authenticator
from tests.factories.house import PASSWORD, House, Visitor

SECURITY = "/account/security"


class Keyholder:
    """A visitor with an authenticator, and what the page's script does with it."""

    def __init__(self, visitor: Visitor, device: Authenticator | None = None) -> None:
        self.visitor = visitor
        self.device = device or Authenticator("http://localhost")

    def post(self, path: str, **fields: str) -> TestResponse:
        headers = {"X-CSRFToken": self.visitor.token(), "Accept": "application/json"}
        return self.visitor.client.post(path, data=fields, headers=headers)

    def add(self, label: str = "laptop") -> TestResponse:
        options = self.post(f"{SECURITY}/passkeys/options")
        assert options.status_code == 200
        return self.post(f"{SECURITY}/passkeys", answer=self.device.make(options.text), label=label)

    def use(self, at: str, **more: str) -> TestResponse:
        options = self.post(f"{at}/options").text
        return self.post(at, answer=self.device.sign(options), **more)


def mails(house: House) -> list[tuple[str, str]]:
    with house.services.database.reading() as session:
        return [
            (mail.kind, mail.about) for mail in session.query(QueuedMail) if mail.kind == "security-changed"
        ]


def set_up_app(house: House, visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Go through the pages; the app and the recovery codes that are shown."""
    page = visitor.open(f"{SECURITY}/app").text
    secret = re.sub(r"\s", "", re.findall(r'<p class="code secret">([^<]+)<', page)[0])
    signed = unescape(re.findall(r'name="secret" value="([^"]+)"', page)[0])
    app = pyotp.TOTP(secret)
    answer = visitor.send(f"{SECURITY}/app", secret=signed, code=app.at(int(house.clock())))
    codes = re.findall(r'<li class="code">([^<]+)<', answer.text)
    house.clock.pass_by(30)
    return app, codes


def now(app: pyotp.TOTP, house: House) -> str:
    return str(app.at(int(house.clock())))


def is_in(visitor: Visitor) -> bool:
    return visitor.open(SECURITY).status_code == 200


def test_a_passkey_opens_the_account_without_address_or_password(house: House) -> None:
    ada = Keyholder(house.member())
    assert ada.add().json == {"next": SECURITY}
    assert "laptop" in ada.visitor.open(SECURITY).text
    elsewhere = Keyholder(house.visitor(), ada.device)
    assert elsewhere.use("/sign-in/passkey", next="/account/rights").json == {"next": "/account/rights"}
    assert is_in(elsewhere.visitor)
    assert ("security-changed", "passkey") in mails(house)


def test_where_a_passkey_leads_is_a_path_of_ours(house: House) -> None:
    ada = Keyholder(house.member())
    ada.add()
    elsewhere = Keyholder(house.visitor(), ada.device)
    assert elsewhere.use("/sign-in/passkey", next="https://evil.example").json == {"next": "/meetings"}


def test_all_passkeys_that_open_nothing_get_the_same_answer(house: House) -> None:
    ada = Keyholder(house.member())
    ada.add()
    never_seen = Keyholder(house.visitor())
    known, nonsense = Keyholder(house.visitor(), ada.device), Keyholder(house.visitor())
    old = ada.device.sign(known.post("/sign-in/passkey/options").text)
    house.services.oversight.close(1)
    answers = [
        never_seen.use("/sign-in/passkey"),
        known.post("/sign-in/passkey", answer=old),
        nonsense.post("/sign-in/passkey", answer="{}"),
        nonsense.post("/sign-in/passkey"),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text for answer in answers}) == 1


def test_a_session_that_was_planted_does_not_survive_a_passkey(house: House) -> None:
    ada = Keyholder(house.member())
    ada.add()
    victim = Keyholder(house.visitor(), ada.device)
    with victim.visitor.client.session_transaction() as session:
        session["planted"] = "x"
    before = victim.visitor.token()
    victim.use("/sign-in/passkey")
    with victim.visitor.client.session_transaction() as session:
        assert "planted" not in session
    assert victim.visitor.token() != before


def test_the_app_asks_a_second_question(house: House) -> None:
    ada = house.member()
    app, codes = set_up_app(house, ada)
    assert len(codes) == 10
    assert ("security-changed", "second-factor") in mails(house)
    elsewhere = house.visitor()
    answer = elsewhere.sign_in(next="/account/rights")
    assert answer.location == "/sign-in/second"
    assert not is_in(elsewhere)
    assert elsewhere.send("/sign-in/second", code="000000").status_code == 422
    assert not is_in(elsewhere)
    answer = elsewhere.send("/sign-in/second", code=now(app, house))
    assert (answer.status_code, answer.location) == (303, "/account/rights")
    assert is_in(elsewhere)


def test_a_recovery_code_stands_in_for_the_app_once(house: House) -> None:
    _, codes = set_up_app(house, house.member())
    for status in (303, 422):
        elsewhere = house.visitor()
        elsewhere.sign_in()
        assert elsewhere.send("/sign-in/second", code=codes[0]).status_code == status
    elsewhere.send("/sign-in/second", code=codes[1])
    assert "8 codes are left" in elsewhere.open(SECURITY).text


def test_the_last_recovery_code_brings_new_ones_and_no_weaker_way_in(house: House) -> None:
    ada = Keyholder(house.member())
    _, codes = set_up_app(house, ada.visitor)
    ada.add()
    ada.visitor.send(f"{SECURITY}/app/remove")
    for code in codes[:9]:
        elsewhere = house.visitor()
        elsewhere.sign_in()
        elsewhere.send("/sign-in/second", code=code)
        assert is_in(elsewhere)
    last = house.visitor()
    last.sign_in(next="/account/rights")
    page = last.send("/sign-in/second", code=codes[9])
    new = re.findall(r'<li class="code">([^<]+)<', page.text)
    assert (page.status_code, len(set(new) - set(codes))) == (200, 10)
    assert "the last of your recovery codes" in page.text
    assert 'href="/account/rights"' in page.text
    assert is_in(last)
    assert ("security-changed", "codes") in mails(house)
    elsewhere = house.visitor()
    assert elsewhere.sign_in().location == "/sign-in/second"
    assert elsewhere.send("/sign-in/second", code=codes[9]).status_code == 422
    assert elsewhere.send("/sign-in/second", code=new[0]).status_code == 303
    assert is_in(elsewhere)


def test_who_lost_everything_and_did_not_keep_the_new_codes_can_make_others(house: House) -> None:
    """The way in by the last code proves who is there: codes that nobody wrote down lock nobody out."""
    _, codes = set_up_app(house, house.member())
    for code in codes:
        elsewhere = house.visitor()
        elsewhere.sign_in()
        elsewhere.send("/sign-in/second", code=code)
    again = elsewhere.send(f"{SECURITY}/codes")
    assert len(re.findall(r'<li class="code">', again.text)) == 10


def test_when_the_second_step_ends_it_is_said(house: House) -> None:
    said = "your password alone opens the account"
    ada, bob = Keyholder(house.member()), house.member("bob@example.org")
    ada.add()
    set_up_app(house, ada.visitor)
    ada.visitor.send(f"{SECURITY}/app/remove")
    page = ada.visitor.open(SECURITY).text
    assert said not in page, "codes are left, and asked for"
    (number,) = re.findall(rf"{SECURITY}/passkeys/(\d+)/remove", page)
    ada.visitor.send(f"{SECURITY}/passkeys/{number}/remove")
    assert said in ada.visitor.open(SECURITY).text
    assert house.visitor().sign_in().location == "/meetings"
    set_up_app(house, bob)
    bob.send(f"{SECURITY}/app/remove")
    assert said in bob.open(SECURITY).text


def test_a_passkey_is_a_second_step_too_but_only_ones_own(house: House) -> None:
    ada, bob = Keyholder(house.member()), Keyholder(house.member("bob@example.org"))
    ada.add()
    bob.add()
    set_up_app(house, ada.visitor)
    elsewhere = house.visitor()
    elsewhere.sign_in()
    assert Keyholder(elsewhere, bob.device).use("/sign-in/second/passkey").status_code == 422
    assert not is_in(elsewhere)
    assert Keyholder(elsewhere, ada.device).use("/sign-in/second/passkey").json == {"next": "/meetings"}
    assert is_in(elsewhere)


def test_the_second_step_needs_the_first_and_not_too_late(house: House) -> None:
    app, _ = set_up_app(house, house.member())
    stranger = house.visitor()
    assert stranger.open("/sign-in/second").status_code == 403
    assert stranger.send("/sign-in/second", code=now(app, house)).status_code == 403
    assert Keyholder(stranger).post("/sign-in/second/passkey/options").status_code == 403
    stranger.sign_in()
    house.clock.pass_by(600)
    assert stranger.send("/sign-in/second", code=now(app, house)).status_code == 403


def test_guessing_the_second_step_is_slowed_down(house: House) -> None:
    set_up_app(house, house.member())
    guesser = house.visitor()
    guesser.sign_in()
    seen = [guesser.send("/sign-in/second", code="000000").status_code for _ in range(8)]
    assert seen[:5] == [422] * 5
    assert seen[-1] == 429


def test_the_secret_of_somebody_else_cannot_be_set(house: House) -> None:
    ada, bob = house.member(), house.member("bob@example.org")
    page = ada.open(f"{SECURITY}/app").text
    signed = unescape(re.findall(r'name="secret" value="([^"]+)"', page)[0])
    for secret in (signed, signed[:-1], "", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"):
        assert bob.send(f"{SECURITY}/app", secret=secret, code="000000").status_code == 400


def test_the_picture_is_in_the_page_and_nowhere_else(house: House) -> None:
    page = house.member().open(f"{SECURITY}/app").text
    assert "<svg" in page
    assert "otpauth" not in page
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)


def test_doing_without_app_and_password_and_back(house: House) -> None:
    ada = Keyholder(house.member())
    set_up_app(house, ada.visitor)
    ada.add()
    assert ada.visitor.send(f"{SECURITY}/app/remove").status_code == 303
    assert ada.visitor.send(f"{SECURITY}/password/drop").status_code == 303
    assert house.visitor().sign_in().status_code == 422
    (number,) = re.findall(rf"{SECURITY}/passkeys/(\d+)/remove", ada.visitor.open(SECURITY).text)
    ada.visitor.send(f"{SECURITY}/passkeys/{number}/remove")
    assert "only way in" in ada.visitor.open(SECURITY).text
    assert ada.visitor.send(f"{SECURITY}/password", password="short").status_code == 422
    assert ada.visitor.send(f"{SECURITY}/password", password="two blue herons").status_code == 303
    ada.visitor.send(f"{SECURITY}/passkeys/{number}/remove")
    assert house.visitor().sign_in(password="two blue herons").location == "/meetings"
    told = {about for _, about in mails(house)}
    assert told == {"passkey", "passkey-gone", "password", "second-factor", "second-factor-gone"}


@pytest.mark.parametrize("path", ["password/drop", "codes"])
def test_what_would_lock_somebody_out_or_mean_nothing_is_refused(house: House, path: str) -> None:
    assert house.member().send(f"{SECURITY}/{path}").status_code == 409


def test_the_passkeys_of_somebody_else_are_like_those_that_do_not_exist(house: House) -> None:
    ada, bob = Keyholder(house.member()), house.member("bob@example.org")
    ada.add()
    (number,) = re.findall(rf"{SECURITY}/passkeys/(\d+)/remove", ada.visitor.open(SECURITY).text)
    for action in ("name", "remove"):
        theirs = bob.send(f"{SECURITY}/passkeys/{number}/{action}", label="mine")
        nobodys = bob.send(f"{SECURITY}/passkeys/999/{action}", label="mine")
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert main(theirs) == main(nobodys)


def main(answer: TestResponse) -> str:
    return answer.text.split("<main")[1].split("</main>")[0]


CHANGES = (
    "passkeys", "passkeys/options", "passkeys/1/name", "passkeys/1/remove", "app", "app/remove", "codes",
    "password", "password/drop",
)  # fmt: skip


def test_a_change_needs_a_proof_that_is_fresh(house: House) -> None:
    ada, stranger = house.member(), house.visitor()
    house.clock.pass_by(600)
    for path in CHANGES:
        back = f"{SECURITY}/{path}" if path in ("app", "password") else SECURITY
        answer = ada.send(f"{SECURITY}/{path}")
        assert (answer.status_code, answer.location) == (303, f"/account/check?next={back}"), path
        script = Keyholder(ada).post(f"{SECURITY}/{path}")
        assert (script.status_code, script.json) == (401, {"next": f"/account/check?next={back}"}), path
        assert stranger.send(f"{SECURITY}/{path}").location.startswith("/sign-in"), path


def test_the_password_proves_it_and_leads_back(house: House) -> None:
    ada = house.member()
    house.clock.pass_by(600)
    answer = ada.open(f"{SECURITY}/app")
    assert answer.location == "/account/check?next=/account/security/app"
    refused = ada.send("/account/check/password", password="wrong", next=f"{SECURITY}/app")
    assert refused.status_code == 422
    assert 'value="/account/security/app"' in refused.text
    answer = ada.send("/account/check/password", password=PASSWORD, next=f"{SECURITY}/app")
    assert answer.location == f"{SECURITY}/app"
    assert ada.open(f"{SECURITY}/app").status_code == 200
    evil = ada.send("/account/check/password", password=PASSWORD, next="//evil.example")
    assert evil.location == SECURITY


def test_where_more_is_asked_for_a_password_proves_nothing(house: House) -> None:
    ada = Keyholder(house.member())
    ada.add()
    app, _ = set_up_app(house, ada.visitor)
    house.clock.pass_by(600)
    assert ada.visitor.send("/account/check/password", password=PASSWORD).status_code == 422
    assert ada.visitor.open(f"{SECURITY}/app").status_code == 303
    assert ada.visitor.send("/account/check/code", code=now(app, house)).location == SECURITY
    assert ada.visitor.open(f"{SECURITY}/app").status_code == 200
    house.clock.pass_by(600)
    answer = ada.use("/account/check/passkey", next=f"{SECURITY}/passkeys/new")
    assert answer.json == {"next": f"{SECURITY}/passkeys/new"}
    assert ada.visitor.open(f"{SECURITY}/passkeys/new").status_code == 200


def test_export_and_deletion_take_what_the_account_can_prove(house: House) -> None:
    ada = Keyholder(house.member())
    ada.add()
    set_up_app(house, ada.visitor)
    ada.visitor.send(f"{SECURITY}/password/drop")
    house.clock.pass_by(600)
    for path, back in (
        ("/account/export", "/account/data"),
        ("/account/delete", "/account/delete"),
        ("/account/email", "/account/details"),
    ):
        answer = ada.visitor.send(path, **{"password": PASSWORD, "email-email": "new@example.org"})
        assert (answer.status_code, answer.location) == (303, f"/account/check?next={back}")
    assert 'type="password"' not in ada.visitor.open("/account/delete").text
    ada.use("/account/check/passkey")
    assert ada.visitor.send("/account/export").mimetype == "application/zip"
    assert ada.visitor.send("/account/delete").location == "/"
    with house.services.database.reading() as session:
        assert [session.query(table).count() for table in (Account, Passkey, RecoveryCode)] == [0, 0, 0]


def test_the_passkey_of_somebody_else_proves_nothing(house: House) -> None:
    ada, bob = Keyholder(house.member()), Keyholder(house.member("bob@example.org"))
    ada.add()
    bob.add()
    house.clock.pass_by(600)
    assert Keyholder(bob.visitor, ada.device).use("/account/check/passkey").status_code == 422
    assert bob.visitor.open(f"{SECURITY}/app").status_code == 303


def test_only_pages_with_passkeys_may_ask_for_them(house: House) -> None:
    visitor, member = house.visitor(), house.member()
    asking = [
        visitor.open("/sign-in"),
        member.open("/account/check"),
        member.open(f"{SECURITY}/passkeys/new"),
    ]
    for answer in asking:
        assert "publickey-credentials-get=(self)" in answer.headers["Permissions-Policy"]
    for answer in (visitor.open("/"), member.open(SECURITY)):
        assert "publickey-credentials-get=()" in answer.headers["Permissions-Policy"]


@pytest.fixture
def guarded(house: House) -> House:
    @operator_required
    def page() -> Any:
        return "the operator's page"

    house.app.add_url_rule("/operator-only", view_func=page)
    return house


def make_operator(house: House) -> None:
    with house.services.database.writing() as session:
        session.query(Account).one().role = "operator"


def test_for_others_there_is_no_operators_page(guarded: House) -> None:
    assert guarded.visitor().open("/operator-only").location.startswith("/sign-in")
    assert guarded.member().open("/operator-only").status_code == 404


def test_an_operator_needs_more_than_a_password(guarded: House) -> None:
    ada = Keyholder(guarded.member())
    make_operator(guarded)
    assert ada.visitor.open("/operator-only").location == SECURITY
    ada.add()
    assert ada.visitor.open("/operator-only").location == "/account/check?next=/operator-only"
    assert ada.visitor.send("/account/check/password", password=PASSWORD).status_code == 422
    assert ada.use("/account/check/passkey", next="/operator-only").json == {"next": "/operator-only"}
    assert ada.visitor.open("/operator-only").text == "the operator's page"
    guarded.clock.pass_by(600)
    assert ada.visitor.open("/operator-only").status_code == 303
