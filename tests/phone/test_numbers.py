"""How numbers are read, shown, shortened and dialled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.phone.numbers import country_name, country_of, international, masked, shown, tel_link


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("49301234567", "DE", "+49301234567"),
        ("49301234567", "", "+49301234567"),
        ("+1 (212) 555-0123", "DE", "+12125550123"),
        ("2125550123", "US", "+12125550123"),
        ("0228 81000", "DE", "+4922881000"),
        ("800", "DE", ""),  # an extension of the PBX
        ("030 1234567", "", ""),
        ("anonymous", "DE", ""),
        ("1234567e0", "DE", ""),
        ("*97", "DE", ""),
        ("", "DE", ""),
        ("0" * 5000, "DE", ""),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(written: str, country: str, number: str) -> None:
    assert international(written, country) == number


def test_a_number_is_shown_with_the_spaces_of_its_country() -> None:
    assert shown("+49301234567") == "+49 30 1234567"
    assert shown("800") == "800"


@pytest.mark.parametrize(
    ("number", "short"),
    [
        ("+493012342", "+49 … 42"),
        ("+12125550123", "+1 … 23"),
        ("0301234567", "… 67"),
        ("800", "…"),
        ("", "…"),
    ],
)
def test_a_masked_number_shows_country_code_and_two_digits(number: str, short: str) -> None:
    assert masked(number) == short


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_masked_number_hides_at_least_four_digits(number: str) -> None:
    hidden = sum(c.isdigit() for c in number) - sum(c.isdigit() for c in masked(number))
    assert hidden >= 4


@given(st.text(max_size=40), st.sampled_from(["", "DE", "US", "FR"]))
def test_any_text_is_a_number_or_none(text: str, country: str) -> None:
    number = international(text, country)
    assert number == "" or (number.startswith("+") and number[1:].isdigit())
    masked(text)
    shown(text)
    country_of(text)


def test_the_country_of_a_number() -> None:
    assert country_of("+49301234567") == "DE"
    assert country_of("+12125550123") == "US"
    assert country_of("+14165550123") == "CA"
    assert country_of("+87077312345") == ""


def test_the_country_has_a_name_in_each_language() -> None:
    assert country_name("DE", "de") == "Deutschland"
    assert country_name("DE", "en") == "Germany"
    assert country_name("DE", "fr") == "Allemagne"
    assert country_name("DE", "xx") == "Germany"
    assert country_name("ZZZ", "en") == "ZZZ"


def test_a_link_dials_the_number_and_then_the_pin() -> None:
    assert tel_link("+49301234567", "123456789") == "tel:+49301234567,,,123456789%23"
    assert tel_link("+49301234567") == "tel:+49301234567"
