"""The account pages about one's own data, as a visitor uses them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from onmeet.accounts.models import Account
from onmeet.meetings.models import MeetingRecord, Participation
from onmeet.notices.holds import Holds
from onmeet.notices.models import SubjectRequest
from onmeet.web import entrance
from tests.factories.house import PASSWORD, House
from tests.factories.postgres import sqlite_files

__all__ = ["sqlite_files"]

PAGES = ("/account/data", "/account/details", "/account/rights", "/account/delete")

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")

NOW = datetime.now(UTC)


def account_of(house: House, email: str = "ada@example.org") -> Account:
    found = house.services.accounts.id_of(email)
    with house.services.database.reading() as session:
        account = session.get(Account, found)
    assert account is not None
    return account


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_opens_under_every_notice(build_house: Any, notice: str, language: str) -> None:
    house = build_house(notice=notice)
    ada = house.member(name="Ada")
    ada.headers["Accept-Language"] = language
    ada.send("/meetings", title="Tuesday round")
    for path in (*PAGES, "/privacy/requests"):
        answer = ada.open(path)
        assert answer.status_code == 200, path


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_for_people_who_are_signed_in(house: House, path: str) -> None:
    assert house.visitor().open(path).location.startswith("/sign-in")


@pytest.mark.promise("N1.3", "N3.15")
def test_my_data_shows_each_value_why_and_until_when(house: House) -> None:
    """People see each stored value with why and until when."""
    ada = house.member(name="Ada Quill")
    ada.send("/meetings", title="Tuesday round")
    page = ada.open("/account/data").text
    for said in (
        "Ada Quill",
        "ada@example.org",
        "Tuesday round",
        "held as a hash, not shown",
        "signed in on 1",
    ):
        assert said in page
    assert account_of(house).password not in page
    assert "Ada Quill" not in house.member("ben@example.org").open("/account/data").text


def test_a_day_that_each_sign_in_puts_off_is_told_with_that(house: House) -> None:
    assert "unless you sign in before" in house.member().open("/account/data").text


@pytest.mark.parametrize("notice", ["easymeet24", "web1on1"])
def test_no_sign_in_is_said_to_put_off_what_it_does_not(build_house: Any, notice: str) -> None:
    assert "unless you sign in before" not in build_house(notice=notice).member().open("/account/data").text


@pytest.mark.promise("N1.12")
def test_the_export_needs_the_password_and_has_everything(house: House) -> None:
    """People take along everything about them, against their password."""
    ada = house.member(name="Ada Quill")
    refused = ada.send("/account/export", password="not this one")
    assert refused.status_code == 422
    assert "The password is not right." in refused.text
    answer = ada.send("/account/export", password=PASSWORD)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        data = json.loads(archive.read("data.json"))
        assert set(archive.namelist()) == {"data.json", "accounts.csv", "sign_in_details.csv", "README.txt"}
    assert data["tables"]["accounts"][0]["values"]["name"]["value"] == "Ada Quill"


def test_guessing_at_the_password_of_a_session_is_slowed_down(house: House) -> None:
    ada = house.member()
    answers = [ada.send("/account/export", password="not this one") for _ in range(7)]
    assert "Too many attempts" in answers[-1].text


@pytest.mark.promise("N1.12", "N2.4", "N3.15")
def test_corrected_values_are_kept_and_the_old_ones_erased(house: House, sqlite_files: Path) -> None:
    """People correct their data, and the old values are erased."""
    ada = house.member(name="Ada Quill")
    answer = ada.send(
        "/account/details",
        **{"details-name": "Ada Heron", "details-phone": "+49 30 1234567", "details-country": "de"},
    )
    assert answer.status_code == 303
    account = account_of(house)
    assert (account.name, account.phone, account.country) == ("Ada Heron", "+49 30 1234567", "DE")
    assert b"Ada Quill" not in raw(sqlite_files)


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "call me"), ("country", "XX"), ("country", "Germany"), ("name", "A\x07")]
)
def test_what_makes_no_sense_is_refused_with_a_reason(house: House, field: str, value: str) -> None:
    ada = house.member(name="Ada")
    answer = ada.send("/account/details", **{f"details-{field}": value})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


def test_another_password_ends_every_other_sign_in(house: House) -> None:
    ada, elsewhere = house.member(), house.visitor()
    elsewhere.sign_in()
    fields = {"password-password": PASSWORD, "password-new": "a heron lands at dusk"}
    assert ada.send("/account/password", **fields).status_code == 303
    assert ada.open("/account/data").status_code == 200
    assert elsewhere.open("/account/data").status_code == 302
    assert house.visitor().sign_in(password="a heron lands at dusk").status_code == 303


def test_signing_out_everywhere_ends_every_sign_in(house: House) -> None:
    ada, elsewhere = house.member(), house.visitor()
    elsewhere.sign_in()
    ada.send("/account/sign-ins/end")
    assert elsewhere.open("/account/data").status_code == ada.open("/account/data").status_code == 302


@pytest.mark.promise("N1.12")
def test_a_meeting_and_a_name_are_deleted_one_by_one(house: House, sqlite_files: Path) -> None:
    """People delete single values and single meetings."""
    ada = house.member(name="Ada Quill")
    ada.send("/meetings", title="Tuesday round")
    ada.send("/meetings", title="Friday round")
    page = ada.open("/account/data").text
    deletes = [part.split('"')[0] for part in page.split('action="')[1:] if "/items/meetings/" in part[:40]]
    assert len(deletes) == 2
    assert ada.send(deletes[0]).status_code == 303
    assert ada.send("/account/values/name/delete").status_code == 303
    page = ada.open("/account/data").text
    assert ("Tuesday round" in page) != ("Friday round" in page)
    assert b"Ada Quill" not in raw(sqlite_files)


def test_nobody_deletes_what_is_somebody_elses(house: House) -> None:
    ada = house.member()
    ada.send("/meetings", title="Tuesday round")
    ben = house.member("ben@example.org")
    assert ben.send("/account/items/meetings/1/delete").status_code == 404
    assert ben.send("/account/values/password/delete").status_code == 409
    assert "Tuesday round" in ada.open("/account/data").text


@pytest.mark.promise("N1.12", "N1.15")
def test_deleting_the_account_needs_the_password_and_leaves_nothing(house: House, sqlite_files: Path) -> None:
    """People delete their account, and nothing is left."""
    ada = house.member("ada.quill@example.org", name="Ada Quill")
    ada.send("/meetings", title="Tuesday round")
    assert ada.send("/account/delete", password="not this one").status_code == 422
    answer = ada.send("/account/delete", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert ada.open("/account/data").status_code == 302
    assert house.visitor().sign_in("ada.quill@example.org").status_code == 422
    left = raw(sqlite_files)
    for text in (b"Ada Quill", b"ada.quill@example.org", b"Tuesday round"):
        assert text not in left


def test_what_has_to_stay_is_said_before_deleting(house: House) -> None:
    ada = house.member(name="Ada")
    assert "nothing stays" in ada.open("/account/delete").text
    Holds(house.services.database).add("file 12 O 34/56", NOW, category="account.email")
    page = ada.open("/account/delete").text
    assert "file 12 O 34/56" in page
    assert "E-mail address" in page
    ada.send("/account/delete", password=PASSWORD)
    assert house.visitor().sign_in().status_code == 422


@pytest.mark.promise("N3.15")
def test_a_restriction_is_set_and_lifted(house: House) -> None:
    """People restrict processing, and lift it again."""
    ada = house.member()
    ada.send("/account/restriction/on")
    assert account_of(house).restricted
    assert "Lift the restriction" in ada.open("/account/rights").text
    ada.send("/account/restriction/off")
    assert not account_of(house).restricted


@pytest.mark.promise("N3.15")
def test_an_objection_erases_what_rests_on_legitimate_interest(build_house: Any) -> None:
    """An objection erases what rests on legitimate interest."""
    house = build_house(notice="easymeet24")
    ada = house.member(name="Ada")
    account = account_of(house)
    with house.services.database.writing() as session:
        record = MeetingRecord(subject=account.subject, account_id=account.id, instance="i" * 64)
        session.add(record)
        session.flush()
        session.add(
            Participation(
                subject=account.subject, record_id=record.id, account_id=account.id, seat=0,
                name="Ada", device="Firefox 151", joined_at=NOW,
            )
        )  # fmt: skip
    assert house.services.policy.notice.item("meeting.device").legal_basis == "LegitimateInterest"
    ada.send("/account/objection/on")
    with house.services.database.reading() as session:
        seen = session.scalars(select(Participation)).one()
    assert account_of(house).objected
    assert seen.device is None


@pytest.mark.promise("N2.3")
def test_a_consent_is_withdrawn_as_easily_as_given(build_house: Any) -> None:
    """A consent is withdrawn as easily as given."""
    house = build_house(notice="easymeet24")
    ada = house.member()
    ada.send("/account/consents/newsletter/give")
    me = account_of(house).id
    assert house.services.consents.given(me, "newsletter")
    assert "Withdraw" in ada.open("/account/rights").text
    ada.send("/account/consents/newsletter/withdraw")
    assert not house.services.consents.given(me, "newsletter")
    assert ada.send("/account/consents/nothing/give").status_code == 404


@pytest.mark.promise("N4.4")
def test_a_request_that_was_passed_on_is_answered_by_the_meetings_owner(build_house: Any) -> None:
    """Whoever is answerable for a meeting answers the request that was passed on."""
    house = build_house(notice="web1on1")
    ada, ben = house.member(), house.member("ben@example.org")
    requests = house.services.requests
    number = requests.file("access", "which meetings?", NOW, email="gil@example.org")
    with house.services.database.writing() as session:
        row = session.get(SubjectRequest, number)
        assert row is not None
        row.state = "open"
    requests.pass_on(number, account_of(house).id)
    assert "due on" in ada.open("/account/rights").text
    assert "which meetings?" in ada.open(f"/account/requests/{number}").text
    for refused in (
        ben.open(f"/account/requests/{number}"),
        ben.send(f"/account/requests/{number}", answer="mine"),
    ):
        assert refused.status_code == 404
    assert ada.send(f"/account/requests/{number}", answer="").status_code == 422
    assert ada.send(f"/account/requests/{number}", answer="None at all.").status_code == 303
    filed = requests.get(number)
    assert (filed.state, filed.answer) == ("answered", "None at all.")


def raw(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("onmeet.db*")))


@pytest.mark.promise("N3.15")
@pytest.mark.parametrize("right", ["restriction", "objection"])
def test_after_an_objection_the_relay_is_not_told_to_report_what_it_is_about(
    build_house: Any, right: str
) -> None:
    """After an objection the relay is not told to report what it is about."""
    house = build_house(notice="easymeet24")
    ada = house.member()
    code = ada.start_meeting().json["code"]
    assert ticket_of(house, ada, code).device is not None
    ada.send(f"/account/{right}/on")
    ticket = ticket_of(house, ada, code)
    assert ticket.device is None
    assert "meeting.device" not in ticket.reports
    assert "meeting.times" in ticket.reports


def ticket_of(house: House, visitor: Any, code: str) -> Any:
    """The ticket that this browser would get at the door."""
    with visitor.client as client:
        client.get(f"/m/{code}")
        return entrance.ticket_for(code)
