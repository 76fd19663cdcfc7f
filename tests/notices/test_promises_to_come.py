"""Promises about functions that are to come: what the notices say of their data, and that none is held.

A notice permits before the function exists; until it does, there is no place for the data.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from onmeet.db import Base
from onmeet.notices import outlets, reading
from onmeet.notices.columns import category_of
from onmeet.notices.document import sections
from onmeet.notices.notice import Item, Term
from onmeet.notices.wording import phrase
from onmeet.web.notice_pages import places
from tests.factories.house import build_house, empty_database, new_database
from tests.factories.policies import policy

__all__ = ["build_house", "empty_database", "new_database"]

PROFILES = pytest.mark.parametrize("profile", reading.shipped())


def item(profile: str, category: str) -> Item:
    found = reading.load(profile).item(category)
    assert found is not None, f"{profile} does not permit {category}"
    return found


def storing(category: str) -> set[str]:
    """The notices that permit to store it."""
    return {name for name in reading.shipped() if policy(name).stores(category)}


def listing(category: str) -> set[str]:
    """The notices that mention it at all."""
    return {name for name in reading.shipped() if policy(name).item(category) is not None}


def has_a_place(category: str) -> bool:
    """Whether any column, file or part of the memory is declared to hold it."""
    everywhere = places()
    files = {outlet.category for outlet in outlets.FILES}
    return category in everywhere.stored | everywhere.memory | files


@pytest.mark.promise("N2.6", "N2.11", "N3.5", "N4.1", "N4.6", "N5.2", "N5.3", "N5.4")
@PROFILES
def test_the_page_says_what_is_permitted_and_not_collected_yet(build_house: Any, profile: str) -> None:
    """The notice's page says beside each item that no function collects yet that it is not collected."""
    page = unescape(build_house(notice=profile).visitor().open("/privacy").text)
    rows = re.findall(r"<tr\b.*?</tr>", page, re.DOTALL)
    told = [row for row in rows if phrase("note.nowhere", "en") in row]
    document = sections(reading.load(profile), "en", places())
    lines = [line for group in document.groups for shelf in group.shelves for line in shelf.lines]
    missing = [line.name for line in lines if line.nowhere]
    assert len(told) == len(missing)
    assert all(any(name in row for row in told) for name in missing)


@pytest.mark.promise("N1.4", "N5.4")
def test_nothing_is_recorded_and_one_notice_alone_would_permit_it() -> None:
    """Recording is still to come: there is no place for one, and 3cx-webmeeting alone would permit it."""
    assert not has_a_place("recording.file")
    assert storing("recording.file") == {"3cx-webmeeting"}
    assert item("3cx-webmeeting", "recording.file").legal_basis == "Consent"
    assert "recording" in {consent.name for consent in reading.load("3cx-webmeeting").consents}


@pytest.mark.promise("N1.8")
def test_contact_data_serves_the_account_and_goes_to_the_mail_server_alone() -> None:
    """Contact data serves the account and goes to the mail server alone; password recovery is to come."""
    for category in ("account.name", "account.email", "account.phone", "account.country"):
        found = item("on-meet", category)
        assert found.purpose == "AccountManagement"
        assert found.recipients == (("mail provider",) if category == "account.email" else ())
    assert "DirectMarketing" not in {each.purpose for each in reading.load("on-meet").items}


@pytest.mark.promise("N1.11")
def test_what_a_group_may_see_is_said_beforehand_and_is_nothing_of_a_call(build_house: Any) -> None:
    """The notice says beforehand what a group may see of its members: nothing of a call."""
    seen = {each.category for each in reading.load("on-meet").items if "group" in each.readers}
    assert seen == {"account.name", "account.email", "billing.state"}
    page = unescape(build_house().visitor().open("/privacy").text)
    assert page.count("whoever pays for a group of accounts") == len(seen)
    of_groups = [table for table in Base.metadata.sorted_tables if "group_id" in table.columns]
    held = {category_of(column) for table in of_groups for column in table.columns} - {None}
    assert held <= {"billing.state", "billing.invoice"}


