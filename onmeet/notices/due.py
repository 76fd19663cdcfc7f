"""Which columns of a table are due, by the declarations of the tables and the notice in force.

Only SQL is built here; `sweep` runs it. No table is named: everything comes from `onmeet.notices.columns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    MetaData,
    Table,
    and_,
    case,
    exists,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from onmeet.errors import ConfigError
from onmeet.notices import holds, retention
from onmeet.notices.categories import Event
from onmeet.notices.columns import REMIND_DAYS, Via, category_of, rows_of
from onmeet.notices.kept import Kept
from onmeet.notices.notice import Item, Term
from onmeet.notices.policy import Policy

__all__ = [
    "FRESH_DAYS",
    "Held",
    "Plan",
    "event_limit",
    "never_due",
    "over_in",
    "persons",
    "plans",
    "warnings",
]

FRESH_DAYS = 3
"""How far back the quick look at ended meetings goes; the thorough one every hour looks at everything."""

_ENDINGS: tuple[Event, ...] = ("call_end", "contract_end", "account_close", "request_closed")
"""A row is over when one of these has happened to it; before, it may still be filled."""


@dataclass(frozen=True, slots=True)
class Held:
    """One category in a table.

    due: SQL by country ('' for all others); empty when nothing can make it due. covered: SQL, by a hold.
    """

    category: str
    columns: tuple[Column[Any], ...]
    due: dict[str, ColumnElement[bool]]
    covered: ColumnElement[bool]

    @property
    def present(self) -> ColumnElement[bool]:
        """SQL: some column holds something."""
        return or_(*(column.is_not(None) for column in self.columns))

    @property
    def count(self) -> ColumnElement[int]:
        """SQL: how many columns hold something."""
        total: ColumnElement[int] = literal(0)
        for column in self.columns:
            total = total + case((column.is_not(None), 1), else_=0)
        return total


class Plan:
    """How one table is swept at one moment."""

    def __init__(self, table: Table, policy: Policy, now: datetime, *, fresh: bool) -> None:
        self.table = table
        self.now = now
        self.key = _primary_key(table)
        self._fresh = fresh
        self._policy = policy
        declared = rows_of(table)
        self.subject = table.c[declared.subject] if declared.subject else None
        self.person = table.c[declared.person] if declared.person else None
        self.held = tuple(self._held(*pair) for pair in _by_category(table).items())

    @property
    def categories(self) -> tuple[str, ...]:
        """What the table can hold."""
        return tuple(held.category for held in self.held)

    def candidates(self) -> ColumnElement[bool]:
        """SQL: the rows that something is to be done with."""
        some = [
            and_(held.present, or_(*held.due.values()), not_(held.covered)) for held in self.held if held.due
        ]
        empty = and_(*(not_(held.present) for held in self.held), self.expendable())
        condition = or_(*some, empty)
        recent = self._recent()
        return condition if recent is None else and_(recent, condition)

    def expendable(self) -> ColumnElement[bool]:
        """SQL: an empty row may go: it is over, nothing hangs on it, and no hold names its person."""
        conditions: list[ColumnElement[bool]] = [self._over(), *self._without_children()]
        if self.person is not None:
            conditions.append(not_(holds.of_account(self.person, self.now)))
        return and_(*conditions)

    def country(self) -> ColumnElement[str | None] | None:
        """SQL: the country whose law the row is under, where a term depends on it."""
        if not any(set(held.due) - {""} for held in self.held):
            return None
        if (own := rows_of(self.table).country) is not None:
            return self.table.c[own]
        if self.person is None:
            return None
        for table in (self.table, *_referred(self.person)):
            for column in table.columns:
                if category_of(column) == "account.country":
                    return _of_person(table, column, self.table, self.person)
        return None

    def _held(self, category: str, columns: tuple[Column[Any], ...]) -> Held:
        covered = holds.covering(category, self.person, self.now)
        return Held(category, columns, dict(self._due(category)), covered)

    def _due(self, category: str) -> Iterator[tuple[str, ColumnElement[bool]]]:
        item = self._policy.item(category)
        needs = rows_of(self.table).needs or (category,)
        if item is None or self._policy.storing(category) == "drop" or not self._policy.stores(*needs):
            yield "", true()  # nothing permits it any more
            return
        for country in sorted({"", *(term.country for term in item.terms)}):
            conditions = list(self._reached(item, country))
            if (ownerless := self._ownerless(item, country)) is not None:
                conditions.append(ownerless)
            if conditions:
                yield country, or_(*conditions)

    def _ownerless(self, item: Item, country: str) -> ColumnElement[bool] | None:
        """SQL: over, and every term counts from something about an account that the row does not have."""
        events = rows_of(self.table).events
        sources = [events.get(term.event) for term in retention.terms_for(item, country)]
        keys = [source.key for source in sources if isinstance(source, Via)]
        if not keys or self._fresh or any(isinstance(source, str) for source in sources):
            return None
        return and_(*(self.table.c[key].is_(None) for key in keys), self._over())

    def _reached(self, item: Item, country: str) -> Iterator[ColumnElement[bool]]:
        for term in retention.terms_for(item, country):
            source = rows_of(self.table).events.get(term.event)
            if source is None or (self._fresh and (term.event != "call_end" or isinstance(source, Via))):
                continue
            if isinstance(source, Via):
                parent = self.table.metadata.tables[source.table]
                over = select(_primary_key(parent)).where(
                    over_in(parent, parent.c[source.column], term, self.now)
                )
                yield self.table.c[source.key].in_(over)
            else:
                yield over_in(self.table, self.table.c[source], term, self.now)

    def _recent(self) -> ColumnElement[bool] | None:
        """For the quick look: only meetings that ended within the last days, by an index."""
        column = self._own_end()
        if not self._fresh or column is None:
            return None
        return column >= _value(column, self.now - timedelta(days=FRESH_DAYS))

    def _own_end(self) -> Column[Any] | None:
        """The column that says when the call was over which a row records."""
        source = rows_of(self.table).events.get("call_end")
        return self.table.c[source] if isinstance(source, str) else None

    def _over(self) -> ColumnElement[bool]:
        events = rows_of(self.table).events
        endings = [source for event in _ENDINGS if isinstance(source := events.get(event), str)]
        return or_(*(self.table.c[name].is_not(None) for name in endings)) if endings else true()

    def _without_children(self) -> Iterator[ColumnElement[bool]]:
        for child in self.table.metadata.sorted_tables:
            if child is self.table or not _by_category(child):
                continue
            for foreign in child.foreign_keys:
                if foreign.column.table is self.table and (foreign.ondelete or "").upper() == "CASCADE":
                    yield not_(exists().where(foreign.parent == self.key).correlate(self.table))


def plans(metadata: MetaData, policy: Policy, now: datetime, *, fresh: bool = False) -> list[Plan]:
    """A plan for each table that can hold personal data, children before their parents.

    fresh: only what the end of a call makes due, in tables of meetings and calls. Raises ConfigError for a
    column that could not be emptied by itself.
    """
    found: list[Plan] = []
    for table in reversed(metadata.sorted_tables):
        if not _by_category(table):
            continue
        _check_emptiable(table)
        if not fresh or isinstance(rows_of(table).events.get("call_end"), str):
            found.append(Plan(table, policy, now, fresh=fresh))
    return found


def persons(metadata: MetaData) -> Table | None:
    """The table of people with an account: the one whose rows are their own persons."""
    for table in metadata.sorted_tables:
        if (name := rows_of(table).person) is not None and table.c[name].primary_key:
            return table
    return None


def never_due(metadata: MetaData, policy: Policy) -> list[tuple[str, str]]:
    """(table, category) for everything that may be stored there and that no term of the notice can end."""
    now = datetime(2000, 1, 1, tzinfo=UTC)
    return [
        (plan.table.name, held.category)
        for plan in plans(metadata, policy, now)
        for held in plan.held
        if not held.due
    ]


def event_limit(column: Column[Any], term: Term, now: datetime) -> Any:
    """The latest value of an event's column whose term is over."""
    if isinstance(_kind(column), Date):
        return retention.cutoff_day(term, now)
    return _value(column, retention.cutoff_moment(term, now))


