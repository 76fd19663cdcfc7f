"""What an erasure may not touch, because a law or a court keeps it; told to the person before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from onmeet.notices import access, holds, retention
from onmeet.notices.columns import category_of
from onmeet.notices.models import LegalHold
from onmeet.notices.policy import Policy

__all__ = ["Stay", "staying_about", "told"]


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that is not erased: how many values of a category, why, and until when (None: open).

    reason: the words of a legal hold; empty for a legal duty, which the notice itself explains.
    """

    category: str
    count: int
    why: Literal["legal-duty", "hold"]
    reason: str
    until: date | None


def staying_about(
    session: Session, policy: Policy, account_id: int, now: datetime
) -> dict[str, LegalHold | None]:
    """The categories that may not be erased of a person: by a hold, or by a legal duty (None)."""
    found: dict[str, LegalHold | None] = {}
    for category in _categories():
        rule = policy.item(category)
        if rule is not None and rule.legal_duty and not rule.transient:
            found[category] = None
        elif holds.is_held(session, category, account_id, now):
            found[category] = _hold_on(session, category, account_id)
    return found


def told(session: Session, policy: Policy, account_id: int, now: datetime) -> Iterator[Stay]:
    """What of it is there, as the person is told."""
    staying = staying_about(session, policy, account_id, now)
    events = access.RowEvents(session)
    for category, hold in staying.items():
        count, until = 0, None
        for table in access.people_tables():
            columns = [column for column in access.kept_columns(table) if category_of(column) == category]
            if not columns:
                continue
            present = or_(*(column.is_not(None) for column in columns))
            query = select(*table.columns).where(access.person_column(table) == account_id, present)
            for row in session.execute(query):
                count += sum(row._mapping[column.name] is not None for column in columns)
                rule = policy.item(category)
                country = access.law_of(table, row._mapping)
                goes = retention.goes_at(rule, events.of(table, row._mapping), country) if rule else None
                until = max(filter(None, (until, goes.date() if goes else None)), default=None)
        if count and hold is None:
            yield Stay(category, count, "legal-duty", "", until)
        elif count and hold is not None:
            yield Stay(category, count, "hold", hold.reason, hold.until)


def _categories() -> list[str]:
    found = (category_of(column) for table in access.people_tables() for column in access.kept_columns(table))
    return list(dict.fromkeys(category for category in found if category))


def _hold_on(session: Session, category: str, account_id: int) -> LegalHold | None:
    mine = or_(LegalHold.account_id.is_(None), LegalHold.account_id == account_id)
    wide = or_(LegalHold.category.is_(None), LegalHold.category == category)
    return session.scalars(select(LegalHold).where(mine, wide).order_by(LegalHold.id)).first()
