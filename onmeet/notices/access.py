"""Everything that the database holds about a person, found by what the columns declare.

No table is named here: a new one with declared columns is in the pages, the export and the erasure from the
day it exists. Rows come in batches, each in a transaction of the caller's, so that nobody's long list keeps a
reader open in front of the erasing of somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, MetaData, Table, func, select, tuple_
from sqlalchemy.orm import Session

from onmeet.db import HIGHEST_NUMBER, Base, Database
from onmeet.notices import retention
from onmeet.notices.categories import Event
from onmeet.notices.columns import Via, category_of, is_shown, reason_of, rows_of
from onmeet.notices.notice import Reader
from onmeet.notices.policy import Policy

__all__ = [
    "HeldItem", "HeldRow", "RowEvents", "Technical", "count_of", "held", "hidden", "kept_columns",
    "key_columns", "key_of", "law_of", "matching", "mentioning", "others", "people_tables", "person_column",
    "technical_about", "walk",
]  # fmt: skip

_HIDDEN = frozenset({"account.password"})
"""Categories whose values would open an account: that they are held is said, the value is not shown."""

BATCH = 500
"""Rows read at a time."""

Events = Mapping[Event, date | datetime | None]
"""When what a retention counts from happened."""

Value = str | int | float | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One value in one column, with what the notice in force says of it.

    value: None when `hidden`. purpose, basis: terms of the Data Privacy Vocabulary; empty when the notice no
    longer permits the item (`permitted` is False: the next clean-up takes it). goes_at: None while the event
    has not happened from which its term counts; `counts_from` names the events. called: the name of what
    its row is about (`Rows.called`).
    """

    category: str
    table: str
    key: str
    column: str
    value: Value
    hidden: bool = False
    permitted: bool = True
    purpose: str = ""
    basis: str = ""
    goes_at: datetime | None = None
    counts_from: tuple[Event, ...] = ()
    legal_duty: bool = False
    readers: tuple[Reader, ...] = ()
    recipients: tuple[str, ...] = ()
    called: str = ""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """The values of one row; `key` names it inside its table."""

    table: str
    key: str
    items: tuple[HeldItem, ...]

    @property
    def called(self) -> str:
        """What it is about, by name, where that stands elsewhere."""
        return self.items[0].called if self.items else ""


@dataclass(frozen=True, slots=True)
class Technical:
    """Rows of a table that belong to a person, and its columns that say nothing about them, with reasons."""

    table: str
    count: int
    reasons: Mapping[str, str]


@dataclass
class RowEvents:
    """When the events of a row happened and what it is called, over foreign keys too; looks each up once."""

    session: Session
    _seen: dict[tuple[str, str, Any], Any] = field(default_factory=dict)

    def of(self, table: Table, row: Mapping[Any, Any]) -> Events:
        """Event → day or moment, None while it has not happened."""
        return {event: self._value(table, row, source) for event, source in rows_of(table).events.items()}

    def called(self, table: Table, row: Mapping[Any, Any]) -> str:
        """What a row is about, by name, "" where nothing says so."""
        via = rows_of(table).called
        return str(self._reach(table, row, via) or "") if via is not None else ""

    def _value(self, table: Table, row: Mapping[Any, Any], source: str | Via) -> date | datetime | None:
        return _moment(row[source] if isinstance(source, str) else self._reach(table, row, source))

    def _reach(self, table: Table, row: Mapping[Any, Any], via: Via) -> Any:
        place = (via.table, via.column, row[via.key])
        if place not in self._seen:
            self._seen[place] = self._look_up(table, via, row[via.key])
        return self._seen[place]

    def _look_up(self, table: Table, via: Via, key: Any) -> Any:
        if key is None:
            return None
        other = table.metadata.tables[via.table]
        (primary,) = other.primary_key.columns
        return self.session.scalar(select(other.c[via.column]).where(primary == key))


def people_tables(metadata: MetaData = Base.metadata) -> tuple[Table, ...]:
    """The tables whose rows belong to people with an account; those that others refer to come first."""
    return tuple(table for table in metadata.sorted_tables if rows_of(table).person is not None)


