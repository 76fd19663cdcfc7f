"""Register, sign in and sign out as a visitor does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.house import PASSWORD, House

SESSION = "onmeet"


def session_cookie(visitor: Any) -> str:
    cookie = visitor.client.get_cookie(SESSION)
    return cookie.value if cookie else ""


@pytest.mark.promise("N1.10")
def test_registering_answers_the_same_whether_the_address_is_taken_or_free(house: House) -> None:
    """Nobody can find out by registering whether somebody has an account."""
    house.services.accounts.register("ada@example.org", PASSWORD)
    answers = []
    for email in ("ada@example.org", "new@example.org"):
        visitor = house.visitor()
        answer = visitor.send("/register", email=email, password=PASSWORD)
        text = visitor.open(answer.location).text.split("<main")[1].split("csrf_token")[0]
        answers.append((answer.status_code, answer.location, answer.text, text))
    assert answers[0] == answers[1]


def test_a_refused_sign_in_answers_the_same_whether_the_account_exists_or_not(house: House) -> None:
    house.services.accounts.register("ada@example.org", PASSWORD)
    pages = []
    for email in ("ada@example.org", "new@example.org"):
        answer = house.visitor().sign_in(email, "not the password")
        assert answer.status_code == 422
        main = answer.text.split("<main")[1].split("</main>")[0]
        pages.append([line for line in main.replace(email, "…").splitlines() if "csrf_token" not in line])
    assert pages[0] == pages[1]
    assert "E-mail or password is not right." in "".join(pages[0])


@pytest.mark.promise("N1.16")
def test_a_password_is_never_repeated_in_a_page(house: House) -> None:
    """A password that was typed in is never shown in a page again."""
    answer = house.visitor().send("/register", email="nonsense", password="correct horse battery")
    assert answer.status_code == 422
    assert "correct horse" not in answer.text
    assert "nonsense" in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "", "password": PASSWORD},
        {"email": "ada", "password": PASSWORD},
        {"email": "ada@", "password": PASSWORD},
        {"email": "a da@example.org", "password": PASSWORD},
        {"email": "ada@example.org\x00", "password": PASSWORD},
        {"email": "a" * 65 + "@example.org", "password": PASSWORD},
        {"email": "ada@example.org", "password": "short"},
        {"email": "ada@example.org", "password": "a" * 300},
        {"email": "ada@example.org", "password": "aaaaaaaaaaaa"},
        {"email": "ada@example.org", "password": "Ada@example.org"},
        {"email": "ada@example.org", "password": PASSWORD, "name": "A" * 65},
        {"email": "ada@example.org", "password": PASSWORD, "name": "A\x07da"},
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(house: House, fields: dict[str, str]) -> None:
    answer = house.visitor().send("/register", **fields)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'class="error"' in answer.text


def test_the_session_is_a_new_one_after_signing_in(house: House) -> None:
    house.services.accounts.register("ada@example.org", PASSWORD)
    visitor = house.visitor()
    visitor.start_meeting()
    planted, token = session_cookie(visitor), visitor.token()
    visitor.sign_in()
    assert session_cookie(visitor) != planted
    assert visitor.token() != token
    # whoever planted the first session has gained nothing
    attacker = house.visitor()
    attacker.client.set_cookie(SESSION, planted)
    assert attacker.open("/meetings").status_code == 302
    assert visitor.client.post("/meetings", data={"csrf_token": token, "title": "x"}).status_code == 400


def test_nothing_planted_in_the_session_survives_signing_in(house: House) -> None:
    house.services.accounts.register("ada@example.org", PASSWORD)
    visitor = house.visitor()
    visitor.start_meeting()
    visitor.open("/m/abc-defg-hjk")
    visitor.sign_in()
    with visitor.client.session_transaction() as session:
        assert not {"started", "browser", "fresh"} & set(session)


def test_a_copied_cookie_is_worth_nothing_after_signing_out(house: House) -> None:
    visitor = house.member()
    copied = session_cookie(visitor)
    thief = house.visitor()
    thief.client.set_cookie(SESSION, copied)
    assert thief.open("/meetings").status_code == 200
    visitor.send("/sign-out")
    assert visitor.open("/meetings").status_code == 302
    thief.client.set_cookie(SESSION, copied)
    assert thief.open("/meetings").status_code == 302


def test_staying_signed_in_is_a_choice(house: House) -> None:
    visitor = house.member()
    cookie = visitor.client.get_cookie(SESSION)
    assert cookie is not None
    assert cookie.expires is None
    visitor.send("/sign-out")
    visitor.sign_in(stay="y")
    cookie = visitor.client.get_cookie(SESSION)
    assert cookie is not None
    assert cookie.expires is not None
    house.clock.pass_by(29 * 86_400)
    assert visitor.open("/meetings").status_code == 200
    house.clock.pass_by(2 * 86_400)
    assert visitor.open("/meetings").status_code == 302


def test_a_page_for_members_asks_to_sign_in_and_then_goes_there(house: House) -> None:
    house.services.accounts.register("ada@example.org", PASSWORD)
    visitor = house.visitor()
    answer = visitor.open("/meetings?x=1")
    assert answer.location == "/sign-in?next=/meetings?x%3D1"
    assert 'value="/meetings?x=1"' in visitor.open(answer.location).text
    assert visitor.sign_in(next="/meetings?x=1").location == "/meetings?x=1"


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_signing_in_never_leads_to_another_site(house: House, target: str) -> None:
    house.services.accounts.register("ada@example.org", PASSWORD)
    visitor = house.visitor()
    page = visitor.client.get("/sign-in", query_string={"next": target}).text
    assert "evil.example" not in page.split("<main")[1].split("</main>")[0]
    assert visitor.sign_in(next=target).location == "/meetings"
    assert visitor.client.get("/sign-in", query_string={"next": target}).location == "/meetings"


@pytest.mark.parametrize("path", ["/language", "/theme"])
def test_choices_in_the_footer_never_lead_to_another_site(house: House, path: str) -> None:
    answer = house.visitor().send(path, language="de", theme="dark", next="//evil.example")
    assert answer.location == "/"


def test_guessing_is_slowed_down_and_says_for_how_long(house: House) -> None:
    house.services.accounts.register("ada@example.org", PASSWORD)
    visitor = house.visitor()
    for _ in range(5):
        assert visitor.sign_in(password="a guess too far").status_code == 422
    answer = visitor.sign_in()
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert "Please wait 1 second." in answer.text
    house.clock.pass_by(1)
    assert visitor.sign_in().status_code == 303


def test_the_owner_gets_in_from_a_known_browser_while_a_crowd_guesses(house: House) -> None:
    owner = house.member()
    owner.send("/sign-out")
    mark = house.services.accounts.mark("ada@example.org")
    for n in range(25):
        house.attempts.begin(mark, f"bot {n}", known_here=False)
    assert house.visitor().sign_in().status_code == 429
    assert owner.sign_in().status_code == 303


def test_a_closed_house_takes_no_registrations(build_house: Any) -> None:
    house: House = build_house(registration="closed")
    visitor = house.visitor()
    assert visitor.open("/register").status_code == 403
    assert visitor.send("/register", email="ada@example.org", password=PASSWORD).status_code == 403
    assert "/register" not in visitor.open("/sign-in").text
    assert house.visitor().sign_in().status_code == 422


@pytest.mark.promise("N1.5")
def test_the_cookie_holds_nothing_made_from_address_or_browser(house: House) -> None:
    """The sign-in cookie holds nothing that is made from an address or a browser."""
    member = house.member()
    member.open("/meetings")
    with member.client.session_transaction() as session:
        assert set(session) <= {"known", "_user_id", "_fresh", "_permanent", "csrf_token"}
