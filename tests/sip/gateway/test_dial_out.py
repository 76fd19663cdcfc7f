"""Calls that the server makes: which numbers, how often, how long, for how much."""

from __future__ import annotations

import pytest

from onmeet.phone.settings import DialOut
from sip.gateway.dial_out import DialOuts, NotDialled, international

BERLIN, PARIS = "+49 30 901820", "+33 1 42 76 40 40"


class Book:
    """A ledger in memory."""

    def __init__(self, millicents: int = 0) -> None:
        self.millicents = millicents

    def spent(self) -> int:
        return self.millicents

    def add(self, millicents: int) -> None:
        self.millicents += millicents


def settings(**changes: object) -> DialOut:
    values = {
        "trunk": "t", "prefixes": ("+49", "+33"), "per_account_per_hour": 2, "per_hour": 3, "max_minutes": 60,
        "monthly_cents": 1000, "rates": {"+49": 0.0, "+33": 0.0},
    }  # fmt: skip
    return DialOut(**{**values, **changes})  # type: ignore[arg-type]


def refusal(dial_outs: DialOuts, number: str, account: int = 1, now: float = 0.0) -> str:
    with pytest.raises(NotDialled) as caught:
        dial_outs.reserve(number, account, now)
    return caught.value.code


def test_without_settings_nothing_is_called():
    assert refusal(DialOuts(None, Book()), BERLIN) == "no-trunk"


@pytest.mark.parametrize(
    "number", ["", "030 901820", "+1 202 456 1414", "+49", "+49 110", "sip:x@y", "+49'; DROP"]
)
def test_numbers_outside_of_the_permitted_countries_are_not_called(number: str):
    assert refusal(DialOuts(settings(), Book()), number) == "not-allowed"


def test_number_is_dialled_in_international_form():
    assert international(BERLIN) == "+4930901820"
    assert DialOuts(settings(), Book()).reserve(BERLIN, 1, 0.0).number == "+4930901820"


def test_limits_count_by_account_and_in_all_and_end_with_the_hour():
    dial_outs = DialOuts(settings(), Book())
    dial_outs.reserve(BERLIN, 1, 0.0)
    dial_outs.reserve(BERLIN, 1, 1.0)
    assert refusal(dial_outs, BERLIN, 1, 2.0) == "limit"
    dial_outs.reserve(BERLIN, 2, 3.0)
    assert refusal(dial_outs, PARIS, 3, 4.0) == "limit"
    dial_outs.reserve(PARIS, 3, 3600.0)


def test_cost_is_reserved_while_calls_last_and_counted_by_the_minute():
    book = Book()
    dial_outs = DialOuts(settings(monthly_cents=100, rates={"+49": 2.5, "+4915": 10.0}, max_minutes=30), book)
    first = dial_outs.reserve(BERLIN, 1, 0.0)
    assert (first.millicents, first.seconds) == (2500, 30 * 60)
    second = dial_outs.reserve(BERLIN, 1, 0.0)
    assert second.seconds == 10 * 60  # 100 cents less the 75 that the first may use
    assert refusal(dial_outs, BERLIN, 2) == "cost"
    dial_outs.settle(first, 61.0)
    assert book.millicents == 5000
    dial_outs.settle(first, 61.0)
    assert book.millicents == 5000
    dial_outs.settle(second, 0.0)
    assert dial_outs.reserve(BERLIN, 2, 0.0).seconds == 30 * 60


def test_longest_prefix_sets_the_price_and_an_unknown_price_is_not_paid():
    dial_outs = DialOuts(settings(rates={"+49": 2.0, "+4915": 10.0}), Book())
    assert dial_outs.reserve("+49 1512 3456789", 1, 0.0).millicents == 10_000
    assert refusal(dial_outs, PARIS) == "not-allowed"


def test_spent_month_leaves_nothing():
    dial_outs = DialOuts(settings(rates={"+49": 2.0}, monthly_cents=100), Book(99_000))
    assert refusal(dial_outs, BERLIN) == "cost"
