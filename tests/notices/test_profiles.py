"""The five notices that come with OnMeet, against what they promise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from onmeet.notices import reading
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.changes import changes, tighter
from onmeet.notices.countries import EEA
from onmeet.notices.notice import Notice, Term
from onmeet.notices.policy import Policy
from onmeet.notices.writing import to_toml

PROMISES = {"on-meet": (1, 20), "meetingsphere": (2, 11), "easymeet24": (3, 17), "web1on1": (4, 10),
            "3cx-webmeeting": (5, 10)}  # fmt: skip
"""By notice: its number among the promises, and how many there are."""

NOT_ABOUT_STORED_DATA = {
    "N1.17": "a public website beside the software; the software's own pages load nothing of anybody else",
    "N1.18": "what a page says in which the software is embedded",
}

YEAR_AND_MORE = (
    Term("call_end", months=12, round_up="month"),
    Term("contract_end", months=3),
)


def cited(notice: Notice) -> set[str]:
    return {
        *notice.promises,
        *(promise for row in (*notice.items, *notice.consents) for promise in row.promises),
    }


def terms(name: str, category: str) -> tuple[Term, ...]:
    item = reading.load(name).item(category)
    assert item is not None, f"{name} does not permit {category}"
    return item.terms


def stored(name: str) -> set[str]:
    policy = Policy(reading.load(name))
    return {category for category in CATEGORIES if policy.storing(category) != "drop"}


def transient(name: str) -> set[str]:
    return {item.category for item in reading.load(name).items if item.transient}


def test_five_notices_are_shipped() -> None:
    assert set(reading.shipped()) == set(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
def test_a_shipped_notice_reads_back_as_it_was_written(name: str) -> None:
    notice = reading.load(name)
    again = reading.parse(to_toml(notice), "again.toml")
    assert isinstance(again, Notice), again
    assert notice.name == name
    assert changes(notice, again) == ()


@pytest.mark.parametrize("name", PROMISES)
def test_every_promise_of_a_notice_is_cited_by_its_own_file(name: str) -> None:
    number, count = PROMISES[name]
    own = {f"N{number}.{n}" for n in range(1, count + 1)}
    found = cited(reading.load(name))
    assert found <= own, "it cites what another notice promises"
    assert own - found == {promise for promise in NOT_ABOUT_STORED_DATA if promise in own}


@pytest.mark.parametrize("name", PROMISES)
def test_every_item_and_consent_of_a_shipped_notice_cites_where_it_comes_from(name: str) -> None:
    notice = reading.load(name)
    assert [row for row in (*notice.items, *notice.consents) if not row.promises] == []


@pytest.mark.parametrize("name", PROMISES)
def test_a_shipped_notice_has_been_published_in_time(name: str) -> None:
    notice = reading.load(name)
    assert notice.effective >= notice.published + timedelta(days=14)
    assert date(2026, 1, 1) <= notice.published
    assert notice.effective < date(2026, 11, 1)
    assert set(notice.languages) == {"de", "en", "fr"}


@pytest.mark.parametrize("name", PROMISES)
def test_a_shipped_notice_names_nobody_real(name: str) -> None:
    notice = reading.load(name)
    assert notice.controller.name == "{operator}"
    contacts = (notice.controller, notice.officer, notice.authority)
    assert {contact.email for contact in contacts} <= {"", "{email}"}
    assert {contact.phone for contact in contacts} == {""}


@pytest.mark.parametrize("name", PROMISES)
def test_whoever_asks_for_their_data_can_be_answered_under_every_notice(name: str) -> None:
    assert "request.subject" in stored(name)


# -- on-meet -----------------------------------------------------------------------------------------


@pytest.mark.promise("N1.2", "N1.4", "N1.7")
def test_on_meet_stores_nothing_that_arises_in_a_call() -> None:
    """Under on-meet nothing that arises in a call may be stored."""
    kept = {"meeting.link", "meeting.topic", "meeting.times"}  # of a meeting that an account keeps
    live = {category for category in CATEGORIES if category.startswith(("meeting.", "call.", "chat."))}
    assert stored("on-meet") & live == kept
    assert not stored("on-meet") & {"recording.file", "notes.text"}
    for category in kept:
        assert terms("on-meet", category) == (Term("account_close"),)


@pytest.mark.promise("N1.3", "N1.6", "N1.14")
def test_on_meet_keeps_what_belongs_to_an_account_as_long_as_the_account() -> None:
    """Under on-meet contact data and payment state stay as long as the account, and no longer."""
    for category in ("account.name", "account.email", "account.phone", "account.country", "billing.state"):
        assert terms("on-meet", category) == (Term("account_close"),)


@pytest.mark.promise("N1.13")
def test_on_meet_closes_an_account_after_two_years_and_warns_a_month_before() -> None:
    """Under on-meet an account that nobody uses is closed after two years, after a month's warning."""
    assert Term("last_activity", months=24, warn_days=30) in terms("on-meet", "account.times")


