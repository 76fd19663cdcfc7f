"""What every answer says to the browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.factories.house import House

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


_FITTING = ((r"<code:\w+>", "abc-defg-hjk"), (r"<any\((\w+).*?>", r"\1"), (r"<int:\w+>", "7"))


def address(rule: Rule) -> str:
    """An address that fits a rule: a meeting's code, the first of the words that it takes, a number."""
    path = rule.rule
    for placeholder, fitting in _FITTING:
        path = re.sub(placeholder, fitting, path)
    return path


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def policy(answer: Any) -> dict[str, str]:
    directives = (
        part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")
    )
    return {name: value for name, _, value in directives}


def test_every_route_answers_with_the_security_headers(house: House) -> None:
    visitor = house.member()
    seen = set()
    for rule in rules(house.app, "GET"):
        answer = visitor.open(address(rule))
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, rule
        assert policy(answer)["default-src"] == "'none'", rule
        assert answer.status_code < 500 or rule.endpoint == "health.healthz", rule
        seen.add(rule.endpoint)
    assert {"pages.landing", "meetings.room", "meetings.mine", "health.healthz"} <= seen


@pytest.mark.parametrize("path", ["/nothing-here", "/m/short", "/m/abc-defg-hij"])
def test_errors_carry_the_headers_too(house: House, path: str) -> None:
    answer = house.visitor().open(path)
    assert answer.status_code == 404
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS


def test_scripts_run_with_the_nonce_of_their_page_only(house: House) -> None:
    visitor = house.visitor()
    first, second = visitor.open("/"), visitor.open("/")
    nonces = []
    for answer in (first, second):
        (nonce,) = re.findall(r"'nonce-([^']+)'", policy(answer)["script-src"])
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert scripts
        assert all(f'nonce="{nonce}"' in script for script in scripts)
        nonces.append(nonce)
    assert nonces[0] != nonces[1]
    assert len(nonces[0]) >= 20


@pytest.mark.promise("N1.17")
def test_the_policy_starts_from_nothing_and_guards_script_sinks(house: House) -> None:
    """A page's policy starts from nothing and lets in what this server sends."""
    rules_of_page = policy(house.visitor().open("/m/abc-defg-hjk"))
    assert rules_of_page["script-src"].endswith("'strict-dynamic'")
    assert rules_of_page["require-trusted-types-for"] == "'script'"
    assert rules_of_page["trusted-types"] == "onmeet"
    assert rules_of_page["frame-ancestors"] == "'none'"
    assert rules_of_page["base-uri"] == "'none'"
    assert rules_of_page["connect-src"] == "'self'"
    assert "unsafe" not in " ".join(rules_of_page.values())


def test_no_page_has_inline_styles_or_handlers_which_the_policy_would_stop(house: House) -> None:
    visitor = house.member()
    visitor.send("/meetings", title="Tuesday")
    for path in ("/", "/privacy", "/register", "/meetings", "/m/abc-defg-hjk", "/m/abc-defg-hjk/left"):
        page = visitor.open(path).text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page), path
        assert "<style" not in page, path


def test_only_the_meeting_page_may_ask_for_camera_and_microphone(house: House) -> None:
    visitor = house.visitor()
    room = visitor.open("/m/abc-defg-hjk").headers["Permissions-Policy"]
    landing = visitor.open("/").headers["Permissions-Policy"]
    for device in ("camera", "microphone", "display-capture"):
        assert f"{device}=(self)" in room
        assert f"{device}=()" in landing
    assert "geolocation=()" in room


@pytest.mark.promise("N1.17")
def test_meeting_pages_ask_search_engines_to_stay_away(house: House) -> None:
    """Search engines are kept off the pages of meetings."""
    assert "noindex" in house.visitor().open("/m/abc-defg-hjk").headers["X-Robots-Tag"]
    assert "Disallow: /m/" in house.visitor().open("/robots.txt").text


@pytest.mark.promise("N1.16")
def test_https_is_remembered_by_the_browser_and_plain_http_is_not(house: House) -> None:
    """Over https browsers are told to come back over https only."""
    visitor = house.visitor()
    assert "Strict-Transport-Security" not in visitor.open("/").headers
    secure = visitor.open("/", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "upgrade-insecure-requests" in policy(secure)


def test_a_request_for_another_host_is_refused_when_the_own_one_is_known(build_house: Any) -> None:
    house: House = build_house(public_url="https://meet.example.org")
    visitor = house.visitor()
    assert visitor.open("/", headers={"Host": "evil.example"}).status_code == 400
    assert visitor.open("/", headers={"Host": "meet.example.org"}).status_code == 200
    assert visitor.open("/", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_no_page_repeats_the_host_header(house: House) -> None:
    for path in ("/", "/meetings", "/sign-in", "/nothing-here", "/m/abc-defg-hjk"):
        answer = house.visitor().open(path, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers), path
