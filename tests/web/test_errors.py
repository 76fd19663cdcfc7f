"""Every error is a page in the house's style, with the way back, and never says more than it should."""

from __future__ import annotations

import time

import pytest
import structlog.testing
from flask import abort

from onmeet.errors import UserError
from onmeet.web.errors import TEXTS
from onmeet.web.language import LANGUAGES
from tests.factories.house import House

GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still: however slow the machine is, all requests come in the same minute."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


def add_failing_route(house: House) -> None:
    def fail(status: int) -> str:
        if status == 500:
            raise RuntimeError("grace@example.org typed this")
        abort(status)

    house.app.add_url_rule("/fail/<int:status>", "fail", fail)


@pytest.mark.parametrize("status", sorted(TEXTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_error_pages_speak_the_visitors_language(house: House, status: int, language: str) -> None:
    add_failing_route(house)
    answer = house.visitor(**{"Accept-Language": language}).open(f"/fail/{status}")
    title, _ = TEXTS[status]
    assert answer.status_code == status
    assert f'<html lang="{language}"' in answer.text
    assert (str(title) in answer.text) == (language == "en")
    assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "There is no such request."),
        ("de", "Diese Anfrage gibt es nicht."),
        ("fr", "Cette demande n’existe pas."),
    ],
)
def test_what_the_services_refuse_is_said_in_the_visitors_language(
    house: House, language: str, said: str
) -> None:
    def refuse() -> str:
        raise UserError("There is no such request.", 422)

    house.app.add_url_rule("/refused", "refused", refuse)
    answer = house.visitor(**{"Accept-Language": language}).open("/refused")
    assert answer.status_code == 422
    assert said in answer.text


def test_a_bug_shows_and_logs_nothing_that_somebody_typed(house: House) -> None:
    add_failing_route(house)
    with structlog.testing.capture_logs() as logged:
        answer = house.visitor().open("/fail/500")
    assert "grace@example.org" not in answer.text
    assert "RuntimeError" not in answer.text
    (event,) = logged
    assert event["event"] == "unhandled error"
    assert "grace" not in str({k: v for k, v in event.items() if k != "exc_info"})


def test_a_wrong_method_says_which_ones_are_right(house: House) -> None:
    answer = house.visitor().open("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_scripts_get_errors_as_json(house: House) -> None:
    answer = house.visitor().open("/nothing", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.get_json()["error"]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_too_large_a_body_is_refused(house: House, content_type: str) -> None:
    visitor = house.visitor()
    token = visitor.token()
    answer = visitor.client.post(
        "/sign-in",
        data=b"email=" + b"a" * 70_000,
        content_type=content_type,
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 413


@pytest.mark.usefixtures("one_moment")
def test_too_many_requests_are_slowed_down_with_a_friendly_page(house: House) -> None:
    visitor = house.visitor()
    token = visitor.token()
    answers = [
        visitor.client.post("/register", data={"csrf_token": token, "email": "no"}).status_code
        for _ in range(11)
    ]
    assert answers == [422] * 10 + [429]
    last = visitor.client.post("/register", data={"csrf_token": token}, headers=GERMAN)
    assert last.status_code == 429
    assert last.headers["Retry-After"]
    assert "Bitte etwas langsamer" in last.text


@pytest.mark.usefixtures("one_moment")
def test_clients_are_limited_each_on_their_own(house: House) -> None:
    visitor = house.visitor()
    token = visitor.token()

    def register_from(address: str) -> int:
        environ = {"REMOTE_ADDR": address}
        data = {"csrf_token": token, "email": "no"}
        return visitor.client.post("/register", data=data, environ_base=environ).status_code

    assert [register_from("2001:db8::1") for _ in range(11)][-1] == 429
    assert register_from("2001:db8::ffff") == 429  # the same household
    assert register_from("2001:db8:0:1::1") == 422
    assert register_from("192.0.2.1") == 422


@pytest.mark.usefixtures("one_moment")
def test_health_is_asked_without_limit(house: House) -> None:
    visitor = house.visitor()
    assert {visitor.open("/robots.txt").status_code for _ in range(1300)} == {200, 429}
    assert visitor.open("/healthz").status_code == 503


FORMS = [
    ("/account/calls/handle", "/account/calls"),
    ("/meetings/abc-defg-hjk/hosts/leave", "/meetings/abc-defg-hjk"),
    ("/sign-in", "/sign-in"),
    ("/language", ""),
]


@pytest.mark.parametrize(("path", "page"), FORMS)
def test_a_form_that_was_open_too_long_leads_back_to_its_page(house: House, path: str, page: str) -> None:
    answer = house.visitor().client.post(path, headers={"Accept-Language": "fr"})
    assert answer.status_code == 400
    assert (f'<a class="button" href="{page}">' in answer.text) == bool(page)
    assert ("Recharger la page" in answer.text) == bool(page)


def test_the_address_of_a_form_that_is_opened_as_a_page_leads_to_its_page(house: House) -> None:
    answer = house.visitor().open("/account/calls/codes")
    assert answer.status_code == 405
    assert '<a class="button" href="/account/calls">' in answer.text


def test_a_choice_in_the_footer_after_a_mistake_leads_back_to_the_form(house: House) -> None:
    member = house.member()
    page = member.send("/account/calls/handle", word="!").text
    assert 'name="next" value="/account/calls"' in page
