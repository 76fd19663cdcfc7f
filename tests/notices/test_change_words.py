"""What changes between two notices, said so that people understand it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onmeet.notices import reading, wording
from onmeet.notices.change_words import ChangeText, told
from onmeet.notices.notice import Contact, Cookie, Recipient, Term

LANGUAGES = pytest.mark.parametrize("language", wording.LANGUAGES)


def by_title(changes: tuple[ChangeText, ...]) -> dict[str, ChangeText]:
    """The changes by what they are about; items, which come first, before consents of the same name."""
    return {change.title: change for change in reversed(changes)}


@pytest.mark.promise("N1.19")
@LANGUAGES
@pytest.mark.parametrize("old", reading.shipped())
@pytest.mark.parametrize("new", reading.shipped())
def test_every_category_that_comes_or_goes_is_told(old: str, new: str, language: str) -> None:
    """Of a changed notice people are told every kind of data that comes or goes."""
    before, after = reading.load(old), reading.load(new)
    changes = by_title(told(before, after, language))
    for category in {item.category for item in (*before.items, *after.items)}:
        kind = {(False, True): "added", (True, False): "removed"}.get(
            (before.item(category) is not None, after.item(category) is not None)
        )
        if kind is not None:
            change = changes[wording.category(category, language)]
            assert change.kind == kind
            assert len(change.fields) == 6
    if old == new:
        assert changes == {}


def test_a_longer_term_is_told_with_both_ends() -> None:
    notice = reading.load("on-meet")
    items = tuple(
        replace(item, terms=(Term("contract_end", years=1),)) if item.category == "account.name" else item
        for item in notice.items
    )
    (change,) = told(notice, replace(notice, items=items), "en")
    assert change.fields == (
        ("Until when", "until the account is closed or deleted", "until one year after the contract ended"),
    )


def test_recipients_cookies_and_contacts_are_told_in_one_line_each() -> None:
    notice = reading.load("on-meet")
    other = replace(
        notice,
        recipients=(*notice.recipients, Recipient("Stripe", "recipient", "PaymentManagement", "US")),
        cookies=(*notice.cookies, Cookie("onmeet_count", "ServiceUsageAnalytics", essential=False, days=30)),
        controller=Contact("Ada Ltd", email="ada@example.org"),
        backup_days=7,
    )
    changes = by_title(told(notice, other, "en"))
    assert changes["Stripe"].fields == (("", "", "receives data, for payment, United States"),)
    assert changes["onmeet_count"].fields[0][2].endswith("for 30 days, only if you agree")
    assert changes["Responsible"].fields[0][2] == "Ada Ltd, ada@example.org"
    assert changes["Back-ups"].fields == (("", "30", "7"),)
