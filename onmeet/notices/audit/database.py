"""The database as an auditor sees it: what is declared, permitted, in time, in its form and sealed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Executable, MetaData, String, Text, inspect, null, select, type_coerce
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.notices import forms
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.report import Finding, Held, Kind, Sighting
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.census import census
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.kept import Kept, gate_of
from onmeet.notices.policy import Policy
from onmeet.notices.sealing import SealBroken, is_sealed

__all__ = ["GRACE", "STORE", "look"]

STORE = "database"

GRACE = timedelta(minutes=70)
"""What is due goes with the next sweep, which comes every hour: only then is it late."""

_OURS = frozenset({"alembic_version", "sqlite_sequence", "sqlite_stat1"})
_PSEUDONYM = re.compile(r"[0-9a-f]{64}")
_AT_ONCE = 2000

_REMEDIES: dict[Kind, str] = {
    "not sealed": "it lies there in clear: delete it, or write it again through the service",
    "not readable": "it was changed by somebody, or moved from another row: delete it",
    "key missing": "its person was erased: run `onmeet sweep`",
    "wrong form": "it was written under another notice: delete it",
}


def look(
    database: Database, metadata: MetaData, policy: Policy, now: datetime, canaries: Canaries
) -> Iterator[Held | Finding | Sighting]:
    """Everything that is to be said of the database."""
    with database.reading() as session:
        yield from _undeclared(session, metadata)
        yield from _counts(session, metadata, policy, now)
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, String) or (isinstance(column.type, Kept) and column.type.is_text):
                    yield from _values(session, column, policy, canaries)


def _undeclared(session: Session, metadata: MetaData) -> Iterator[Finding]:
    inspector = inspect(session.connection())
    for name in sorted(set(inspector.get_table_names()) - _OURS):
        if (table := metadata.tables.get(name)) is None:
            remedy = "nobody says why this table is here: drop it, or give it a model with declared columns"
            yield Finding("not declared", STORE, name, 1, remedy)
            continue
        for column in inspector.get_columns(name):
            if column["name"] not in table.c:
                remedy = "drop the column, or declare it in its model with kept(...) or technical(...)"
                yield Finding("not declared", STORE, f"{name}.{column['name']}", 1, remedy)


def _counts(session: Session, metadata: MetaData, policy: Policy, now: datetime) -> Iterator[Held | Finding]:
    for counted in census(session, metadata, policy, now):
        if counted.count:
            yield Held(STORE, counted.table, counted.category, counted.count, counted.next_goes)
        if counted.count and policy.storing(counted.category) == "drop":
            remedy = "the notice in force does not permit it: run `onmeet sweep`"
            yield Finding(
                "not permitted", STORE, _place(counted.table, counted.category), counted.count, remedy
            )
    for late in census(session, metadata, policy, now - GRACE):
        if late.overdue and policy.storing(late.category) != "drop":
            remedy = "its time is over: run `onmeet sweep`, and see that the keeper runs"
            yield Finding("overdue", STORE, _place(late.table, late.category), late.overdue, remedy)


def _place(table: str, category: str) -> str:
    return f"{table} ({category})"


def _values(
    session: Session, column: Column[Any], policy: Policy, canaries: Canaries
) -> Iterator[Finding | Sighting]:
    """Look at every value of a column of text once: as it is stored, and as it reads."""
    category = category_of(column)
    right = _rightness(category, policy)
    opening = _opening(session, column) if category is not None else None
    if right is None and opening is None and not canaries.texts:
        return
    tally: Counter[Kind] = Counter()
    seen: set[str] = set()
    for raw, owner in session.execute(_stored(column)):
        value = raw if opening is None else _opened(opening, raw, owner, tally)
        tally["wrong form"] += value is not None and right is not None and not right(value)
        seen |= canaries.in_text(value) if value is not None else set()
    place = f"{column.table.name}.{column.name}"
    for kind, count in tally.items():
        if count:
            yield Finding(kind, STORE, place, count, _REMEDIES[kind])
    stored = category is not None and policy.storing(category) != "drop"
    for text in sorted(seen):
        yield Sighting(text, STORE, place, permitted=stored)


def _stored(column: Column[Any]) -> Executable:
    """Every value as it lies there, with the name of the key that should have sealed it."""
    subject = rows_of(column.table).subject
    whose = column.table.c[subject] if subject is not None else null()
    query = select(type_coerce(column, Text), whose).where(column.is_not(None))
    return query.execution_options(yield_per=_AT_ONCE)


def _opening(session: Session, column: Column[Any]) -> Callable[[str], str | None] | None:
    """What opens the values of a column that should be sealed; None for one that should not."""
    gate = gate_of(session.connection().dialect)
    if gate is None or gate.sealing is None or rows_of(column.table).subject is None:
        return None
    return gate.sealing.reading(column.table.name, column.name)


def _opened(opening: Callable[[str], str | None], raw: str, owner: str, tally: Counter[Kind]) -> str | None:
    """What a sealed value says; what is wrong with it is counted."""
    if not is_sealed(raw, owner):
        tally["not sealed"] += 1
        return raw
    try:
        value = opening(raw)
    except SealBroken:
        tally["not readable"] += 1
        return None
    tally["key missing"] += value is None
    return value


def _rightness(category: str | None, policy: Policy) -> Callable[[str], bool] | None:
    """Whether a value has the form that the notice asks for; None where any will do."""
    storing = policy.storing(category) if category is not None else "as-is"
    if category is not None and storing == "truncated":
        cut = forms.truncation(CATEGORIES[category].shape)
        return lambda value: cut is not None and cut(value) == value
    if storing == "pseudonymised":
        return lambda value: _PSEUDONYM.fullmatch(value) is not None
    return None
