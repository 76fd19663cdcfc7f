"""How much of each category the database holds, and when the next of it goes: counts, never whose.

The audit reports it, and the page that says what this server holds right now shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, FromClause, MetaData, Table, case, false, func, or_, select
from sqlalchemy.orm import Session

from onmeet.notices import due, retention
from onmeet.notices.columns import Via, rows_of
from onmeet.notices.notice import Item
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
            next_goes = _next(session, plan, held, item) if count and item is not None else None
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


def _next(session: Session, plan: due.Plan, held: due.Held, item: Item) -> datetime | None:
    """The earliest end of any term for the rows that hold something."""
    ends: list[datetime] = []
    country = plan.country() if any(term.country for term in item.terms) else None
    for event in dict.fromkeys(term.event for term in item.terms):
        source = rows_of(plan.table).events.get(event)
        if source is None:
            continue
        rows, column = _with_event(plan.table, source)
        if country is None:
            firsts: list[tuple[str, Any]] = [
                ("", session.scalar(select(func.min(column)).select_from(rows).where(held.present)))
            ]
        else:  # the law of each row decides, which the database may hold sealed
            found = select(country, column).select_from(rows).where(held.present)
            firsts = [((where or "").upper(), first) for where, first in session.execute(found)]
        ends += [
            retention.due_at(term, first)
            for where, first in firsts
            for term in retention.terms_for(item, where)
            if first is not None and term.event == event
        ]
    return min(ends, default=None)


def _with_event(table: Table, source: str | Via) -> tuple[FromClause, Column[Any]]:
    """The table, with the column in which an event of its rows stands."""
    if isinstance(source, str):
        return table, table.c[source]
    parent = table.metadata.tables[source.table]
    joined = table.join(parent, table.c[source.key] == next(iter(parent.primary_key.columns)))
    return joined, parent.c[source.column]
