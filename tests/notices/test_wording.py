"""Every word of the vocabulary in every language, and terms as people say them."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from onmeet.notices import wording
from onmeet.notices.categories import CATEGORIES, EVENTS
from onmeet.notices.notice import Form, Item, Reader, Term
from onmeet.notices.words import words
from tests.factories.french import slips_in

LANGUAGES = pytest.mark.parametrize("language", wording.LANGUAGES)


def item(category: str, *terms: Term, **fields: object) -> Item:
    """An item of which only the term and the form matter."""
    return Item(category, "ServiceProvision", "Contract", terms=terms, **fields)  # type: ignore[arg-type]


@LANGUAGES
def test_every_word_of_the_vocabulary_is_said_in_every_language(language: str) -> None:
    said, english = words(language), words("en")
    assert set(said.categories) == set(CATEGORIES)
    assert set(said.readers) == set(get_args(Reader))
    assert set(EVENTS) <= set(said.terms.events)
    assert {form.partition(".")[0] for form in said.forms} >= set(get_args(Form))
    for table in ("purposes", "bases", "forms", "phrases"):
        assert set(getattr(said, table)) == set(getattr(english, table)), table
    assert all(name and detail for name, detail in said.categories.values())


def test_french_is_set_as_french() -> None:
    assert slips_in(words("fr")) == []
    terms = (Term("invoice_date", years=8, country="DE"), Term("last_activity", years=2, warn_days=30))
    phrase = wording.until(item("billing.invoice", *terms), "fr")
    assert phrase.count("\N{NARROW NO-BREAK SPACE}; ") == 2
    assert slips_in(phrase) == []


@LANGUAGES
@pytest.mark.parametrize("category", sorted(CATEGORIES))
def test_every_term_that_a_category_may_have_becomes_a_phrase(language: str, category: str) -> None:
    for event in CATEGORIES[category].events:
        for term in (
            Term(event), Term(event, days=30), Term(event, years=1, round_up="year"),
            Term(event, years=10, round_up="year"), Term(event, months=12, round_up="month"),
            Term(event, round_up="month"), Term(event, years=2, months=6, country="DE"),
        ):  # fmt: skip
            phrase = wording.until(item(category, term), language)
            assert phrase
            assert "{" not in phrase
    assert wording.until(item(category, transient=True), language)


@pytest.mark.promise("N3.3")
@pytest.mark.parametrize(
    ("language", "phrase"),
    [
        ("en", "for the last twelve full months, or until three months after the contract ended"),
        ("de", "für die letzten zwölf vollen Monate, oder bis drei Monate nach Ende des Vertrags"),
        ("fr", "pour les douze derniers mois complets, ou jusqu’à trois mois après la fin du contrat"),
    ],
)
def test_traffic_data_is_said_to_be_kept_for_twelve_full_months(language: str, phrase: str) -> None:
    """The page says 'for the last twelve full months' of traffic data."""
    terms = (Term("call_end", months=12, round_up="month"), Term("contract_end", months=3))
    assert wording.until(item("meeting.joins", *terms), language).startswith(phrase)


@pytest.mark.promise("N3.4")
def test_contract_data_is_said_to_go_at_the_end_of_the_calendar_year_after() -> None:
    """The page says of contract data when the calendar year of its end is."""
    contract = item("account.name", Term("contract_end", years=1, round_up="year"))
    assert wording.until(contract, "en") == (
        "until the end of the calendar year after the one in which the contract ended"
    )
    assert wording.until(contract, "de") == (
        "bis zum Ende des Kalenderjahres, das auf das Jahr des Vertragsendes folgt"
    )


@pytest.mark.promise("N2.6")
def test_terms_of_a_country_are_told_apart() -> None:
    """The page tells the terms of invoices apart by country."""
    invoice = item(
        "billing.invoice", Term("invoice_date", years=7, country="US"), Term("invoice_date", years=10)
    )
    assert wording.until(invoice, "en") == (
        "United States: until seven years after the invoice; elsewhere: until ten years after the invoice"
    )


def test_a_meeting_ends_where_a_call_ends() -> None:
    assert wording.until(item("meeting.joins", Term("call_end")), "en") == "until the meeting ends"
    assert wording.until(item("call.times", Term("call_end")), "en") == "until the call ends"


def test_the_warning_before_an_inactive_account_goes_is_said() -> None:
    name = item("account.name", Term("account_close"), Term("last_activity", years=2, warn_days=30))
    assert wording.until(name, "en") == (
        "until the account is closed or deleted, or until two years after the last sign-in,"
        " whichever comes first; you are warned by e-mail 30 days before"
    )


def test_a_cut_address_and_a_cut_number_are_cut_in_different_words() -> None:
    address = wording.form(item("meeting.ip", form="truncated"), "en")
    number = wording.form(item("call.caller_number", form="truncated"), "en")
    assert "neighbourhood" in address
    assert "last two digits" in number


def test_the_key_of_a_hash_is_said_to_change() -> None:
    hashed = item("meeting.ip", form="pseudonymised", rotate_days=7)
    assert wording.form(hashed, "de").endswith("der Schlüssel wechselt alle sieben Tage")


@LANGUAGES
def test_days_and_countries_are_written_as_the_language_does(language: str) -> None:
    names = {
        "de": ("1. März 2026", "Kanada"),
        "en": ("1 March 2026", "Canada"),
        "fr": ("1 mars 2026", "Canada"),
    }
    assert (wording.day(date(2026, 3, 1), language), wording.country("CA", language)) == names[language]


def test_an_unknown_language_reads_english() -> None:
    assert wording.category("account.name", "pt") == "Name"
    assert wording.day(date(2026, 3, 1), "pt") == "1 March 2026"


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "Art. 28 und 46 DSGVO"), ("en", "GDPR Art. 28 and 46"), ("fr", "art. 28 et 46 RGPD")],
)
def test_a_contract_is_cited_as_each_language_does(language: str, said: str) -> None:
    assert wording.safeguard("GDPR Art. 28 and 46", language) == said
    assert wording.safeguard("Standard clauses of 2021", language) == "Standard clauses of 2021"


def test_german_counts_the_days_of_back_ups_in_the_right_case() -> None:
    said = wording.phrase("backups.text", "de", span=wording.span("de", days=30))
    assert "spätestens 30 Tage danach" in said
