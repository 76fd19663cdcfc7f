"""Every way that SQLAlchemy offers to write a row, and rows full of values that can be told apart.

`WAYS` write what is permitted, whatever the database. `UNSEALED_WAYS` do not say whose data they write and
work where text is not sealed. `holes.py` has those that would carry a value past the column's type.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    String,
    Table,
    bindparam,
    insert,
    literal,
    select,
    update,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account, ContactCode, Passkey
from onmeet.billing.models import Invoice, Subscription
from onmeet.db import Base
from onmeet.groups.models import Group
from onmeet.meetings.models import CallRecord, Meeting, MeetingRecord, Participation
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import category_of
from onmeet.notices.kept import Kept
from onmeet.notices.models import ConsentGiven, PageCount, SecurityEvent, SubjectRequest

__all__ = [
    "MODELS", "UNSEALED_WAYS", "WAYS", "Filled", "Row", "Way", "core", "dialect_of", "fill", "kept_columns",
    "kept_values", "parents", "spelt",
]  # fmt: skip

MODELS: tuple[type[Base], ...] = (
    Account, Meeting, MeetingRecord, Participation, CallRecord, ConsentGiven, SubjectRequest, SecurityEvent,
    PageCount, ContactCode, Passkey, Subscription, Invoice,
)  # fmt: skip

_numbers = itertools.count(1)

Row = dict[str, Any]
Way = Callable[[Session, type[Base], Row], None]


@dataclass(frozen=True)
class Filled:
    """A row of a model, and under which names its kept values are to be found."""

    model: type[Base]
    row: Row


def kept_columns(model: type[Base]) -> list[Column[Any]]:
    """Those with personal data."""
    return [one for one in model.__table__.c if category_of(one) is not None]


def parents(session: Session) -> Row:
    """Rows that others refer to, with nothing personal in them: their ids, by table."""
    account = Account(email_mark="nobody", name=None)
    session.add(account)
    record = MeetingRecord(subject="s", instance="none")
    group = Group(name="none")
    session.add_all([record, group])
    session.flush()
    return {"accounts": account.id, "meeting_records": record.id, "groups": group.id}


def fill(model: type[Base], parents: Row, *, fitting: bool = True) -> Filled:
    """A row with a value of its own in each column. `fitting`: addresses and numbers look like some."""
    return Filled(model, {c.key: _value(c, parents, fitting) for c in model.__table__.c})


def _value(column: Column[Any], parents: Row, fitting: bool) -> Any:
    number = next(_numbers)
    category = category_of(column)
    for key in column.foreign_keys:
        return parents[key.column.table.name]
    kind = column.type.inner if isinstance(column.type, Kept) else column.type
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, BigInteger | Integer):
        return 7_000_000 + number
    if isinstance(kind, DateTime):
        return datetime(2190, 1, 1, tzinfo=UTC) + timedelta(hours=number, microseconds=731_000 + number)
    if isinstance(kind, Date):
        return date(2200, 1, 1) + timedelta(days=number)
    assert isinstance(kind, String)
    if category is None:
        return f"{number:08d}"[-(kind.length or 8) :]
    shape = CATEGORIES[category].shape if fitting else "text"
    if shape == "ip":
        return f"10.{number // 62_500 % 250}.{number // 250 % 250}.{1 + number % 250}"
    if shape == "number":
        return f"+4930{23_000_000 + number}"
    return f"zq{number:06d}qz"


def spelt(value: Any) -> str:
    """A value as the wiretap shows it."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else str(value)


# -- ways ---------------------------------------------------------------------------------------------


def core(model: type[Base]) -> Table:
    made = model.__table__
    assert isinstance(made, Table)
    return made


def kept_values(model: type[Base], row: Row) -> Row:
    return {c.key: row[c.key] for c in kept_columns(model)}


def _stored(session: Session, model: type[Base], row: Row) -> Base:
    """An object of a row without personal data, as far as that is possible."""
    empty = {c.key: None for c in kept_columns(model) if c.nullable}
    made = model(**{**row, **empty})
    session.add(made)
    session.flush()
    return made


def _add(session: Session, model: type[Base], row: Row) -> None:
    session.add(model(**row))
    session.flush()


def _merge(session: Session, model: type[Base], row: Row) -> None:
    session.merge(model(**row))
    session.flush()


def _change(session: Session, model: type[Base], row: Row) -> None:
    made = _stored(session, model, row)
    for name, value in kept_values(model, row).items():
        setattr(made, name, value)
    session.flush()


