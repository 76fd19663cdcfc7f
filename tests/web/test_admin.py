"""The operator's pages: who opens them, what they show and do not show, and that acts are written down."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from onmeet.notices import reading
from tests.factories.house import House, build_house, empty_database, house, new_database
from tests.factories.operators import operator, strong_sign_in
from tests.running import ROOT

__all__ = ["build_house", "empty_database", "house", "new_database"]

PAGES = ("/admin", "/admin/requests", "/admin/requests/all", "/admin/notices", "/admin/acts")


def number_of(house: House, email: str) -> int:
    found = house.services.accounts.id_of(email)
    assert found is not None
    return found


@pytest.mark.parametrize("path", [*PAGES, "/admin/accounts/1", "/admin/requests/1"])
def test_for_everybody_else_there_is_no_such_page(house: House, path: str) -> None:
    ada = house.member()
    assert ada.open(path).status_code == 404
    assert house.visitor().open(path).status_code == 302  # to the sign-in, as for every page that needs one


@pytest.mark.parametrize("path", PAGES)
def test_an_operator_with_a_second_factor_sees_every_page(house: House, path: str) -> None:
    assert operator(house).open(path).status_code == 200


def test_the_role_alone_opens_nothing_without_a_second_factor(house: House) -> None:
    ada = house.member()
    house.services.oversight.appoint(number_of(house, "ada@example.org"), True)
    answer = ada.open("/admin")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/account/security"


def test_after_ten_minutes_an_operator_proves_to_be_there_again(house: House) -> None:
    root = operator(house)
    house.clock.pass_by(601)
    answer = root.open("/admin")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/account/check?next=/admin")


def test_who_is_no_operator_any_more_is_out_at_once(house: House) -> None:
    root = operator(house)
    house.services.oversight.appoint(number_of(house, "root@example.org"), False)
    assert root.open("/admin").status_code == 404


def test_accounts_are_counted_by_state(house: House) -> None:
    root = operator(house)
    house.member("ada@example.org")
    house.member("grace@example.org")
    house.services.oversight.close(number_of(house, "grace@example.org"))
    page = root.open("/admin").text
    counts = dict(re.findall(r'data-testid="accounts-(\w+)">(\d+)<', page))
    assert counts == {"open": "2", "pending": "0", "restricted": "0", "closed": "1", "held": "0"}


def test_an_account_is_found_by_its_address_and_every_look_is_written_down(house: House) -> None:
    root = operator(house)
    house.member("ada@example.org", "Ada")
    number = number_of(house, "ada@example.org")
    assert root.open(f"/admin/accounts/{number}").status_code == 404, "one does not leaf through people"
    found = root.send("/admin/accounts/find", email="Ada@example.org")
    assert found.headers["Location"] == f"/admin/accounts/{number}"
    assert "ada@example.org" in root.open(f"/admin/accounts/{number}").text
    newest = house.services.acts.newest()[0]
    assert (newest.act, newest.about, newest.actor) == (
        "account-looked-up", str(number), number_of(house, "root@example.org"),
    )  # fmt: skip
    assert root.send("/admin/accounts/find", email="nobody@example.org").status_code == 404


@pytest.mark.promise("N1.2", "N1.3")
def test_no_page_shows_what_an_account_keeps_or_who_met_whom(build_house: Any) -> None:
    """An operator's page shows no meeting, no contact and no call of anybody, under whatever notice."""
    for notice in reading.shipped():
        house = build_house(notice=notice)
        root = operator(house)
        house.member("ada@example.org", "Ada Lovelace")
        ada = number_of(house, "ada@example.org")
        kept = house.services.meetings.create(ada, "A title that is nobody's business")
        root.send("/admin/accounts/find", email="ada@example.org")
        shown = "".join(root.open(path).text for path in (*PAGES, f"/admin/accounts/{ada}"))
        assert "ada@example.org" in shown
        for secret in (kept.code, kept.pin, "A title that is", "Lovelace"):
            assert secret not in shown


