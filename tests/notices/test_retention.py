"""Until when: the terms of the notices, month ends, leap days, countries, and the cutoff as exact inverse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from onmeet.notices.notice import Item, Term
from onmeet.notices.retention import Until, cutoff_day, cutoff_moment, due_at, goes_at, terms_for, until


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def item(*terms: Term, transient: bool = False) -> Item:
    return Item("meeting.times", "ServiceProvision", "Contract", terms=terms, transient=transient)


TWELVE_FULL_MONTHS = Term("call_end", months=12, round_up="month")
YEAR_AFTER_THE_CONTRACT = Term("contract_end", years=1, round_up="year")
THREE_MONTHS_AFTER = Term("contract_end", months=3)
IN_DE = Term("invoice_date", years=10, round_up="year", country="DE")
IN_US = Term("invoice_date", years=7, round_up="year", country="US")


@pytest.mark.promise("N1.2")
def test_what_arises_in_a_call_is_due_the_moment_the_call_ends():
    """What may stay until the call's end is due the moment it ends."""
    ended = at(2026, 11, 22, 9, 30)
    assert due_at(Term("call_end"), ended) == ended
    assert due_at(Term("call_end"), date(2026, 11, 22)) <= ended


@pytest.mark.promise("N3.3")
@pytest.mark.parametrize(
    ("event", "goes"),
    [
        (date(2027, 3, 1), at(2028, 4, 1)),
        (date(2027, 3, 31), at(2028, 4, 1)),
        (date(2027, 4, 1), at(2028, 5, 1)),
        (date(2027, 12, 31), at(2029, 1, 1)),
        (date(2028, 2, 29), at(2029, 3, 1)),
    ],
)
def test_traffic_data_is_kept_for_the_last_twelve_full_months(event: date, goes: datetime):
    """The last twelve full months are reckoned by the calendar."""
    assert due_at(TWELVE_FULL_MONTHS, event) == goes


@pytest.mark.promise("N3.3")
def test_traffic_data_goes_three_months_after_the_contract_if_that_is_earlier():
    """Three months after the contract's end traffic data goes, if that is earlier."""
    kept = item(TWELVE_FULL_MONTHS, THREE_MONTHS_AFTER)
    call: dict = {"call_end": date(2027, 11, 3)}
    assert goes_at(kept, call) == at(2028, 12, 1)
    assert goes_at(kept, call | {"contract_end": date(2027, 11, 30)}) == at(2028, 2, 29)
    assert goes_at(kept, call | {"contract_end": date(2028, 11, 30)}) == at(2028, 12, 1)


@pytest.mark.promise("N3.4")
@pytest.mark.parametrize("ended", [date(2026, 1, 1), date(2026, 6, 15), date(2026, 12, 31)])
def test_contract_data_goes_at_the_end_of_the_calendar_year_after_the_contract_ended(ended: date):
    """The end of the next calendar year is reckoned from the contract's end."""
    assert due_at(YEAR_AFTER_THE_CONTRACT, ended) == at(2028, 1, 1)


@pytest.mark.promise("N2.6", "N1.14")
def test_invoices_are_kept_ten_years_in_germany_and_seven_in_the_united_states():
    """An invoice's end is reckoned by the customer's country."""
    kept = item(IN_DE, IN_US)
    paid: dict = {"invoice_date": date(2026, 3, 9)}
    assert goes_at(kept, paid, "DE") == at(2037, 1, 1)
    assert goes_at(kept, paid, "us") == at(2034, 1, 1)


def test_a_country_without_terms_of_its_own_has_the_general_ones_or_the_shortest():
    general = Term("invoice_date", years=3)
    assert terms_for(item(IN_DE, IN_US, general), "FR") == (general,)
    assert terms_for(item(IN_DE, IN_US, general), None) == (general,)
    assert terms_for(item(IN_DE, IN_US, general), "DE") == (IN_DE,)
    assert goes_at(item(IN_DE, IN_US), {"invoice_date": date(2026, 3, 9)}, "FR") == at(2034, 1, 1)


def test_terms_of_other_events_hold_beside_those_of_a_country():
    closing = Term("account_close", days=30)
    assert terms_for(item(IN_DE, closing), "DE") == (IN_DE, closing)