def over_in(table: Table, column: Column[Any], term: Term, now: datetime) -> ColumnElement[bool]:
    """SQL: the term that the column starts is over, and warnings were given in time where they are due."""
    conditions: list[ColumnElement[bool]] = [column <= event_limit(column, term, now)]
    for told, days in warnings(table, term):
        conditions += [told <= now.date() - timedelta(days=days), told > column]
    return and_(*conditions)


def warnings(table: Table, term: Term) -> list[tuple[Column[Any], int]]:
    """The columns with the days of the warnings that a term needs, each with its days before the end."""
    declared = rows_of(table)
    if not term.warn_days or declared.warned is None:
        return []
    found = [(table.c[declared.warned], term.warn_days)]
    if declared.reminded is not None and term.warn_days > REMIND_DAYS:
        found.append((table.c[declared.reminded], REMIND_DAYS))
    return found


def _value(column: Column[Any], moment: datetime) -> date | datetime | int:
    """A moment as a column of its kind holds it."""
    kind = _kind(column)
    if isinstance(kind, DateTime):
        return moment
    return moment.date() if isinstance(kind, Date) else int(moment.timestamp() // 1)


def _kind(column: Column[Any]) -> TypeEngine[Any]:
    """The type below the gate's."""
    return column.type.inner if isinstance(column.type, Kept) else column.type


def _by_category(table: Table) -> dict[str, tuple[Column[Any], ...]]:
    found: dict[str, tuple[Column[Any], ...]] = {}
    for column in table.columns:
        category = category_of(column)
        if category is not None:
            found[category] = (*found.get(category, ()), column)
    return found


def _check_emptiable(table: Table) -> None:
    """A column that must hold something goes with its row, and so with all other categories of the row."""
    categories = _by_category(table)
    for category, columns in categories.items():
        for column in columns:
            if len(categories) > 1 and not column.nullable:
                raise ConfigError(
                    f"column {table.name}.{column.name} of {category} could not be emptied when it is due:"
                    " the row may hold other categories. Let it be NULL, or give it a table of its own"
                )


def _primary_key(table: Table) -> Column[Any]:
    columns = list(table.primary_key.columns)
    if len(columns) != 1:
        raise ConfigError(f"table {table.name} needs a primary key of one column to be swept")
    return columns[0]


def _referred(column: Column[Any]) -> Iterable[Table]:
    return [foreign.column.table for foreign in column.foreign_keys]


def _of_person(
    table: Table, column: Column[Any], own: Table, person: Column[Any]
) -> ColumnElement[str | None]:
    if table is own:
        return column
    return select(column).where(_primary_key(table) == person).correlate(own).scalar_subquery()