def hidden(column: Column[Any]) -> bool:
    """Whether its owner is told that it is held, but not the value."""
    return category_of(column) in _HIDDEN and not is_shown(column)


def person_column(table: Table) -> Column[Any]:
    """The column of a people's table that holds the account."""
    return table.c[rows_of(table).person or ""]


def kept_columns(table: Table) -> tuple[Column[Any], ...]:
    """The columns that hold personal data."""
    return tuple(column for column in table.columns if category_of(column) is not None)


def key_columns(table: Table) -> tuple[Column[Any], ...]:
    """The primary key."""
    return tuple(table.primary_key.columns)


def key_of(table: Table, row: Mapping[Any, Any]) -> str:
    """The name of a row inside its table, as addresses and files carry it."""
    return ",".join(str(row[column.name]) for column in key_columns(table))


def matching(table: Table, key: str) -> list[Any] | None:
    """Conditions that find the row of a `key_of`; None when the key cannot be one of this table."""
    columns = key_columns(table)
    parts = key.split(",")
    if len(parts) != len(columns):
        return None
    try:
        values = [column.type.python_type(part) for column, part in zip(columns, parts, strict=True)]
    except ValueError:
        return None
    if any(isinstance(value, int) and abs(value) > HIGHEST_NUMBER for value in values):
        return None
    return [column == value for column, value in zip(columns, values, strict=True)]


def held(
    session: Session, account_id: int, policy: Policy, now: datetime, *, most: int | None = None
) -> list[HeldItem]:
    """Every value that is kept about the person of an account, `most` rows of each table at most."""
    look = _Look(session, policy, now, _country(session, account_id))
    return [
        item
        for table in people_tables()
        for row in look.rows(table, _whose(table, account_id), limit=most)[0]
        for item in row.items
    ]


def count_of(session: Session, table: Table, account_id: int) -> int:
    """How many rows of a table belong to a person."""
    return session.scalar(select(func.count()).select_from(table).where(_whose(table, account_id))) or 0


def walk(
    database: Database, table: Table, account_id: int, policy: Policy, now: datetime
) -> Iterator[HeldRow]:
    """The rows of one table that belong to a person, in order of their keys, in short transactions."""
    after: Sequence[Any] | None = None
    while True:
        with database.reading() as session:
            look = _Look(session, policy, now, _country(session, account_id))
            rows, after = look.rows(table, _whose(table, account_id), limit=BATCH, after=after)
        yield from rows
        if after is None:
            return


def others(session: Session, account_id: int, policy: Policy, now: datetime, *, most: int) -> list[HeldItem]:
    """What a host may see of other people: rows that hang on the host's own, where `host` is a reader.

    They are those people's data, so that neither the export nor the erasure of a single item names them.
    """
    look = _Look(session, policy, now, "")
    found: list[HeldItem] = []
    for table in people_tables():
        for parent, key in _parents(table):
            mine = select(key.column).where(_whose(parent, account_id))
            whose = key.parent.in_(mine) & person_column(table).is_distinct_from(account_id)
            for row in look.rows(table, whose, limit=most)[0]:
                found += [item for item in row.items if "host" in item.readers]
    return found


def technical_about(session: Session, account_id: int) -> list[Technical]:
    """The technical side of what belongs to a person: sign-ins, say, and the columns that join tables."""
    found = []
    for table in Base.metadata.sorted_tables:
        whose = _belongs(table, account_id)
        if whose is None:
            continue
        count = session.scalar(select(func.count()).select_from(table).where(whose)) or 0
        reasons = {column.name: reason for column in table.columns if (reason := reason_of(column))}
        found.append(Technical(table.name, count, reasons))
    return found


def mentioning(session: Session, value: str, policy: Policy, now: datetime) -> list[HeldItem]:
    """Rows in which a text column holds exactly `value`, letters' case aside, whoever they belong to.

    For people without an account. Columns may be sealed, so that every row is read: for the operator, not
    for a page.
    """
    wanted = value.strip().casefold()
    look = _Look(session, policy, now, "")
    return [
        item
        for table in Base.metadata.sorted_tables
        if kept_columns(table)
        for row in look.all_rows(table)
        if any(isinstance(each.value, str) and each.value.casefold() == wanted for each in row.items)
        for item in row.items
    ]