@pytest.mark.parametrize(
    ("event", "term", "goes"),
    [
        (date(2026, 1, 31), Term("collected", months=1), at(2026, 2, 28)),
        (date(2028, 1, 31), Term("collected", months=1), at(2028, 2, 29)),
        (date(2028, 2, 29), Term("collected", years=1), at(2029, 2, 28)),
        (date(2028, 2, 29), Term("collected", years=4), at(2032, 2, 29)),
        (date(2026, 12, 31), Term("collected", months=2), at(2027, 2, 28)),
        (date(2026, 1, 31), Term("collected", months=1, days=1), at(2026, 3, 1)),
        (date(2026, 12, 31), Term("collected", round_up="year"), at(2027, 1, 1)),
        (date(2027, 1, 1), Term("collected", round_up="year"), at(2028, 1, 1)),
        (date(2026, 12, 1), Term("collected", round_up="month"), at(2027, 1, 1)),
    ],
)
def test_month_ends_and_leap_days(event: date, term: Term, goes: datetime):
    assert due_at(term, event) == goes


def test_another_time_zone_is_reckoned_in_utc():
    late = datetime(2026, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert due_at(Term("collected", round_up="year"), late) == at(2028, 1, 1)
    assert due_at(Term("collected", days=1), late) == at(2027, 1, 2, 4, 30)
    assert due_at(Term("collected"), datetime(2026, 5, 1, 8)) == at(2026, 5, 1, 8)


def test_ends_beyond_the_calendar_are_no_error():
    assert due_at(Term("collected", years=9000), date(2026, 1, 1)).year == 9999
    assert due_at(Term("collected", days=9_999_999), date(2026, 1, 1)).year == 9999
    assert cutoff_day(Term("collected", years=9000), at(2026, 1, 1)) == date.min
    assert cutoff_moment(Term("collected", days=999_999), at(2026, 1, 1)).year == 1


def test_nothing_is_said_of_a_time_whose_event_has_not_happened():
    kept = item(TWELVE_FULL_MONTHS, THREE_MONTHS_AFTER)
    assert until(kept) == Until(waiting=kept.terms)
    assert goes_at(kept, {"call_end": None}) is None


def test_the_term_that_decides_is_named_and_the_others_are_waited_for():
    kept = item(TWELVE_FULL_MONTHS, THREE_MONTHS_AFTER)
    said = until(kept, {"call_end": date(2027, 3, 1)})
    assert said == Until(at(2028, 4, 1), TWELVE_FULL_MONTHS, (THREE_MONTHS_AFTER,))


def test_what_is_held_in_memory_only_has_no_time():
    assert until(item(transient=True), {"call_end": date(2026, 1, 1)}) == Until(transient=True)


terms = st.builds(
    Term,
    event=st.just("collected"),
    years=st.integers(0, 12),
    months=st.integers(0, 30),
    days=st.integers(0, 800),
    round_up=st.sampled_from(["", "month", "year"]),
)
days = st.dates(date(1990, 1, 1), date(2080, 12, 31))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2080, 12, 31), timezones=st.just(UTC))


@given(terms, days, moments)
@example(Term("collected", months=1), date(2026, 1, 31), at(2026, 2, 28))
@example(Term("collected", years=1), date(2028, 2, 29), at(2029, 2, 28))
def test_a_day_is_due_exactly_when_the_cutoff_has_reached_it(term: Term, event: date, now: datetime):
    assert (due_at(term, event) <= now) == (event <= cutoff_day(term, now))


@given(terms, moments, moments)
@example(Term("collected", months=1), at(2026, 1, 29, 12), at(2026, 2, 28, 11))
def test_a_moment_is_due_exactly_when_the_cutoff_has_reached_it(term: Term, event: datetime, now: datetime):
    assert (due_at(term, event) <= now) == (event <= cutoff_moment(term, now))


@given(terms, moments)
def test_the_cutoff_itself_is_due_and_the_next_instant_is_not(term: Term, now: datetime):
    assert due_at(term, cutoff_day(term, now)) <= now
    assert due_at(term, cutoff_day(term, now) + timedelta(days=1)) > now
    assert due_at(term, cutoff_moment(term, now)) <= now
    assert due_at(term, cutoff_moment(term, now) + timedelta(microseconds=1)) > now


@given(terms, moments, moments)
def test_what_happened_later_never_goes_earlier(term: Term, one: datetime, other: datetime):
    assume(one <= other)
    assert due_at(term, one) <= due_at(term, other)


@given(terms, moments)
def test_nothing_goes_before_its_event_is_a_day_old_at_most(term: Term, event: datetime):
    assert due_at(term, event) > event - timedelta(days=1)
    assert due_at(term, event) >= due_at(term, event.date())


@given(st.lists(terms, min_size=1, max_size=4), days)
def test_of_several_terms_the_earliest_wins(several: list[Term], event: date):
    assert goes_at(item(*several), {"collected": event}) == min(due_at(term, event) for term in several)
