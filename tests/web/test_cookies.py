"""Cookies: few, needed, and out of reach of scripts and neighbours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.factories.house import House


def cookies(answer: Any) -> dict[str, str]:
    return {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}


@pytest.mark.promise("N1.5")
def test_there_are_at_most_three_and_all_are_guarded(house: House) -> None:
    """Three cookies at most, out of reach of scripts: sign-in, language, colours."""
    visitor = house.member()
    visitor.send("/language", language="de")
    visitor.send("/theme", theme="dark")
    visitor.open("/m/abc-defg-hjk")
    jar = visitor.client._cookies
    assert sorted(cookie.key for cookie in jar.values()) == ["onmeet", "onmeet_language", "onmeet_theme"]
    assert all(cookie.http_only and cookie.same_site == "Lax" for cookie in jar.values())


@pytest.mark.promise("N1.16")
def test_over_https_they_are_bound_to_host_and_scheme(house: House) -> None:
    """Over https cookies travel encrypted only, to this host only."""
    visitor = house.visitor()
    page = visitor.open("/", base_url="https://localhost")
    assert set(cookies(page)) == {"__Host-onmeet"}
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token is not None
    answer = visitor.client.post(
        "/theme", base_url="https://localhost", data={"csrf_token": token[1], "theme": "dark"}
    )
    assert answer.status_code == 303
    for line in {**cookies(page), **cookies(answer)}.values():
        assert line.startswith("__Host-")
        assert "Secure" in line
        assert "Path=/" in line
        assert "Domain" not in line


def test_the_proxy_is_believed_only_as_often_as_configured(build_house: Any) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    trusting: House = build_house(proxies=1)
    wary: House = build_house()
    assert "__Host-onmeet" in cookies(trusting.visitor().open("/", headers=forwarded))
    assert set(cookies(wary.visitor().open("/", headers=forwarded))) == {"onmeet"}


def test_a_forged_session_is_ignored(house: House) -> None:
    visitor = house.visitor()
    visitor.client.set_cookie("onmeet", "eyJfdXNlcl9pZCI6IjEifQ.Z0.forged")
    assert visitor.open("/").status_code == 200
    assert visitor.open("/meetings").status_code == 302
