"""The whole notice as texts: every permitted category is named, no other, in each language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from onmeet.notices import reading, wording
from onmeet.notices.activities import activities, transfers
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.document import Document, Line, Places, sections
from onmeet.notices.dpv import LEGAL_BASES, PURPOSES
from onmeet.notices.notice import Contact, Item, Notice, Recipient, Term
from onmeet.notices.words import words

LANGUAGES = pytest.mark.parametrize("language", wording.LANGUAGES)
PROFILES = pytest.mark.parametrize("profile", reading.shipped())


def lines_of(document: Document) -> list[Line]:
    """Every item of a document."""
    return [line for group in document.groups for shelf in group.shelves for line in shelf.lines]


def small(*items: Item, **more: object) -> Notice:
    """A notice that permits `items`."""
    day = date(2026, 1, 5)
    return Notice(
        name="small", version="1", published=day, effective=day, languages=("en",),
        controller=Contact(name="Ada"), items=items, **more,  # type: ignore[arg-type]
    )  # fmt: skip


@LANGUAGES
def test_every_purpose_and_basis_that_a_notice_may_name_is_said(language: str) -> None:
    assert set(words(language).purposes) == set(PURPOSES)
    assert set(words(language).bases) == set(LEGAL_BASES)


@pytest.mark.promise("N1.2", "N3.1", "N5.9")
@LANGUAGES
@PROFILES
def test_exactly_the_permitted_categories_are_named(profile: str, language: str) -> None:
    """Each permitted kind of data is named with purpose, legal basis and end, and no other is."""
    notice = reading.load(profile)
    document = sections(notice, language)
    assert {line.category for line in lines_of(document)} == {item.category for item in notice.items}
    for line in lines_of(document):
        item = notice.item(line.category)
        assert item is not None
        assert line.until == wording.until(item, language)
        assert line.basis == wording.basis(item.legal_basis, language)
        assert line.why == wording.purpose(item.purpose, language)
        assert line.duty == item.legal_duty
    assert document.version == notice.version
    assert wording.day(notice.published, language) == document.published


@LANGUAGES
@PROFILES
def test_the_summary_names_nothing_that_is_not_permitted(profile: str, language: str) -> None:
    notice = reading.load(profile)
    permitted = {wording.category(item.category, language) for item in notice.items}
    summary = sections(notice, language).summary
    named = {name for fact in summary for kept in fact.kept for name in kept.names}
    assert named
    assert named <= permitted
    assert 3 <= len(summary) <= 5


@pytest.mark.promise("N1.2", "N1.7")
def test_a_notice_that_keeps_nothing_after_a_call_says_so() -> None:
    """The page of on-meet says first that nothing stays after a call."""
    facts = {fact.key: fact for fact in sections(reading.load("on-meet"), "en").summary}
    assert "nothing" in facts
    assert "stays" not in facts
    assert "gone" in facts["nothing"].text


@pytest.mark.promise("N3.2", "N3.3", "N3.5")
def test_a_notice_that_keeps_traffic_data_says_which_and_until_when() -> None:
    """The page of easymeet24 says which traffic data stays, and until when."""
    facts = {fact.key: fact for fact in sections(reading.load("easymeet24"), "en").summary}
    assert "nothing" not in facts
    (kept,) = facts["stays"].kept
    assert "Network addresses in a meeting" in kept.names
    assert kept.until.startswith("for the last twelve full months")


@pytest.mark.promise("N5.4")
def test_what_the_software_has_no_place_for_is_said_not_to_be_collected() -> None:
    """What the software has no place for is said not to be collected."""
    recorded = Item("recording.file", "ServiceProvision", "Consent", terms=(Term("call_end", days=7),))
    notice = small(recorded)
    nowhere, stored = (
        Places(frozenset(), frozenset(["recording.file"])),
        Places(frozenset(["recording.file"]), frozenset()),
    )
    assert [line.nowhere for line in lines_of(sections(notice, "en", places=nowhere))] == [True]
    assert [line.nowhere for line in lines_of(sections(notice, "en", places=stored))] == [False]
    assert {fact.key for fact in sections(notice, "en", places=nowhere).summary} >= {"nothing"}
    (stays,) = [fact for fact in sections(notice, "en").summary if fact.key == "stays"]
    assert "never" not in stays.text


def test_items_that_go_together_stand_together() -> None:
    document = sections(reading.load("easymeet24"), "en")
    (meeting,) = [group for group in document.groups if group.key == "meeting"]
    assert len({shelf.until for shelf in meeting.shelves}) == len(meeting.shelves)
    assert meeting.shelves[0].kind == "memory"


def test_meetings_that_an_account_keeps_are_told_apart_from_calls() -> None:
    kept = Item("meeting.topic", "ServiceProvision", "Contract", terms=(Term("account_close"),))
    (group,) = sections(small(kept), "en").groups
    assert group.key == "kept"
    (group,) = sections(small(replace(kept, terms=(Term("call_end"),))), "en").groups
    assert group.key == "meeting"


@pytest.mark.promise("N2.1", "N1.5")
@LANGUAGES
@PROFILES
def test_cookies_that_are_not_needed_are_said_to_ask_first(profile: str, language: str) -> None:
    """The page names every cookie, and says of those not needed that they ask first."""
    notice = reading.load(profile)
    document = sections(notice, language)
    assert [cookie.essential for cookie in document.cookies] == [one.essential for one in notice.cookies]
    keys = {fact.key for fact in document.summary}
    assert ("choice" in keys) == any(not cookie.essential for cookie in notice.cookies)


@pytest.mark.promise("N3.15")
@LANGUAGES
@PROFILES
def test_all_rights_are_named_under_every_notice(profile: str, language: str) -> None:
    """Every notice names all rights, with their articles, and the right to complain."""
    document = sections(reading.load(profile), language)
    articles = " ".join(text for _, text in document.rights)
    assert all(f"{number}" in articles for number in (15, 16, 17, 18, 20, 21, 77))


@pytest.mark.promise("N4.5")
def test_a_minimum_age_is_said() -> None:
    """A notice for people over an age says so."""
    assert "16" in sections(reading.load("web1on1"), "de").children
    assert sections(reading.load("on-meet"), "de").children == ""


@pytest.mark.promise("N1.14")
@LANGUAGES
def test_back_ups_are_said_to_forget(language: str) -> None:
    """The page says after how many days back-ups have forgotten what was deleted."""
    assert "30" in sections(reading.load("on-meet"), language).backups


@pytest.mark.promise("N2.2", "N5.6")
@LANGUAGES
@PROFILES
def test_every_consent_of_a_shipped_notice_has_words(profile: str, language: str) -> None:
    """Every consent that a notice asks for has its words, in each language."""
    for consent in reading.load(profile).consents:
        assert wording.consent(consent.name, language), consent.name


@pytest.mark.promise("N5.7", "N3.16")
@LANGUAGES
@PROFILES
def test_recipients_are_told_with_country_and_what_they_get(profile: str, language: str) -> None:
    """Each recipient is named with country, role and what it gets."""
    notice = reading.load(profile)
    told = sections(notice, language).recipients
    assert [each.country for each in told] == [
        wording.country(r.country, language) for r in notice.recipients
    ]
    for each, recipient in zip(told, notice.recipients, strict=True):
        got = [item.category for item in notice.items if recipient.name in item.recipients]
        assert all(wording.category(name, language) in each.data for name in got)


def test_that_nothing_goes_to_advertisers_is_said_only_where_it_is_so() -> None:
    ads = Recipient("Ads Inc", "recipient", "DirectMarketing", "DE")
    assert sections(small(recipients=(ads,)), "en").advertises
    assert not sections(reading.load("meetingsphere"), "en").advertises


@LANGUAGES
@PROFILES
def test_the_record_of_activities_has_every_item_once(profile: str, language: str) -> None:
    notice = reading.load(profile)
    rows = activities(notice, language)
    assert sorted(line.category for row in rows for line in row.data) == sorted(
        item.category for item in notice.items
    )
    assert all(row.subjects and row.basis and row.times for row in rows)


def test_a_transfer_out_of_the_eea_is_told_with_its_safeguard() -> None:
    notice = small(
        recipients=(
            Recipient("Mail Inc", "processor", "TechnicalServiceProvision", "US", "GDPR Art. 46"),
            Recipient("Post SA", "processor", "TechnicalServiceProvision", "FR"),
        )
    )
    assert transfers(notice, "en") == ("Mail Inc, United States: GDPR Art. 46",)


def test_every_category_has_a_group() -> None:
    every = [Item(name, "ServiceProvision", "Contract", transient=True) for name in CATEGORIES]
    assert {line.category for line in lines_of(sections(small(*every), "en"))} == set(CATEGORIES)
