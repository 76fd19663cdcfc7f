"""Nothing changes unless one of our own pages asked for it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories.house import House
from tests.web.test_headers import address, rules

WITHOUT_TOKEN = {"/newsletter/leave/<token>", "/billing/webhook"}
"""Mail programs send the first by themselves (RFC 8058): the token in the address is the secret. The payment
provider sends the second: its signature is."""


def post_addresses(app: Flask) -> list[str]:
    return [address(rule) for rule in rules(app, "POST")]


def test_every_post_route_refuses_a_request_without_the_token(house: House) -> None:
    visitor = house.member()
    paths = post_addresses(house.app)
    assert {"/m", "/sign-in", "/sign-out", "/register", "/meetings", "/language", "/theme"} <= set(paths)
    for path in set(paths) - WITHOUT_TOKEN:
        assert visitor.client.post(path, data={"title": "x", "theme": "dark"}).status_code == 400, path


def test_a_token_of_another_session_does_not_help(house: House) -> None:
    attacker, victim = house.visitor(), house.member()
    answer = victim.client.post("/meetings", data={"csrf_token": attacker.token(), "title": "planted"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://localhost.evil.example"},
        {"Origin": "http://["},
    ],
)
def test_a_request_that_another_site_sent_is_refused_even_with_the_token(
    house: House, headers: dict[str, str]
) -> None:
    visitor = house.visitor()
    data = {"csrf_token": visitor.token(), "theme": "dark"}
    assert visitor.client.post("/theme", data=data, headers=headers).status_code == 403


def test_forms_and_scripts_of_our_own_pages_pass(house: House) -> None:
    visitor = house.visitor()
    data = {"csrf_token": visitor.token(), "theme": "dark"}
    for headers in ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}):
        assert visitor.client.post("/theme", data=data, headers=headers).status_code == 303
    assert visitor.start_meeting().status_code == 200


def test_the_token_works_over_https_without_a_referrer(house: House) -> None:
    visitor = house.visitor()
    page = visitor.open("/privacy", base_url="https://localhost").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    data = {"csrf_token": token, "theme": "light"}
    assert visitor.client.post("/theme", data=data, base_url="https://localhost").status_code == 303
