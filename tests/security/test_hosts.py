"""Whatever a request says about its host, links that lead back lead to this server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.house import PASSWORD, House
from tests.factories.mailbox import Mailbox
from tests.peers.oidc import SignInServer
from tests.peers.stripe import StandIn
from tests.security.somebody import Somebody
from tests.security.test_forgery import address
from tests.web.test_single_sign_on import School

OWN = "https://meet.example.org"
EVIL: tuple[dict[str, str], ...] = (
    {"Host": "evil.example"},
    {"Host": "evil.example:80"},
    {"Host": "localhost.evil.example"},
    {"Host": "203.0.113.66"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Host": "evil.example", "X-Original-Host": "evil.example", "X-HTTP-Host-Override": "evil.example"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Forwarded-Server": "evil.example", "X-Forwarded-Prefix": "//evil.example"},
    {"X-Forwarded-For": "203.0.113.66", "X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "66"},
)
MARKS = ("evil.example", "203.0.113.66")


@pytest.fixture(scope="module", params=["plain", "behind a proxy", "with its name"])
def there(lasting: Any, request: pytest.FixtureRequest) -> House:
    changes: dict[str, dict[str, Any]] = {
        "plain": {},
        "behind a proxy": {"proxies": 1},
        "with its name": {"proxies": 1, "public_url": OWN},
    }
    house: House = lasting(sso_private=True, **changes[request.param])
    house.services.single_sign_on._local = True  # so that a service here may do without https
    return house


@pytest.fixture(scope="module")
def ada(there: House) -> Somebody:
    return Somebody("ada", there.member("ada@example.org", proven=True))


def test_no_page_repeats_what_a_request_says_about_its_host(there: House, ada: Somebody) -> None:
    pages = [rule for rule in there.app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    for number, rule in enumerate(pages):
        for headers in (EVIL[number % 4], EVIL[4 + number % 5]):
            answer = ada.ask("GET", address(rule), headers=headers)
            said = answer.get_data(as_text=True) + str(answer.headers)
            # One's own address is shown to oneself there
            shown = MARKS[:1] if rule.endpoint == "holdings.live" else MARKS
            assert not any(mark in said for mark in shown), (rule, headers)


@pytest.mark.parametrize("headers", EVIL)
def test_no_mail_leads_there(there: House, ada: Somebody, headers: dict[str, str]) -> None:
    mailbox = Mailbox(there)
    mailbox.fetch()
    guest = Somebody("guest", there.visitor())
    number = EVIL.index(headers)
    there.services.accounts.register(f"known{number}@example.org", PASSWORD, proven=True)
    for path, fields in (
        ("/register", {"email": f"new{number}@example.org", "password": PASSWORD}),
        ("/register", {"email": f"known{number}@example.org", "password": PASSWORD}),
        ("/forgotten", {"email": f"known{number}@example.org"}),
        ("/sign-in", {"email": f"known{number}@example.org", "password": PASSWORD}),
        ("/privacy/requests", {"email": f"new{number}@example.org", "kind": "access"}),
    ):
        guest.ask("POST", path, fields, headers=headers)
    ada.ask("POST", "/account/email/prove", headers=headers)
    moving = {"email-email": f"ada{number}@example.org", "email-password": PASSWORD}
    ada.ask("POST", "/account/email", moving, headers=headers)
    mails = mailbox.fetch()
    refused = there.config.public_url is not None and "Host" in headers
    assert len(mails) >= (0 if refused else 7)
    base = there.config.public_url or f"http://localhost:{there.config.port}"
    for mail in mails:
        said = mail.as_string()
        assert not any(mark in said for mark in MARKS)
        assert base in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("headers", [EVIL[0], EVIL[4], EVIL[8]])
def test_payment_leads_back_here(
    there: House, ada: Somebody, stripe: StandIn, headers: dict[str, str]
) -> None:
    fields = {"plan": "personal", "period": "month", "currency": "EUR"}
    known = {each["id"] for each in stripe.world.all("checkout.session")}
    answer = ada.ask("POST", "/account/payment/checkout", fields, headers=headers)
    made = [each for each in stripe.world.all("checkout.session") if each["id"] not in known]
    if there.config.public_url is not None and "Host" in headers:
        assert (answer.status_code, made) == (400, [])
        return
    assert answer.status_code == 303
    (session,) = made
    for name in ("success_url", "cancel_url"):
        back = session[name]
        assert not any(mark in back for mark in MARKS)
        assert back.startswith((there.config.public_url or "http://localhost") + "/") or ":8000/" in back


@pytest.mark.parametrize("headers", [EVIL[0], EVIL[4], EVIL[8]])
def test_sign_in_services_and_passkeys_are_told_the_right_name(
    there: House, service: SignInServer, headers: dict[str, str]
) -> None:
    if there.services.accounts.id_of("head@example.org") is None:
        School(there, service)
    guest = Somebody("guest", there.visitor())
    answer = guest.ask("POST", "/sign-in/sso", {"email": "ada@school.example"}, headers=headers)
    keys = guest.ask("POST", "/sign-in/passkey/options", headers=headers)
    if there.config.public_url is not None and "Host" in headers:
        assert answer.status_code == keys.status_code == 400
        return
    assert answer.status_code == keys.status_code == 200
    assert "redirect_uri=" in answer.text
    assert not any(mark in answer.text + keys.text for mark in MARKS)
    assert keys.json is not None
    assert keys.json["rpId"] == ("meet.example.org" if there.config.public_url else "localhost")


def test_the_outbox_is_read_by_the_name_of_this_machine_alone(house: House) -> None:
    """A page of another site can let its own name lead to this machine, and read what it says then."""
    assert house.visitor().open("/outbox").status_code == 200
    for host in ("evil.example", "evil.example:8000", "localhost.evil.example", "["):
        assert house.visitor(Host=host).open("/outbox").status_code in (400, 404)
