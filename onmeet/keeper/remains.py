"""What the database holds of one meeting, by category, and until when: for its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, func, select

from onmeet.db import Base, Database
from onmeet.meetings.models import MeetingRecord
from onmeet.notices.columns import category_of
from onmeet.notices.policy import Policy
from onmeet.notices.retention import goes_at

__all__ = ["Remains", "gone", "remains"]


@dataclass(frozen=True, slots=True)
class Remains:
    """counts: values by category. ended_on: the day on which the meeting ended, None without a record."""

    counts: Mapping[str, int]
    ended_on: date | None = None

    def until(self, policy: Policy) -> dict[str, datetime | None]:
        """When each category goes; None: not before something happens."""
        found: dict[str, datetime | None] = {}
        for category in self.counts:
            item = policy.item(category)
            found[category] = goes_at(item, {"call_end": self.ended_on}) if item is not None else None
        return found


def remains(database: Database, instance: str) -> Remains:
    """What there is about the live room with this hash."""
    record = Base.metadata.tables[MeetingRecord.__tablename__]
    with database.engine.connect() as connection:
        query = select(record.c.id, record.c.ended_on).where(record.c.instance == instance)
        row = connection.execute(query).one_or_none()
        if row is None:
            return Remains({})
        counts: dict[str, int] = {}
        for table, condition in _tables(record, row.id):
            for category, count in _counts(connection, table, condition).items():
                counts[category] = counts.get(category, 0) + count
    return Remains({category: count for category, count in sorted(counts.items()) if count}, row.ended_on)


def gone(before: Remains, after: Remains) -> dict[str, int]:
    """How many values of each category were there before and are not any more."""
    lost = {category: count - after.counts.get(category, 0) for category, count in before.counts.items()}
    return {category: count for category, count in lost.items() if count > 0}


def _tables(record: Table, number: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The record, and the rows of all tables that hang on it."""
    yield record, record.c.id == number
    for table in Base.metadata.sorted_tables:
        for foreign in table.foreign_keys:
            if foreign.column is record.c.id:
                yield table, foreign.parent == number


def _counts(connection: Connection, table: Table, condition: ColumnElement[bool]) -> dict[str, int]:
    columns = [column for column in table.columns if category_of(column) is not None]
    if not columns:
        return {}
    sums: list[Any] = [func.sum(case((column.is_not(None), 1), else_=0)) for column in columns]
    found: dict[str, int] = {}
    for column, count in zip(columns, connection.execute(select(*sums).where(condition)).one(), strict=True):
        category = category_of(column) or ""
        found[category] = found.get(category, 0) + int(count or 0)
    return found
