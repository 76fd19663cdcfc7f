"""The security log: only where it is permitted, in the permitted form, and no flood fills the disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from onmeet.notices.models import SecurityEvent
from onmeet.notices.security_log import PER_MINUTE, SecurityLog
from tests.factories.house import House, build_house, empty_database
from tests.factories.policies import policy
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["build_house", "empty_database", "migrated", "new_database", "postgres"]

NOTICES = ("on-meet", "meetingsphere", "easymeet24", "web1on1", "3cx-webmeeting")
NOW = datetime(2026, 3, 10, 12, 0, 5, tzinfo=UTC)


def log_of(house: House) -> SecurityLog:
    return SecurityLog(house.services.database, policy(house.config.notice))


def rows(house: House) -> list[SecurityEvent]:
    with house.services.database.reading() as session:
        return list(session.scalars(select(SecurityEvent).order_by(SecurityEvent.id)))


@pytest.mark.promise("N1.2", "N2.7", "N3.13", "N4.10")
@pytest.mark.parametrize("notice", NOTICES)
def test_the_security_log_is_written_only_where_it_is_permitted(build_house: Any, notice: str) -> None:
    """Attempts to break in are noted where the notice permits it, and nowhere else."""
    house = build_house(notice=notice)
    seen: list[str] = []
    event.listen(house.services.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    log = log_of(house)
    log.note("sign-in-failed", "203.0.113.77", NOW)
    log.flush(NOW)
    permitted = policy(notice).stores("security.ip")
    assert log.active == bool(seen) == permitted
    assert [row.kind for row in rows(house)] == (["sign-in-failed"] if permitted else [])


def test_an_entry_says_what_when_and_from_where(build_house: Any) -> None:
    house = build_house(notice="meetingsphere")
    log = log_of(house)
    for kind in ("sign-in-failed", "foreign-origin"):
        log.note(kind, "203.0.113.77", NOW)
    log.flush(NOW)
    latest, first = log.entries(10)
    assert (latest.kind, first.kind) == ("foreign-origin", "sign-in-failed")
    assert first.ip == "203.0.113.77"
    assert first.at is not None
    assert first.at.replace(tzinfo=UTC) == NOW
    assert log.entries(1) == [latest]


@pytest.mark.promise("N2.7")
def test_nobody_s_entries_hang_together(build_house: Any) -> None:
    """Entries of the security log cannot be joined to a profile."""
    house = build_house(notice="meetingsphere")
    log = log_of(house)
    for _ in range(2):
        log.note("sign-in-failed", "203.0.113.77", NOW)
    log.flush(NOW)
    assert len({row.subject for row in rows(house)}) == 2


@pytest.mark.promise("N2.7")
def test_a_flood_is_counted_and_does_not_fill_the_disk(build_house: Any) -> None:
    """A flood of attempts is counted and does not fill the log."""
    house = build_house(notice="meetingsphere")
    log = log_of(house)
    for _ in range(10_000):
        log.note("too-many-requests", "203.0.113.77", NOW)
    log.flush(NOW)
    assert len(rows(house)) == PER_MINUTE
    log.flush(NOW + timedelta(minutes=1))
    *_, last = rows(house)
    assert (last.kind, last.ip) == (f"{10_000 - PER_MINUTE} more", None)
    assert len(rows(house)) == PER_MINUTE + 1


def test_the_next_minute_begins_anew(build_house: Any) -> None:
    house = build_house(notice="meetingsphere")
    log = log_of(house)
    for minute in range(2):
        for _ in range(PER_MINUTE):
            log.note("foreign-origin", None, NOW + timedelta(minutes=minute))
    log.flush(NOW + timedelta(minutes=1))
    assert len(rows(house)) == 2 * PER_MINUTE