def test_an_account_is_closed_opened_again_and_signed_out(house: House) -> None:
    root = operator(house)
    ada = house.member("ada@example.org")
    number = number_of(house, "ada@example.org")
    root.send("/admin/accounts/find", email="ada@example.org")
    assert root.send(f"/admin/accounts/{number}/sign-out").status_code == 303
    assert ada.open("/meetings").status_code == 302
    assert root.send(f"/admin/accounts/{number}/close").status_code == 303
    assert ada.sign_in("ada@example.org").status_code == 422
    assert root.send(f"/admin/accounts/{number}/close").status_code == 409
    assert root.send(f"/admin/accounts/{number}/reopen").status_code == 303
    assert ada.sign_in("ada@example.org").status_code == 303
    acts = [each.act for each in reversed(house.services.acts.newest())]
    assert acts == ["account-looked-up", "account-signed-out", "account-closed", "account-reopened"]
    assert house.services.acts.broken_at() is None


def test_nobody_closes_the_own_account_there_or_one_that_was_not_looked_up(house: House) -> None:
    root = operator(house)
    house.member("ada@example.org")
    ada, own = number_of(house, "ada@example.org"), number_of(house, "root@example.org")
    assert root.send(f"/admin/accounts/{ada}/close").status_code == 404
    root.send("/admin/accounts/find", email="root@example.org")
    assert root.send(f"/admin/accounts/{own}/close").status_code == 409
    assert house.services.accounts.is_open(ada)
    assert house.services.accounts.is_open(own)


@pytest.mark.promise("N2.4")
def test_a_request_is_answered_or_extended_and_the_person_reads_it(house: House) -> None:
    """The operator answers what people ask about their data, or says why it takes longer."""
    root = operator(house)
    ada = house.member("ada@example.org")
    ada.send("/privacy/requests", kind="access", text="What do you hold?")
    (filed,) = house.services.requests.all()
    assert "What do you hold?" in root.open(f"/admin/requests/{filed.id}").text
    assert root.send(f"/admin/requests/{filed.id}/extend", **{"extend-reason": "Back-ups"}).status_code == 303
    assert root.send(f"/admin/requests/{filed.id}/answer", **{"answer-text": "  "}).status_code == 422
    done = root.send(f"/admin/requests/{filed.id}/answer", **{"answer-text": "An address, nothing else."})
    assert done.status_code == 303
    now = house.services.requests.get(filed.id)
    assert (now.state, now.extension, now.answer) == ("answered", "Back-ups", "An address, nothing else.")
    assert "An address, nothing else." in ada.open("/account/rights").text
    assert root.send(f"/admin/requests/{filed.id}/answer", **{"answer-text": "More"}).status_code == 409
    assert root.open("/admin/requests/999").status_code == 404
    acts = [each.act for each in reversed(house.services.acts.newest())]
    assert acts == ["request-extended", "request-answered"]


def test_a_changed_log_is_said_loudly(house: House) -> None:
    root = operator(house)
    root.send("/admin/accounts/find", email="root@example.org")
    (house.config.keys / "acts").write_text("1 " + "0" * 64)
    for path in ("/admin", "/admin/acts"):
        assert "was changed: row 1" in root.open(path).text


def test_a_sign_in_without_the_second_factor_is_asked_for_it(house: House) -> None:
    operator(house)
    other = house.visitor()
    number = number_of(house, "root@example.org")
    strong_sign_in(house, other, number)
    assert other.open("/admin").status_code == 200
    weak = house.services.accounts.begin(number, days=1)
    with other.client.session_transaction() as session:
        session["_user_id"] = weak.token
    assert other.open("/admin").headers["Location"].startswith("/account/check?next=/admin")


def test_each_act_that_is_written_down_is_told_in_words(house: House) -> None:
    code = "".join((ROOT / "onmeet" / path).read_text() for path in ("web/admin/views.py", "cli/users.py"))
    acts = set(re.findall(r'"((?:account|request|operator)-[a-z-]+)"', code))
    assert len(acts) == 9
    root = operator(house)
    for act in acts:
        house.services.acts.record(0, act, 1, datetime.now(UTC))
    page = root.open("/admin/acts").text
    assert not [act for act in acts if act in page]
    assert page.count("Command line") == len(acts)
