"""What every answer of every area says to the browser, and that secrets of links stay where they are."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from onmeet import clock
from tests.factories.house import PASSWORD, House, make_config
from tests.factories.mailbox import Mailbox
from tests.peers.stripe import StandIn
from tests.security.recipes import RECIPES
from tests.security.test_other_peoples_ids import all_of, path_of, takes_argument
from tests.security.town import Town
from tests.web.gunicorn import Gunicorn

STRICT = (
    "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; style-src 'self'; img-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'{}; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types onmeet"
)

pytestmark = pytest.mark.timeout(300)  # a town is built, and every page opened; others use the machine, too

FORMS_LEAD_ELSEWHERE = {"/account/payment", "/group/payment"}
"""Their buttons lead to the payment provider's own pages."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


@pytest.fixture(scope="module")
def town(lasting: Any, stripe: StandIn) -> Town:
    return Town(lasting(notice="web1on1"), stripe)


def pages(town: Town) -> Iterator[tuple[str, str]]:
    """Rule and path of every page; what is named there is Ada's."""
    for rule in town.house.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()):
            continue
        if not takes_argument(rule):
            yield rule.rule, rule.rule
        elif (recipe := RECIPES.get(rule.rule)) is not None:
            theirs = recipe.theirs(town) if recipe.theirs is not None else all_of(recipe, town)[0]
            yield rule.rule, path_of(rule.rule, theirs)
        elif rule.rule.startswith("/m/"):
            yield rule.rule, path_of(rule.rule, {"code": town.code})


def check(answer: TestResponse, rule: str, stripe: StandIn) -> None:
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, rule
    policy = re.sub(r"nonce-[\w-]+", "nonce-N", answer.headers["Content-Security-Policy"])
    more = f" {stripe.origin}" if rule in FORMS_LEAD_ELSEWHERE and answer.status_code == 200 else ""
    assert policy == STRICT.format(more), rule
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["ada", "root", "guest", "nobody"])
def test_every_page_of_every_area_is_strict(town: Town, stripe: StandIn, name: str) -> None:
    opened = 0
    for rule, path in pages(town):
        answer = town.people[name].ask("GET", path)
        check(answer, rule, stripe)
        opened += answer.status_code == 200
        if answer.mimetype == "text/html":
            assert not re.search(r"<[^>]+\s(style|on\w+)=", answer.text), rule
            assert "<style" not in answer.text
            assert not re.search(
                r'(?:src|srcset|href)="(?:https?:)?//(?!localhost)[^"]+\.(?:js|css|png|svg)"', answer.text
            )
    assert opened > (20 if name in ("guest", "nobody") else 40)


def test_refusals_are_strict_too(town: Town, stripe: StandIn) -> None:
    ada = town.people["ada"]
    for method, path in (
        ("GET", "/nothing"),
        ("PUT", "/"),
        ("POST", "/nothing"),
        ("POST", "/account/details"),
    ):
        check(ada.ask(method, path, token=""), path, stripe)
    for path in ("/account/payment/checkout", "/sign-in", "/register", "/account/details", "/group"):
        answer = ada.ask("POST", path, {"plan": "personal", "currency": "EUR"})
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_secrets_of_links_do_not_leave_with_a_click(town: Town) -> None:
    """A page with a secret in its address leads nowhere else, and nothing that leaves it has a referrer."""
    for rule, path in pages(town):
        if "<token>" not in rule and "/u/<handle>/<code>" not in rule:
            continue
        answer = town.people["nobody"].ask("GET", path)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert 'referrerpolicy="' not in answer.text
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text), rule


# -- the log of the real server ------------------------------------------------------------------------


class Reader:
    """Somebody who reads their mails and follows the links, with a browser that keeps one cookie."""

    def __init__(self, web: Gunicorn) -> None:
        self.web = web
        self.cookie = self.token = ""

    def ask(self, method: str, path: str, **fields: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=30)
        headers = {"Cookie": self.cookie, "Referer": f"{self.web.origin}{path}", "User-Agent": "Canary/1.0"}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, urlencode({"csrf_token": self.token, **fields}), headers)
        else:
            connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        if (cookie := answer.headers.get("Set-Cookie")) is not None:
            self.cookie = cookie.partition(";")[0]
        if (found := re.search(r'name="csrf-token" content="([^"]+)"', text)) is not None:
            self.token = found[1]
        return answer.status


def test_the_log_knows_no_token_address_or_name() -> None:
    """Every mailed link is followed at the real server, rightly and wrongly; then its log is read."""
    with Gunicorn(ONMEET_LOG_LEVEL="debug") as web:
        house = House(make_config(web.data))
        house.clock.seconds = clock.now().timestamp()
        house.services.accounts.register("ada@canary.example", PASSWORD, "Adastra", proven=True)
        reader, mailbox, links = Reader(web), Mailbox(house), list[str]()
        reader.ask("GET", "/privacy")
        for path, fields in (
            ("/register", {"email": "new@canary.example", "password": "a heron lands at dusk"}),
            ("/forgotten", {"email": "ada@canary.example"}),
            ("/sign-in", {"email": "ada@canary.example", "password": "the wrong canary"}),
            ("/sign-in", {"email": "ada@canary.example", "password": PASSWORD}),
            ("/account/email", {"email-email": "eve@canary.example", "email-password": PASSWORD}),
            ("/account/email/prove", {}),
            ("/group", {"name": "Canary School"}),
        ):
            assert reader.ask("POST", path, **fields) in (303, 422), path
            reader.ask("GET", "/privacy")
        for mail in mailbox.fetch():
            body = mail.get_body(("plain",))
            assert body is not None
            links += re.findall(
                r"https?://[^/\s]+(/(?:confirm|reset|address|account/email)/\S+)", body.get_content()
            )
        assert len(links) >= 5
        account = house.services.accounts.id_of("ada@canary.example") or 0
        links.append(
            "/join/" + house.services.invitations.make(account, "member", uses=1, days=1, now=clock.now())
        )
        links.append(f"/u/{house.services.handles.choose(account, 'canary')}/abcdefghjkmn")
        assert [reader.ask("GET", link) for link in links].count(200) >= 5, "the links are good"
        for link in links:
            for path in (link, link + "x", f"{link}?email=ada@canary.example&next=//canary.example"):
                for method in ("GET", "POST"):
                    assert reader.ask(method, path, password="canary canary canary") != 500
        house.close()
        web.end()
        log = web.log.read_text("utf-8", "replace")
    assert "canary" not in log.lower()
    assert "Adastra" not in log
    for link in links:
        for part in link.split("/"):
            assert len(part) < 12 or part not in log
    assert "Traceback" not in log
