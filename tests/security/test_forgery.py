"""Nothing changes because another site's page asked for it: every address that takes more than GET."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.routing import Rule

from tests.factories.house import House
from tests.factories.operators import operator
from tests.security.looks import rows
from tests.security.somebody import Somebody

WITHOUT_TOKEN = {
    "/billing/webhook": "the payment provider signs each message, and has no page of ours",
    "/newsletter/leave/<token>": "mail programs press the button (RFC 8058); its token is the secret",
}

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "nonsense"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
)
"""What browsers say of a form or a script on a page that is not ours."""


@pytest.fixture(scope="module")
def there(lasting: Any) -> House:
    house: House = lasting(notice="web1on1")
    return house


@pytest.fixture(scope="module")
def root(there: House) -> Somebody:
    """An operator who has just proved to be there: whatever is refused, is refused for want of a token."""
    return Somebody("root", operator(there))


@pytest.fixture(scope="module")
def other(there: House) -> Somebody:
    return Somebody("mallory", there.member("mallory@evil.example"))


def changing(house: House) -> list[tuple[str, str]]:
    """Method and address of everything that changes something."""
    return [
        (method, address(rule))
        for rule in house.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & UNSAFE)
        if rule.rule not in WITHOUT_TOKEN
    ]


def address(rule: Rule) -> str:
    """Arguments that fit; whether something is there does not matter."""
    fitting = {"code:code": "abc-defg-hjk"}

    def argument(found: re.Match[str]) -> str:
        words = re.match(r"any\((\w+)", found[1])
        return words[1] if words else fitting.get(found[1], "7")

    return quote(re.sub(r"<([^<>]+)>", argument, rule.rule))


def test_exceptions_are_those_that_are_known_here(there: House) -> None:
    known = [rule for rule in there.app.url_map.iter_rules() if rule.rule in WITHOUT_TOKEN]
    views = [there.app.view_functions[rule.endpoint] for rule in known if "POST" in (rule.methods or set())]
    assert len(views) == len(WITHOUT_TOKEN)
    names = {f"{view.__module__}.{view.__name__}" for view in views}
    assert there.app.extensions["csrf"]._exempt_views == names
    assert not there.app.extensions["csrf"]._exempt_blueprints


@pytest.mark.parametrize("kind", ["none", "nonsense", "another session's", "in the address"])
def test_nothing_changes_without_the_token_of_this_session(
    there: House, root: Somebody, other: Somebody, kind: str
) -> None:
    token = {"nonsense": "IjEyMyI.Z0.x", "another session's": other._token}.get(kind, "")
    before, paths = rows(there), changing(there)
    assert len(paths) > 70
    for method, path in paths:
        asked = f"{path}?csrf_token={quote(root._token)}" if kind == "in the address" else path
        headers = {"X-CSRFToken": token} if token else {}
        answer = root.ask(method, asked, {"title": "planted"}, token=token, headers=headers)
        assert answer.status_code == 400, path
    assert rows(there) == before


def test_nothing_changes_for_another_site_even_with_the_token(there: House, root: Somebody) -> None:
    before = rows(there)
    for number, (method, path) in enumerate(changing(there)):
        for headers in (FOREIGN[number % len(FOREIGN)], FOREIGN[(number + 4) % len(FOREIGN)]):
            answer = root.ask(method, path, {"title": "planted"}, headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert rows(there) == before


@pytest.mark.parametrize("headers", FOREIGN)
def test_each_sign_of_another_site_is_enough(root: Somebody, headers: dict[str, str]) -> None:
    fields = {"theme": "dark"}
    assert root.ask("POST", "/theme", fields, headers=headers).status_code == 403
    assert root.ask("POST", "/theme", fields).status_code == 303, "without it the request is fine"


def test_looking_changes_nothing(there: House, root: Somebody) -> None:
    """No GET does what a POST is for: pages of other sites can always make a browser look."""
    before = rows(there)
    for rule in there.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.endpoint.startswith(("socket", "calls.")):
            for method in ("GET", "HEAD"):
                assert root.ask(method, address(rule)).status_code != 500, rule
    assert rows(there) == before
