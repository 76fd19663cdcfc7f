"""What differs between two notices, and in which direction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from onmeet.notices import reading
from onmeet.notices.changes import Change, changes, loosened, tighter
from onmeet.notices.notice import Consent, Cookie, Item, Location, Notice, Recipient, Term

ON_MEET = reading.load("on-meet")
BARE = replace(ON_MEET, items=(), recipients=(), cookies=(), consents=(), locations=(Location("DE"),))
IP = Item(
    "meeting.ip",
    "EnforceSecurity",
    "LegitimateInterest",
    terms=(Term("call_end", days=30),),
    readers=("operator",),
)


def with_item(item: Item) -> Notice:
    return replace(BARE, items=(item,))


def the_change(before: Notice, after: Notice) -> Change:
    (found,) = changes(before, after)
    return found


def test_a_notice_does_not_differ_from_itself() -> None:
    for name in reading.shipped():
        notice = reading.load(name)
        assert changes(notice, notice) == ()
        assert tighter(notice, notice)


def test_an_item_that_is_new_is_looser_and_one_that_is_gone_is_tighter() -> None:
    added, removed = the_change(BARE, with_item(IP)), the_change(with_item(IP), BARE)
    assert (added.kind, added.name, added.direction, added.after) == ("added", "meeting.ip", "looser", IP)
    assert (removed.kind, removed.name, removed.direction, removed.before) == (
        "removed", "meeting.ip", "tighter", IP,
    )  # fmt: skip


LOOSER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "complete addresses instead of cut ones": ({"form": "truncated"}, {"form": "as-is"}),
    "stored instead of counted": ({"form": "aggregate"}, {"form": "truncated"}),
    "stored instead of in memory only": ({"transient": True, "terms": ()}, {}),
    "a month and three days instead of thirty days": ({}, {"terms": (Term("call_end", months=1, days=3),)}),
    "to the end of the month": (
        {"terms": (Term("call_end", months=1),)},
        {"terms": (Term("call_end", months=1, round_up="month"),)},
    ),
    "one of two terms is gone": (
        {"terms": (Term("call_end", days=30), Term("contract_end"))},
        {"terms": (Term("call_end", days=30),)},
    ),
    "longer for one country": (
        {"terms": (Term("call_end", days=30),)},
        {"terms": (Term("call_end", days=30), Term("call_end", days=31, country="DE"))},
    ),
    "one more reader": ({}, {"readers": ("operator", "host")}),
    "one more recipient": ({}, {"recipients": ("mail provider",)}),
    "kept against the owner's will": ({}, {"legal_duty": True}),
    "keys that last longer": (
        {"form": "pseudonymised", "rotate_days": 7},
        {"form": "pseudonymised", "rotate_days": 30},
    ),
}


@pytest.mark.parametrize("what", LOOSER)
def test_more_than_before_is_looser_and_the_way_back_is_tighter(what: str) -> None:
    less, more = (replace(IP, **values) for values in LOOSER[what])
    assert the_change(with_item(less), with_item(more)).direction == "looser", what
    assert the_change(with_item(more), with_item(less)).direction == "tighter", what
    assert tighter(with_item(less), with_item(more))
    assert not tighter(with_item(more), with_item(less))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"purpose": "DirectMarketing"}),
        ({}, {"legal_basis": "Contract"}),
        ({"form": "truncated"}, {"form": "pseudonymised", "rotate_days": 1}),
        ({}, {"terms": (Term("contract_end", days=1),)}),
        ({}, {"readers": ("host",)}),
        ({"readers": ("operator", "host")}, {"form": "truncated", "readers": ("operator", "group")}),
    ],
    ids=["purpose", "legal basis", "other form", "other event", "other readers", "less and more"],
)
def test_what_cannot_be_compared_is_neither_looser_nor_tighter_and_so_not_permitted(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    one, other = with_item(replace(IP, **before)), with_item(replace(IP, **after))
    assert the_change(one, other).direction == "neither"
    assert not tighter(other, one)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (Term("call_end", days=28), Term("call_end", months=1)),
        (Term("call_end", days=365), Term("call_end", years=1)),
        (Term("call_end", months=12), Term("call_end", years=1)),
        (Term("call_end", months=11), Term("call_end", months=11, round_up="month")),
        (Term("collected", days=30), Term("call_end", days=30)),
        (Term("call_end"), Term("call_end", days=1)),
    ],
    ids=lambda term: f"{term.years}y{term.months}m{term.days}d{term.round_up}",
)
def test_a_time_that_never_ends_later_is_tighter(short: Term, long: Term) -> None:
    assert tighter(with_item(replace(IP, terms=(short,))), with_item(replace(IP, terms=(long,))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Term("call_end", days=29), Term("call_end", months=1)),  # in a February
        (Term("call_end", days=366), Term("call_end", years=1)),
        (Term("call_end", round_up="year"), Term("call_end", days=365)),
    ],
)
def test_a_time_that_may_end_later_in_some_month_is_not_tighter(one: Term, other: Term) -> None:
    assert not tighter(with_item(replace(IP, terms=(one,))), with_item(replace(IP, terms=(other,))))


def test_to_warn_later_or_not_at_all_is_not_tighter() -> None:
    item = Item("account.times", "AccountManagement", "Contract")
    warned = replace(item, terms=(Term("last_activity", months=24, warn_days=30),))
    silent = replace(item, terms=(Term("last_activity", months=23),))
    assert not tighter(with_item(silent), with_item(warned))


def test_people_may_always_see_their_own_data() -> None:
    assert tighter(with_item(replace(IP, readers=("operator", "self"))), with_item(IP))


def test_what_is_asked_less_is_looser_as_long_as_anything_needs_it() -> None:
    news = Item("newsletter.address", "DirectMarketing", "Consent", terms=(Term("consent_withdrawn"),))
    asked = replace(BARE, items=(news,), consents=(Consent("newsletter", "DirectMarketing"),))
    assert not tighter(replace(asked, consents=()), asked)
    assert tighter(replace(asked, consents=(), items=()), asked)


def test_a_cookie_that_the_page_does_not_need_is_looser() -> None:
    cookie = Cookie("counter", "ServiceUsageAnalytics", essential=False, consent="statistics")
    assert the_change(BARE, replace(BARE, cookies=(cookie,))).direction == "looser"
    assert the_change(replace(BARE, cookies=(cookie,)), BARE).direction == "tighter"


def test_who_the_operator_is_and_where_its_servers_are_loosens_nothing() -> None:
    other = replace(
        BARE,
        name="ours",
        version="7",
        controller=replace(BARE.controller, name="Example Ltd"),
        locations=(Location("AT"),),
        recipients=(Recipient("rack", "processor", "TechnicalServiceProvision", "AT"),),
    )
    assert loosened(BARE, other) == ()
    assert {(c.about, c.name) for c in changes(BARE, other)} == {
        ("notice", "name"), ("notice", "version"), ("notice", "controller"), ("location", "DE"),
        ("location", "AT"), ("recipient", "rack"),
    }  # fmt: skip


def test_longer_backups_and_leaving_the_eea_are_looser() -> None:
    assert not tighter(replace(BARE, backup_days=31), replace(BARE, backup_days=30))
    assert tighter(replace(BARE, backup_days=29), replace(BARE, backup_days=30))
    assert not tighter(replace(BARE, backup_days=0), replace(BARE, backup_days=30)), "0 says nothing"
    assert tighter(replace(BARE, eea_only=True), BARE)
    assert not tighter(BARE, replace(BARE, eea_only=True))


def test_a_change_says_which_properties_have_changed() -> None:
    after = replace(IP, form="truncated", readers=("operator", "host"))
    change = the_change(with_item(IP), with_item(after))
    assert {field.name: (field.before, field.after, field.direction) for field in change.fields} == {
        "form": ("as-is", "truncated", "tighter"),
        "readers": (("operator",), ("operator", "host"), "looser"),
    }
    assert change.words() == "permits more, or something else"


def test_the_order_of_a_list_and_the_line_in_the_file_are_no_change() -> None:
    one, other = replace(IP, readers=("host", "operator"), line=3), replace(IP, readers=("operator", "host"))
    assert changes(with_item(one), with_item(other)) == ()
