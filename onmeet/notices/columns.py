"""Every stored column says why it is stored, and the app does not start with one that does not.

    email: Mapped[str] = mapped_column(String(254), info=kept("account.email"))
    id: Mapped[int] = mapped_column(primary_key=True, info=technical("names the row"))

A table with kept columns also says whose rows they are and what its retention counts from:

    __table_args__ = rows(person="account_id", subject="subject", events={"call_end": "ended_on"})

Gate, sweep, export, erasure, audit and the published table all read these declarations.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, MetaData, Table, event

from onmeet.errors import ConfigError
from onmeet.notices.categories import CATEGORIES, Event
from onmeet.notices.kept import wear

__all__ = [
    "REMIND_DAYS",
    "Lapse",
    "Rows",
    "Via",
    "category_of",
    "check_declared",
    "kept",
    "new_subject",
    "reason_of",
    "rows",
    "rows_of",
    "technical",
]

REMIND_DAYS = 7
"""The second warning of a term that has a longer one comes so many days before the end."""

_KEY = "onmeet.data"
_SHOWN = "onmeet.shown"
_ROWS = "onmeet.rows"


@dataclass(frozen=True, slots=True)
class Via:
    """A column of another table, reached over a foreign key: `Via("account_id", "accounts", "closed_on")`."""

    key: str
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """A row about nobody goes so many days after what its column says (a day, a moment, unix seconds)."""

    column: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table's rows are about.

    person: the column that holds the account's id, `id` in `accounts` itself, or None where nobody has an
    account. subject: the column that names the key under which personal columns are sealed, or None.
    events: column (a date, a datetime, or unix seconds) from which a retention counts, by event; NULL means
    that the event has not happened. warned: the column with the day on which the person was warned of the end
    of a term that has `warn_days`. reminded: the same of the second warning, `REMIND_DAYS` before the end.
    lapses: when a row of a table without personal data goes. needs: rows may be there only while the notice
    lets us store any of these categories; empty: as each column says. country: the column with the country
    whose law the row is under, where that is not simply the person's: it outlives the account. called: a name
    in another table, about nobody, that says what the row is about; its owner reads it with the row.
    """

    person: str | None = None
    subject: str | None = None
    events: Mapping[Event, str | Via] = field(default_factory=dict)
    warned: str | None = None
    lapses: Lapse | None = None
    needs: tuple[str, ...] = ()
    reminded: str | None = None
    country: str | None = None
    called: Via | None = None


def kept(category: str, *, shown: bool = False) -> dict[str, Any]:
    """Column info: this column holds personal data of `category`. ValueError for an unknown one.

    shown: its owner may see the value even where others of the category stay hidden.
    """
    if category not in CATEGORIES:
        raise ValueError(
            f"{category!r} is no category of data: add it to onmeet.notices.categories or use another"
        )
    return {_KEY: ("kept", category), _SHOWN: shown}


def technical(reason: str) -> dict[str, Any]:
    """Column info: this column is about the machine, for the stated reason, and about nobody."""
    if not reason.strip():
        raise ValueError("a technical column needs a reason")
    return {_KEY: ("technical", reason)}


def new_subject() -> str:
    """A fresh name for the key of a row: random, so that it leads back to nobody.

    Every row has its own, also the rows of one person: whatever deletes a row destroys its key.
    """
    return secrets.token_hex(16)


def rows(
    *,
    person: str | None = None,
    subject: str | None = None,
    events: Mapping[Event, str | Via] | None = None,
    warned: str | None = None,
    lapses: Lapse | None = None,
    needs: tuple[str, ...] = (),
    reminded: str | None = None,
    country: str | None = None,
    called: Via | None = None,
) -> dict[str, Any]:
    """Arguments of a table: whose rows these are and what their retention counts from."""
    declared = Rows(person, subject, dict(events or {}), warned, lapses, needs, reminded, country, called)
    return {"info": {_ROWS: declared}}


def category_of(column: Column[Any]) -> str | None:
    """The category that a column holds, or None for a technical one."""
    kind, value = column.info[_KEY]
    return value if kind == "kept" else None


def is_shown(column: Column[Any]) -> bool:
    """Whether the owner may see the value, whatever holds for its category."""
    return bool(column.info.get(_SHOWN))


def reason_of(column: Column[Any]) -> str | None:
    """Why a technical column is stored, or None for one that holds personal data."""
    kind, value = column.info[_KEY]
    return value if kind == "technical" else None


def rows_of(table: Table) -> Rows:
    """What the rows of `table` are about; a table that says nothing holds nothing personal."""
    declared: Rows = table.info.get(_ROWS, Rows())
    return declared


@event.listens_for(Column, "after_parent_attach")
def _guard(column: Column[Any], table: Table) -> None:
    """A kept column gets the type that guards it as soon as it belongs to a table."""
    kind, category = column.info.get(_KEY, ("", ""))
    if kind == "kept":
        wear(column, category, table)


def check_declared(metadata: MetaData) -> None:
    """Refuse the start when a column of `metadata` says nothing about itself.

    Raises `ConfigError` that names the first such column, or table, and what to write.
    """
    for table in metadata.sorted_tables:
        for column in table.columns:
            if _KEY not in column.info:
                raise ConfigError(
                    f"column {table.name}.{column.name} does not say why it is stored: declare it with "
                    'info=kept("<category>") or info=technical("<reason>") from onmeet.notices.columns'
                )
        if any(category_of(column) for column in table.columns) and _ROWS not in table.info:
            raise ConfigError(
                f"table {table.name} does not say whose rows it holds: declare it with "
                "__table_args__ = rows(...) from onmeet.notices.columns"
            )
