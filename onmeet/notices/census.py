"""How much of each category the database holds, and when the next of it goes: counts, never whose.

The audit reports it, and the page that says what this server holds right now shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import MetaData, Select, Table, case, false, func, or_, select
from sqlalchemy.orm import Session

from onmeet.notices import due, retention
from onmeet.notices.columns import Via, rows_of
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy

__all__ = ["Counted", "census"]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a table holds of one category. overdue: values whose time is over and that no hold keeps.

    next_goes: when the next of them goes, as far as the events have happened that their terms count from.
    """

    table: str
    category: str
    count: int
    overdue: int
    next_goes: datetime | None


def census(session: Session, metadata: MetaData, policy: Policy, now: datetime) -> list[Counted]:
    """One entry for each table and category that the declarations know, those with nothing in them too."""
    found: list[Counted] = []
    for plan in due.plans(metadata, policy, now):
        for held in plan.held:
            count = session.scalar(select(func.coalesce(func.sum(held.count), 0)).where(held.present)) or 0
            overdue = _overdue(session, plan, held) if count else 0
            item = policy.item(held.category)
            next_goes = _next(session, plan.table, held, item) if count and item is not None else None
            found.append(Counted(plan.table.name, held.category, int(count), overdue, next_goes))
    return found


def _overdue(session: Session, plan: due.Plan, held: due.Held) -> int:
    country = plan.country()
    if country is None:
        due_now = or_(false(), *held.due.values())
        query = select(func.coalesce(func.sum(held.count), 0)).where(held.present, due_now, ~held.covered)
        return int(session.scalar(query) or 0)
    # Where the text of countries is sealed, the database cannot compare it: row by row
    flags = [case((condition, 1), else_=0) for condition in held.due.values()]
    some = select(country, held.count, *flags).where(
        held.present, or_(false(), *held.due.values()), ~held.covered
    )
    total = 0
    for theirs, count, *reached in session.execute(some).yield_per(1000):
        due_in = dict(zip(held.due, reached, strict=True))
        total += count if due_in.get((theirs or "").upper(), due_in.get("", 0)) else 0
    return total


def _next(session: Session, table: Table, held: due.Held, item: Item) -> datetime | None:
    """The earliest end of any term for the rows that hold something."""
    ends: list[datetime] = []
    for term in item.terms:
        first = session.scalar(_first_event(table, held, term)) if _source(table, term) is not None else None
        if first is not None:
            ends.append(retention.due_at(term, first))
    return min(ends, default=None)


def _source(table: Table, term: Term) -> str | Via | None:
    return rows_of(table).events.get(term.event)


def _first_event(table: Table, held: due.Held, term: Term) -> Select[tuple[Any]]:
    source = _source(table, term)
    assert source is not None
    if isinstance(source, str):
        return select(func.min(table.c[source])).where(held.present)
    parent = table.metadata.tables[source.table]
    joined = table.join(parent, table.c[source.key] == next(iter(parent.primary_key.columns)))
    return select(func.min(parent.c[source.column])).select_from(joined).where(held.present)