@pytest.mark.promise("N2.8")
def test_where_a_visitor_is_is_looked_up_and_stored_nowhere(build_house: Any) -> None:
    """A visitor's country is in memory while prices are shown; one notice mentions it, none stores it."""
    assert "visitor.country" in places().memory
    assert "visitor.country" not in places().stored | {outlet.category for outlet in outlets.FILES}
    assert listing("visitor.country") == {"meetingsphere"}
    assert storing("visitor.country") == set()
    page = build_house(notice="meetingsphere").visitor().open("/m/abc-defg-hjk")
    assert "geolocation=()" in page.headers["Permissions-Policy"]


@pytest.mark.promise("N2.11")
def test_agenda_ideas_and_minutes_belong_to_their_meeting_centre() -> None:
    """Facilitated meetings and trials are to come; notes may be seen by those who were there alone."""
    notes = item("meetingsphere", "notes.text")
    assert notes.terms == (Term("account_close"),)
    assert set(notes.readers) == {"host", "participants"}
    assert not has_a_place("notes.text")


@pytest.mark.promise("N3.11", "N3.17")
def test_seminars_and_surveys_are_asked_about_each_by_itself(build_house: Any) -> None:
    """Seminars and surveys are to come; a yes to one of them is no yes to the other or to news."""
    house = build_house(notice="easymeet24")
    ada = house.member()
    ada.send("/account/consents/seminar/give")
    given = [name for name in ("newsletter", "seminar", "survey") if house.services.consents.given(1, name)]
    assert given == ["seminar"]
    ada.send("/account/consents/seminar/withdraw")
    assert not house.services.consents.given(1, "seminar")


@pytest.mark.promise("N3.13")
def test_faults_and_misuse_are_purposes_that_easymeet24_names() -> None:
    """Addresses, devices and quality serve against faults and misuse, and for nothing else."""
    found = {
        each.category: each.purpose for each in reading.load("easymeet24").items if "N3.13" in each.promises
    }
    assert found == {
        "meeting.ip": "MisusePreventionAndDetection",
        "meeting.device": "IncreaseServiceRobustness",
        "meeting.quality": "IncreaseServiceRobustness",
        "call.ip": "MisusePreventionAndDetection",
        "security.ip": "MisusePreventionAndDetection",
    }


@pytest.mark.promise("N4.1")
def test_messages_may_be_stored_for_businesses_alone_and_are_not_yet() -> None:
    """Messaging for businesses is to come; web1on1 alone lets messages be stored, and none is yet."""
    assert storing("chat.message") == {"web1on1"}
    assert "chat.message" not in places().stored
    assert set(item("web1on1", "chat.message").readers) == {"host", "participants"}


@pytest.mark.promise("N4.3")
def test_service_data_account_data_and_usage_data_have_rules_of_their_own() -> None:
    """Data handled for customers, account data and usage data have rules of their own."""
    notice = reading.load("web1on1")
    service = [each for each in notice.items if each.category.startswith(("meeting.", "chat."))]
    account = [each for each in notice.items if each.category.startswith("account.")]
    usage = [each for each in notice.items if each.category.startswith("usage.")]
    assert service
    assert account
    assert usage
    assert all("operator" not in each.readers and "N4.3" in each.promises for each in service)
    assert all(each.transient or Term("contract_end") in each.terms for each in service)
    assert all("account_close" in str(each.terms) or "contract_end" in str(each.terms) for each in account)
    assert all((each.form, each.readers) == ("aggregate", ("operator",)) for each in usage)


@pytest.mark.promise("N4.6")
def test_enquiries_would_be_kept_for_follow_up_and_no_longer() -> None:
    """Demo requests and enquiries are to come; web1on1 would keep them for a year after the answer."""
    assert item("web1on1", "contact.request").terms == (Term("request_closed", months=12),)
    assert not has_a_place("contact.request")


@pytest.mark.promise("N5.1", "N5.5", "N3.2", "N3.12")
def test_telephone_numbers_are_stored_only_where_a_notice_says_so() -> None:
    """The telephone gateway is to come; numbers may be stored under the two notices that say so, no other."""
    for category in ("call.caller_number", "call.callee_number"):
        assert storing(category) == {"easymeet24", "3cx-webmeeting"}
    for category in ("call.licence_key", "call.pbx_domain"):
        assert storing(category) == {"3cx-webmeeting"}