@pytest.mark.promise("N1.5")
def test_on_meet_has_essential_cookies_only() -> None:
    """Under on-meet there are functional cookies only, and nothing to consent to."""
    notice = reading.load("on-meet")
    assert all(cookie.essential for cookie in notice.cookies)
    assert notice.consents == ()


@pytest.mark.promise("N1.14")
def test_on_meet_keeps_invoices_as_the_law_demands_and_nothing_else_against_the_owner_s_will() -> None:
    """Under on-meet invoices alone are kept by law."""
    duties = [item.category for item in reading.load("on-meet").items if item.legal_duty]
    assert duties == ["billing.invoice"]


@pytest.mark.promise("N1.20")
def test_on_meet_says_where_data_is_processed() -> None:
    """on-meet names Canada and Germany as the places of processing."""
    notice = reading.load("on-meet")
    assert {location.country for location in notice.locations} == {"CA", "DE"}
    assert notice.controller.address == "{address}"


@pytest.mark.parametrize("name", [name for name in PROMISES if name != "on-meet"])
def test_on_meet_is_the_strictest(name: str) -> None:
    assert not tighter(reading.load(name), reading.load("on-meet"))
    extra = stored("on-meet") - stored(name)
    assert all(category.startswith(("account.", "billing.", "meeting.times")) for category in extra)


# -- meetingsphere -----------------------------------------------------------------------------------


@pytest.mark.promise("N2.6")
def test_meetingsphere_keeps_invoices_seven_years_and_in_germany_ten() -> None:
    """Under meetingsphere invoices, which come with payment, stay seven years, and ten in Germany."""
    assert terms("meetingsphere", "billing.invoice") == (
        Term("invoice_date", years=7),
        Term("invoice_date", years=10, round_up="year", country="DE"),
    )


@pytest.mark.promise("N2.7")
def test_meetingsphere_shows_its_security_log_to_nobody_but_security() -> None:
    """Under meetingsphere the security log serves security alone and goes to nobody."""
    item = reading.load("meetingsphere").item("security.ip")
    assert item is not None
    assert (item.purpose, item.readers, item.recipients) == ("EnforceSecurity", ("security",), ())
    assert item.terms == (Term("collected", days=30),)


@pytest.mark.promise("N2.8")
def test_meetingsphere_never_stores_where_a_visitor_is() -> None:
    """Under meetingsphere a visitor's country is never stored."""
    assert "visitor.country" in transient("meetingsphere")


@pytest.mark.promise("N2.1", "N2.9")
def test_meetingsphere_counts_only_with_consent_and_only_in_aggregate() -> None:
    """Under meetingsphere statistics rest on consent and are sums only."""
    notice = reading.load("meetingsphere")
    item = notice.item("usage.aggregate")
    assert item is not None
    assert (item.legal_basis, item.form) == ("Consent", "aggregate")
    optional = [cookie for cookie in notice.cookies if not cookie.essential]
    assert [cookie.consent for cookie in optional] == ["statistics"]


@pytest.mark.promise("N2.2")
def test_meetingsphere_names_a_purpose_for_each_consent() -> None:
    """Trial, subscription, enquiry and newsletter have a consent each, with a purpose of its own."""
    consents = {consent.name: consent.purpose for consent in reading.load("meetingsphere").consents}
    assert consents.keys() >= {"trial", "subscription", "enquiry", "newsletter"}
    assert len({consents[name] for name in ("trial", "subscription", "enquiry", "newsletter")}) == 4


@pytest.mark.promise("N2.5")
def test_meetingsphere_forgets_an_address_when_its_owner_leaves_the_newsletter() -> None:
    """Leaving the newsletter ends the right to keep the address for it."""
    assert Term("consent_withdrawn") in terms("meetingsphere", "newsletter.address")


# -- easymeet24 --------------------------------------------------------------------------------------


@pytest.mark.promise("N3.2", "N3.3", "N3.5", "N3.8")
@pytest.mark.parametrize("category", [
    "meeting.link", "meeting.times", "meeting.participants", "meeting.joins", "meeting.access_kind",
    "meeting.integration", "meeting.ip", "meeting.device", "meeting.quality", "call.caller_number",
    "call.callee_number", "call.times", "call.ip",
])  # fmt: skip
def test_easymeet24_keeps_traffic_data_for_twelve_full_months(category: str) -> None:
    """Traffic data goes after twelve full months, or three months after the contract."""
    assert terms("easymeet24", category) == YEAR_AND_MORE