def dialect_of(session: Session) -> Any:
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql


def _upsert(session: Session, model: type[Base], row: Row) -> None:
    statement = dialect_of(session).insert(core(model)).values(row)
    taken = {c.key: statement.excluded[c.key] for c in kept_columns(model)}
    for _ in range(2):  # the second one updates
        session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=taken))


def _bulk(session: Session, model: type[Base], row: Row) -> None:
    session.bulk_insert_mappings(model.__mapper__, [row, {**row, **_other(model, row)}])


def _many(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(model), [row, {**row, **_other(model, row)}])


def _core_many(session: Session, model: type[Base], row: Row) -> None:
    session.connection().execute(insert(core(model)), [row, {**row, **_other(model, row)}])


def _multi_values(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(core(model)).values([row, {**row, **_other(model, row)}]))


def _other(model: type[Base], row: Row) -> Row:
    """What has to differ in a second row."""
    plain = (c for c in model.__table__.c if category_of(c) is None and not c.foreign_keys)
    return {c.key: _other_value(row[c.key]) for c in plain}


def _other_value(value: Any) -> Any:
    if isinstance(value, bool | date):
        return value
    return value + 1_000_000 if isinstance(value, int) else f"{next(_numbers):08d}"[-len(value) :]


def _returning(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(model).returning(model), [row]).all()


def _expression(session: Session, model: type[Base], row: Row) -> None:
    """Values in the statement, as bound values of the columns' own types."""
    typed = {
        c.key: bindparam(None, row[c.key], type_=c.type, unique=True)
        for c in model.__table__.c
        if c.key in row
    }
    session.execute(insert(core(model)).values(typed))


def _from_select(session: Session, model: type[Base], row: Row) -> None:
    made = core(model)
    source = select(*(literal(value, made.c[name].type) for name, value in row.items()))
    session.execute(insert(made).from_select(list(row), source))


def _cte(session: Session, model: type[Base], row: Row) -> None:
    written = insert(core(model)).values(row).returning(core(model).c.id).cte("written")
    session.execute(select(written.c.id))


WAYS: Mapping[str, Way] = {
    "add an object": _add,
    "merge an object": _merge,
    "change an object": _change,
    "save objects in bulk": lambda s, m, r: s.bulk_save_objects([m(**r)]),
    "insert mappings in bulk": _bulk,
    "insert rows with the ORM": _many,
    "insert a row with the ORM": lambda s, m, r: s.execute(insert(m).values(**r)) and None,
    "insert and return": _returning,
    "insert rows": _core_many,
    "insert a row": lambda s, m, r: s.connection().execute(insert(core(m)).values(**r)) and None,
    "insert several values": _multi_values,
    "insert parameters": lambda s, m, r: s.connection().execute(insert(core(m)), r) and None,
    "insert or update": _upsert,
}
"""By name. Each takes a session, a model and a row; some leave a second row behind."""

UNSEALED_WAYS: Mapping[str, Way] = {
    "insert typed values": _expression,
    "insert from a select": _from_select,
    "update values": lambda s, m, r: _update_values(s, m, r),
    "update parameters": lambda s, m, r: _update_parameters(s, m, r),
    "update rows with the ORM": lambda s, m, r: _update_rows(s, m, r),
    "upsert values": lambda s, m, r: _upsert_values(s, m, r),
}
"""Ways that do not say whose data they write: they work where values are not sealed."""


def _update_values(session: Session, model: type[Base], row: Row) -> None:
    _stored(session, model, row)
    session.execute(update(core(model)).where(core(model).c.id == row["id"]).values(kept_values(model, row)))


def _update_parameters(session: Session, model: type[Base], row: Row) -> None:
    _stored(session, model, row)
    made = core(model)
    names = {name: bindparam(f"new_{name}") for name in kept_values(model, row)}
    parameters = {f"new_{name}": value for name, value in kept_values(model, row).items()}
    statement = update(made).where(made.c.id == bindparam("the_id")).values(names)
    session.connection().execute(statement, [{"the_id": row["id"], **parameters}])


def _update_rows(session: Session, model: type[Base], row: Row) -> None:
    _stored(session, model, row)
    session.execute(update(model), [{"id": row["id"], **kept_values(model, row)}])


def _upsert_values(session: Session, model: type[Base], row: Row) -> None:
    made = _stored(session, model, row)
    session.expunge(made)
    empty = {c.key: None for c in kept_columns(model) if c.nullable}
    statement = dialect_of(session).insert(core(model)).values({**row, **empty})
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=kept_values(model, row)),
    )
