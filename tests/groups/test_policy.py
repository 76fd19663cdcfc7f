"""A group's policy only ever tightens the notice."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import UserError
from onmeet.groups.policy import NOTHING, GroupPolicy, check, shortest_days, withholdable
from onmeet.notices import reading
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.retention import goes_at
from tests.factories.policies import policy

AT = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)

POLICIES = st.builds(
    GroupPolicy,
    st.frozensets(st.sampled_from(sorted(CATEGORIES)), max_size=8),
    st.none() | st.integers(1, 4000),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@pytest.mark.promise("N4.2")
@given(POLICIES, st.sampled_from(reading.shipped()), st.sampled_from(["", "DE", "US", "CA"]))
def test_nothing_is_permitted_or_kept_longer_than_by_the_notice(
    asked: GroupPolicy, notice: str, country: str
) -> None:
    """Whatever a group asks for, nothing is kept that its operator's notice does not permit, nor longer."""
    whole = policy(notice)
    narrowed = asked.narrowed(whole)
    for category in CATEGORIES:
        before, after = whole.item(category), narrowed.item(category)
        assert narrowed.storing(category) in (whole.storing(category), "drop")
        if before is None or after is None:
            assert after is None
            continue
        events = dict.fromkeys((term.event for term in (*before.terms, *after.terms)), AT)
        ends = goes_at(before, events, country), goes_at(after, events, country)
        assert ends[1] == ends[0] or (ends[1] is not None and (ends[0] is None or ends[1] < ends[0]))


@given(POLICIES, POLICIES)
def test_two_policies_together_are_as_strict_as_each(one: GroupPolicy, other: GroupPolicy) -> None:
    both = one.merged(other)
    for each in (one, other):
        assert both.withheld >= each.withheld
        assert each.days is None or (both.days is not None and both.days <= each.days)
        assert (both.telephone, both.dial_out) <= (each.telephone, each.dial_out) or not both.telephone
        assert both.lobby >= each.lobby
        assert both.dial_out <= each.dial_out
    assert both == other.merged(one)
    assert one.merged(NOTHING) == one


@given(POLICIES)
def test_what_is_stored_reads_back(asked: GroupPolicy) -> None:
    assert GroupPolicy.from_json(asked.to_json()) == asked


def test_what_differs_in_nothing_is_stored_as_nothing() -> None:
    assert NOTHING.to_json() == "{}"
    assert not NOTHING.tightens
    assert not GroupPolicy(lobby=True).shortens


@pytest.mark.parametrize("text", ["[]", '"x"', '{"everything": true}', "nonsense"])
def test_what_nobody_wrote_is_no_policy(text: str) -> None:
    with pytest.raises((ValueError, json.JSONDecodeError)):
        GroupPolicy.from_json(text)


def test_a_group_may_withhold_what_is_optional_and_what_records_say() -> None:
    assert withholdable(policy("on-meet")) == ("account.name", "account.phone", "account.country")
    under = withholdable(policy("easymeet24"))
    assert {"meeting.ip", "meeting.participants", "call.caller_number"} <= set(under)
    assert not {"meeting.link", "account.email", "account.password", "billing.invoice"} & set(under)


@pytest.mark.parametrize(
    ("notice", "asked"),
    [
        ("on-meet", GroupPolicy(frozenset({"meeting.ip"}))),
        ("on-meet", GroupPolicy(frozenset({"billing.invoice"}))),
        ("on-meet", GroupPolicy(days=1)),
        ("easymeet24", GroupPolicy(days=0)),
        ("easymeet24", GroupPolicy(days=4000)),
        ("easymeet24", GroupPolicy(frozenset({"account.email"}))),
    ],
)
def test_what_is_no_tightening_is_refused(notice: str, asked: GroupPolicy) -> None:
    with pytest.raises(UserError):
        check(asked, policy(notice))


def test_days_are_counted_against_the_shortest_term_of_the_notice() -> None:
    most = shortest_days(policy("easymeet24"))
    assert most is not None
    check(GroupPolicy(days=most), policy("easymeet24"))
    assert shortest_days(policy("on-meet")) is None