@pytest.mark.promise("N3.4")
@pytest.mark.parametrize("category", ["account.name", "account.email", "account.phone", "billing.state"])
def test_easymeet24_keeps_contract_data_to_the_end_of_the_next_calendar_year(category: str) -> None:
    """Contract data goes at the end of the calendar year after the contract's end."""
    assert terms("easymeet24", category) == (Term("contract_end", years=1, round_up="year"),)


@pytest.mark.promise("N3.7")
def test_easymeet24_shows_participants_to_whoever_has_the_link() -> None:
    """easymeet24 alone shows participants to whoever has the link."""
    item = reading.load("easymeet24").item("meeting.participants")
    assert item is not None
    assert "link-holders" in item.readers
    for name in set(PROMISES) - {"easymeet24"}:
        other = reading.load(name).item("meeting.participants")
        assert other is None or "link-holders" not in other.readers


@pytest.mark.promise("N3.10")
def test_easymeet24_measures_load_in_aggregate_for_the_operator_alone() -> None:
    """Under easymeet24 the operator measures the load in aggregate."""
    item = reading.load("easymeet24").item("usage.aggregate")
    assert item is not None
    assert (item.form, item.readers) == ("aggregate", ("operator",))


@pytest.mark.promise("N3.9")
def test_easymeet24_keeps_nothing_that_is_said_written_or_shown() -> None:
    """What is said, written or shown is passed on between participants and never stored."""
    assert not stored("easymeet24") & {"chat.message", "notes.text", "recording.file"}


@pytest.mark.promise("N3.15")
def test_easymeet24_names_a_data_protection_officer_and_an_authority() -> None:
    """easymeet24 names a data-protection officer and an authority."""
    notice = reading.load("easymeet24")
    assert notice.officer.email
    assert notice.authority.web


# -- web1on1 -----------------------------------------------------------------------------------------


@pytest.mark.promise("N4.5")
def test_web1on1_is_not_for_people_under_sixteen() -> None:
    """web1on1 is not for people under sixteen."""
    assert reading.load("web1on1").minimum_age == 16


@pytest.mark.promise("N4.8")
def test_web1on1_counts_use_in_aggregate() -> None:
    """Under web1on1 use is counted in sums only."""
    item = reading.load("web1on1").item("usage.aggregate")
    assert item is not None
    assert item.form == "aggregate"


@pytest.mark.promise("N4.9")
def test_web1on1_tells_session_cookies_from_lasting_ones() -> None:
    """web1on1 tells cookies of a session from lasting ones."""
    assert {bool(cookie.days) for cookie in reading.load("web1on1").cookies} == {True, False}


# -- 3cx-webmeeting ----------------------------------------------------------------------------------


@pytest.mark.promise("N5.2", "N5.3", "N5.4", "N5.5")
def test_3cx_webmeeting_stores_what_it_lists_and_nothing_else() -> None:
    """Under 3cx-webmeeting exactly what its notice lists may be stored."""
    listed = {
        "account.name", "account.phone", "account.email", "account.password", "account.picture",
        "meeting.topic", "meeting.description", "meeting.ip", "meeting.device", "notes.text",
        "recording.file", "call.caller_number", "call.callee_number", "call.ip", "call.licence_key",
        "call.pbx_domain",
    }  # fmt: skip
    needed = {"account.sign_in", "meeting.link", "request.subject"}
    assert stored("3cx-webmeeting") == listed | needed


@pytest.mark.promise("N5.6")
def test_3cx_webmeeting_tells_people_before_the_first_use_of_each_function() -> None:
    """3cx-webmeeting tells people before camera, microphone, chat and telephone, which is to come."""
    before = {consent.before: consent.asked for consent in reading.load("3cx-webmeeting").consents}
    assert before.keys() >= {"camera", "microphone", "chat", "telephone"}
    assert not before["chat"], "to use it after the notice is the consent"


@pytest.mark.promise("N5.7", "N5.8")
def test_3cx_webmeeting_stays_in_the_eea_and_binds_its_processors_by_contract() -> None:
    """3cx-webmeeting stays in the EU and EEA; each processor is listed with its contract."""
    notice = reading.load("3cx-webmeeting")
    assert notice.eea_only
    assert {place.country for place in (*notice.locations, *notice.recipients)} <= EEA
    assert all(recipient.contract for recipient in notice.recipients)


@pytest.mark.promise("N5.10")
def test_3cx_webmeeting_rests_on_a_public_task_and_contributions_on_consent() -> None:
    """Meetings rest on the public task; what people contribute rests on their consent."""
    notice = reading.load("3cx-webmeeting")
    bases = {item.category: item.legal_basis for item in notice.items}
    assert bases["meeting.ip"] == bases["call.caller_number"] == "PublicInterest"
    assert bases["chat.message"] == bases["recording.file"] == "Consent"
