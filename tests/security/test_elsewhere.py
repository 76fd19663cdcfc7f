"""Whatever an address says about where to go next: the way stays on this site."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.factories.authenticator import Authenticator
from tests.factories.house import PASSWORD, House, Visitor
from tests.peers.oidc import SignInServer
from tests.security.somebody import Somebody
from tests.web.test_factors import Keyholder
from tests.web.test_single_sign_on import School

EVIL = (
    "https://evil.example", "http://evil.example/", "HTTPS://evil.example", "//evil.example",
    "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example",
    "https:evil.example", "https:/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,x", "mailto:a@b.example", "http://localhost@evil.example",
    "http://localhost:80@evil.example/", "//localhost@evil.example", "/\u2044evil.example",
    "\u2215\u2215evil.example", "\uff0f\uff0fevil.example", "/\uff0fevil.example", "%2f%2fevil.example",
    "/%2f/evil.example", "/%5cevil.example", "/%09/evil.example", "/..//evil.example", "/.//evil.example",
    "/\x00/evil.example", "/\u200b/evil.example", "/" + "a" * 5000, "//[::1", "/\ud7ff//evil.example",
    "evil.example", "?next=//evil.example", "", "/m/../..//evil.example",
)  # fmt: skip

LOOKED_FOR = re.compile(
    r"""(?:args|form|values)(?:\.get\(|\[)"(next|back|to|url|return\w*|redirect\w*|wanted)"|form\.next\.data"""
)


def stays(location: str | None) -> bool:
    """Whether a browser that is sent there from a page of ours stays: as WHATWG says that URLs are read."""
    assert location is not None
    read = re.sub(r"[\t\n\r]", "", location.strip("\x00\x20\t\n\r")).replace("\\", "/")
    there = urljoin("http://localhost/sign-in", read) if not read.startswith("//") else f"http:{read}"
    parts = urlsplit(there)
    return parts.scheme == "http" and parts.netloc == "localhost"


@pytest.fixture(scope="module")
def there(lasting: Any) -> House:
    house: House = lasting(sso_private=True)
    house.services.accounts.register("ada@example.org", PASSWORD)
    return house


@pytest.fixture(scope="module")
def ada(there: House) -> Somebody:
    return Somebody("ada", signed_in(there))


@pytest.fixture(scope="module")
def guest(there: House) -> Somebody:
    return Somebody("guest", there.visitor())


def signed_in(house: House) -> Visitor:
    visitor = house.visitor()
    assert visitor.sign_in().status_code == 303
    return visitor


def sign_in(guest: Somebody, ada: Somebody, target: str) -> TestResponse:
    return guest.ask("POST", "/sign-in", {"email": "ada@example.org", "password": PASSWORD, "next": target})


WAYS: dict[str, Callable[[Somebody, Somebody, str], TestResponse]] = {
    "sign-in": sign_in,
    "signed in already": lambda _, ada, target: ada.ask("GET", f"/sign-in?next={quote(target)}"),
    "proof": lambda _, ada, target: ada.ask(
        "POST", "/account/check/password", {"password": PASSWORD, "next": target}
    ),
    "language": lambda guest, _, target: guest.ask("POST", "/language", {"language": "de", "next": target}),
    "theme": lambda guest, _, target: guest.ask("POST", "/theme", {"theme": "dark", "next": target}),
    "notice": lambda _, ada, target: ada.ask("POST", "/notice-changed", {"next": target}),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_elsewhere(there: House, ada: Somebody, guest: Somebody, way: str) -> None:
    for target in EVIL:
        there.clock.pass_by(60)  # so many sign-ins in a minute would be slowed down
        answer = WAYS[way](guest, ada, target)
        assert answer.status_code in (302, 303), (target, answer.status_code)
        assert stays(answer.headers["Location"]), target


@pytest.mark.parametrize("way", WAYS)
def test_they_do_lead_to_pages_of_ours(ada: Somebody, guest: Somebody, way: str) -> None:
    assert WAYS[way](guest, ada, "/account/rights?a=%2F").headers["Location"] == "/account/rights?a=%2F"


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/sign-in/sso", "/account/check", "/notice-changed", "/cookies", "/language", "/forgotten"],
)
def test_no_page_hands_a_way_elsewhere_on(ada: Somebody, guest: Somebody, path: str) -> None:
    """In fields and links for the next step."""
    for target in EVIL:
        if "evil.example" not in target:
            continue
        for who in (ada, guest):
            answer = who.ask("GET", f"{path}?next={quote(target)}&back={quote(target)}")
            main = answer.text.partition("<main")[2].partition("</main>")[0]
            for found in re.findall(r'(?:value|href|action)="([^"]*evil[^"]*)"', main):
                assert stays(found), (path, target)


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_a_passkey_and_a_second_step_lead_nowhere_else(house: House, target: str) -> None:
    ada = Keyholder(house.member(), Authenticator("http://localhost"))
    assert ada.add().status_code == 200
    elsewhere = Keyholder(house.visitor(), ada.device)
    assert elsewhere.use("/sign-in/passkey", next=target).json == {"next": "/meetings"}
    assert ada.use("/account/check/passkey", next=target).json == {"next": "/account/security"}


def test_who_has_to_sign_in_comes_back_to_this_site(guest: Somebody) -> None:
    for path in (
        "/meetings",
        "//evil.example/meetings",
        "/account/data?next=//evil.example",
        "/%2f%2fevil.example",
    ):
        answer = guest.ask("GET", path)
        if "Location" in answer.headers:
            assert stays(answer.headers["Location"])


@pytest.fixture
def school(there: House, service: SignInServer) -> School:
    return School(there, service)


def test_the_way_to_a_sign_in_service_and_back_stays_here(school: School, there: House) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/account/rights"):
        guest = there.visitor()
        answer = school.come(guest, next=target)
        if answer.location.endswith("/welcome"):
            answer = guest.send("/sign-in/sso/welcome", next="//evil.example")
        assert answer.status_code == 303
        assert answer.location == (target if target == "/account/rights" else "/meetings")
    assert {urlsplit(asked["redirect_uri"]).netloc for asked in school.server.asked} == {"localhost"}


def test_every_view_that_reads_where_to_go_is_known_here() -> None:
    """A new one has to be added to `WAYS` or to the tests of passkeys and single sign-on."""
    web = Path(__file__).resolve().parents[2] / "onmeet/web"
    reading = {
        str(file.relative_to(web)) for file in web.rglob("*.py") if LOOKED_FOR.search(file.read_text("utf-8"))
    }
    assert reading == {
        "accounts.py", "cookie_choice.py", "notice_change.py", "pages.py", "factors/checking.py",
        "factors/passkeys.py", "factors/single_sign_on.py",
    }  # fmt: skip
