"""Counts of opened pages: of nobody, and only of those who may be counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect

from onmeet.notices.columns import category_of
from onmeet.notices.models import PageCount
from onmeet.notices.page_counts import Opened, PageCounts, families
from tests.factories.house import build_house, empty_database
from tests.factories.policies import policy
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["build_house", "empty_database", "migrated", "new_database", "postgres"]

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")
DAY = date(2026, 3, 10)
START = Opened(DAY, "/", "Firefox", "Linux")
SIGN_IN = Opened(DAY, "/sign-in", "Chrome", "Android")


@pytest.mark.promise("N4.8")
@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36 Edg/141.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/141.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", ("Safari", "iOS")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605", ("Safari", "macOS")),
        ("curl/8.0", ("other", "other")),
        ("", ("other", "other")),
    ],
)  # fmt: skip
def test_browsers_and_systems_are_told_apart_by_family_only(
    user_agent: str, expected: tuple[str, str]
) -> None:
    """Browsers and systems are told apart by family only, never by version."""
    assert families(user_agent) == expected


@pytest.mark.promise("N2.9", "N4.8")
def test_a_count_has_no_room_for_an_address_or_a_visitor() -> None:
    """A count says which page, browser and system, on which day and how often: no address, no visitor."""
    columns = {column.name: category_of(column) for column in inspect(PageCount).columns}
    assert columns == {
        "id": None, "on_day": None, "page": None, "browser": None, "system": None, "count": "usage.aggregate",
    }  # fmt: skip


@pytest.mark.promise("N2.9", "N4.8")
def test_counts_add_up_over_days_and_restarts(build_house: Any) -> None:
    """Opened pages are added up by kind and day, over restarts."""
    house = build_house(notice="web1on1")
    for _ in range(2):
        counts = PageCounts(house.services.database, policy("web1on1"))
        for opened in (START, START, SIGN_IN):
            counts.count(opened)
        counts.flush()
    counts.count(Opened(DAY + timedelta(days=1), "/", "Firefox", "Linux"))
    counts.flush()
    counts.flush()
    assert counts.since(DAY)[:2] == [(START, 4), (SIGN_IN, 2)]
    assert [number for _, number in counts.since(DAY + timedelta(days=1))] == [1]


def test_what_could_not_be_written_is_not_lost(build_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house = build_house(notice="web1on1")
    counts = PageCounts(house.services.database, policy("web1on1"))
    counts.count(START)
    with monkeypatch.context() as patch:
        patch.setattr(house.services.database, "writing", None)
        with pytest.raises(TypeError):
            counts.flush()
    counts.flush()
    assert counts.since(DAY) == [(START, 1)]


@pytest.mark.promise("N1.5", "N4.8")
@pytest.mark.parametrize("notice", NOTICES)
def test_pages_are_counted_only_where_counts_are_permitted(build_house: Any, notice: str) -> None:
    """Pages are counted only where the notice permits counts."""
    house = build_house(notice=notice)
    counts = PageCounts(house.services.database, policy(notice))
    counts.count(START)
    counts.flush()
    assert bool(counts.since(DAY)) == policy(notice).stores("usage.aggregate")