@dataclass
class _Look:
    """Reads rows and describes their values."""

    session: Session
    policy: Policy
    now: datetime
    country: str

    def __post_init__(self) -> None:
        self._events = RowEvents(self.session)

    def all_rows(self, table: Table) -> Iterator[HeldRow]:
        after: Sequence[Any] | None = None
        while True:
            rows, after = self.rows(table, None, limit=BATCH, after=after)
            yield from rows
            if after is None:
                return

    def rows(
        self, table: Table, whose: Any, *, limit: int | None, after: Sequence[Any] | None = None
    ) -> tuple[list[HeldRow], Sequence[Any] | None]:
        """Rows in order of their keys, and the key to go on `after`, None at the end."""
        keys = key_columns(table)
        query = select(*table.columns).order_by(*keys).limit(limit)
        if whose is not None:
            query = query.where(whose)
        if after is not None:
            query = query.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
        found = [row._mapping for row in self.session.execute(query)]
        full = limit is not None and len(found) == limit
        last = [found[-1][column.name] for column in keys] if full else None
        return [row for each in found if (row := self._row(table, each)).items], last

    def _row(self, table: Table, values: Mapping[Any, Any]) -> HeldRow:
        when = self._events.of(table, values)
        country = law_of(table, values) or self.country
        key = key_of(table, values)
        called = self._events.called(table, values)
        return HeldRow(
            table.name,
            key,
            tuple(
                replace(self._item(column, key, values[column.name], when, country), called=called)
                for column in kept_columns(table)
                if values[column.name] not in (None, "")
            ),
        )

    def _item(self, column: Column[Any], key: str, value: Any, when: Events, country: str) -> HeldItem:
        category = category_of(column) or ""
        secret = hidden(column)
        item = HeldItem(
            category, column.table.name, key, column.name, None if secret else _value(value), secret
        )
        rule = self.policy.item(category)
        if rule is None or self.policy.storing(category) == "drop":
            return replace(item, permitted=False, goes_at=self.now)
        return replace(
            item,
            purpose=rule.purpose,
            basis=rule.legal_basis,
            goes_at=retention.goes_at(rule, when, country),
            counts_from=tuple(dict.fromkeys(term.event for term in rule.terms if term.event in when)),
            legal_duty=rule.legal_duty,
            readers=rule.readers,
            recipients=rule.recipients,
        )


def law_of(table: Table, row: Mapping[Any, Any]) -> str:
    """The country that a row itself names for its terms, "" where that is the person's."""
    column = rows_of(table).country
    return str(row[column] or "") if column is not None else ""


def _whose(table: Table, account_id: int) -> Any:
    return person_column(table) == account_id


def _belongs(table: Table, account_id: int) -> Any:
    """The condition under which a row of `table` belongs to an account, None where none can."""
    if (person := rows_of(table).person) is not None:
        return table.c[person] == account_id
    for key in table.foreign_keys:
        if rows_of(key.column.table).person == key.column.name:
            return key.parent == account_id
    return None


def _parents(table: Table) -> Iterator[tuple[Table, Any]]:
    """Other tables of people's rows that `table` refers to, with the foreign key."""
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        parent = key.column.table
        if parent is not table and key.parent.name != rows_of(table).person and rows_of(parent).person:
            yield parent, key


def _country(session: Session, account_id: int) -> str:
    """Where the person is, where that is known: some terms differ by country (`account.country`)."""
    for table in people_tables():
        for column in kept_columns(table):
            if category_of(column) == "account.country":
                return session.scalar(select(column).where(_whose(table, account_id))) or ""
    return ""


def _moment(value: Any) -> date | datetime | None:
    """When an event happened; columns of unix seconds hold numbers."""
    moment: date | datetime | None = (
        datetime.fromtimestamp(value, UTC) if isinstance(value, int) else _value(value)
    )
    return moment


def _value(value: Any) -> Any:
    """SQLite gives datetimes without their zone: all of ours are UTC."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
