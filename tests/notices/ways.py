"""Every way that SQLAlchemy offers to write a row, and rows full of values that can be told apart.

`WAYS` are those that product code may use: they write what is permitted. `HOLES` would carry a value past the
column's type, and have to be refused.
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
    MetaData,
    String,
    Table,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    type_coerce,
    update,
    values,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql import from_dml_column

from onmeet.accounts.models import Account
from onmeet.db import Base
from onmeet.meetings.models import CallRecord, LoadHour, Meeting, MeetingRecord, Participation
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import category_of
from onmeet.notices.kept import Kept
from onmeet.notices.models import ConsentGiven, PageCount, SecurityEvent, SubjectRequest

__all__ = [
    "BOUND_HOLES",
    "HOLES",
    "MODELS",
    "UNSEALED_WAYS",
    "WAYS",
    "Filled",
    "fill",
    "kept_columns",
    "parents",
    "spelt",
]

MODELS: tuple[type[Base], ...] = (
    Account, Meeting, MeetingRecord, Participation, CallRecord, ConsentGiven, SubjectRequest, SecurityEvent,
    PageCount,
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
    session.add(record)
    session.flush()
    return {"accounts": account.id, "meeting_records": record.id}


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
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    if shape == "number":
        return f"+4930{23_000_000 + number}"
    return f"zq{number:06d}qz"


def spelt(value: Any) -> str:
    """A value as the wiretap shows it."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else str(value)


# -- ways ---------------------------------------------------------------------------------------------


def _core(model: type[Base]) -> Table:
    made = model.__table__
    assert isinstance(made, Table)
    return made


def _kept(model: type[Base], row: Row) -> Row:
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
    for name, value in _kept(model, row).items():
        setattr(made, name, value)
    session.flush()


def _dialect(session: Session) -> Any:
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql


def _upsert(session: Session, model: type[Base], row: Row) -> None:
    statement = _dialect(session).insert(_core(model)).values(row)
    taken = {c.key: statement.excluded[c.key] for c in kept_columns(model)}
    for _ in range(2):  # the second one updates
        session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=taken))


def _bulk(session: Session, model: type[Base], row: Row) -> None:
    session.bulk_insert_mappings(model.__mapper__, [row, {**row, **_other(model, row)}])


def _many(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(model), [row, {**row, **_other(model, row)}])


def _core_many(session: Session, model: type[Base], row: Row) -> None:
    session.connection().execute(insert(_core(model)), [row, {**row, **_other(model, row)}])


def _multi_values(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(_core(model)).values([row, {**row, **_other(model, row)}]))


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
    session.execute(insert(_core(model)).values(typed))


def _from_select(session: Session, model: type[Base], row: Row) -> None:
    made = _core(model)
    source = select(*(literal(value, made.c[name].type) for name, value in row.items()))
    session.execute(insert(made).from_select(list(row), source))


def _cte(session: Session, model: type[Base], row: Row) -> None:
    written = insert(_core(model)).values(row).returning(_core(model).c.id).cte("written")
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
    "insert a row": lambda s, m, r: s.connection().execute(insert(_core(m)).values(**r)) and None,
    "insert several values": _multi_values,
    "insert parameters": lambda s, m, r: s.connection().execute(insert(_core(m)), r) and None,
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
    session.execute(update(_core(model)).where(_core(model).c.id == row["id"]).values(_kept(model, row)))


def _update_parameters(session: Session, model: type[Base], row: Row) -> None:
    _stored(session, model, row)
    made = _core(model)
    names = {name: bindparam(f"new_{name}") for name in _kept(model, row)}
    parameters = {f"new_{name}": value for name, value in _kept(model, row).items()}
    statement = update(made).where(made.c.id == bindparam("the_id")).values(names)
    session.connection().execute(statement, [{"the_id": row["id"], **parameters}])


def _update_rows(session: Session, model: type[Base], row: Row) -> None:
    _stored(session, model, row)
    session.execute(update(model), [{"id": row["id"], **_kept(model, row)}])


def _upsert_values(session: Session, model: type[Base], row: Row) -> None:
    made = _stored(session, model, row)
    session.expunge(made)
    empty = {c.key: None for c in kept_columns(model) if c.nullable}
    statement = _dialect(session).insert(_core(model)).values({**row, **empty})
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=_kept(model, row)),
    )


# -- holes --------------------------------------------------------------------------------------------


def _texts(model: type[Base]) -> list[Column[Any]]:
    return [c for c in kept_columns(model) if isinstance(c.type, Kept) and c.type.is_text]


def _insert_made(make: Callable[[Any], Any]) -> Way:
    """A value that passes through SQL on its way into each kept column."""

    def way(session: Session, model: type[Base], row: Row) -> None:
        made = {name: make(value) for name, value in _kept(model, row).items()}
        session.execute(insert(_core(model)).values({**row, **made}))

    return way


def _update_made(make: Callable[[Any], Any]) -> Way:
    def way(session: Session, model: type[Base], row: Row) -> None:
        session.execute(update(model).values({k: make(v) for k, v in _kept(model, row).items()}))

    return way


def _object_made(session: Session, model: type[Base], row: Row) -> None:
    session.add(model(**{**row, **{k: func.lower(str(v)) for k, v in _kept(model, row).items()}}))
    session.flush()


def _quoted(value: Any) -> str:
    return "'" + str(value) + "'"


def _raw(session: Session, model: type[Base], row: Row, statement: str) -> None:
    session.execute(text(statement))


def _words(model: type[Base], row: Row) -> tuple[str, str, str]:
    first = kept_columns(model)[0].key
    return _core(model).name, first, _quoted(row[first])


def _text_insert(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.execute(text(f"INSERT INTO {name} ({first}) VALUES ({value})"))


def _driver_insert(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.connection().exec_driver_sql(f"  insert into {name} ({first}) VALUES ({value})")


def _text_update(session: Session, model: type[Base], row: Row) -> None:
    name, first, _ = _words(model, row)
    session.execute(text(f"UPDATE {name} SET {first} = :value"), {"value": str(row[first])})


def _text_in_with(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.execute(text(f"WITH x AS (INSERT INTO {name} ({first}) VALUES ({value}) RETURNING id) SELECT 1"))


def _second_statement(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.connection().exec_driver_sql(f"SELECT 1; UPDATE {name} SET {first} = {value}")


def _copy_in(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.execute(text(f"COPY {name} ({first}) FROM PROGRAM {_quoted('echo ' + value.strip(chr(39)))}"))


def _made_table(session: Session, model: type[Base], row: Row) -> None:
    _, first, value = _words(model, row)
    session.execute(text(f"CREATE TABLE taken AS SELECT {value} AS {first}"))


def _fragment(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.execute(select(literal_column(f"1; UPDATE {name} SET {first} = {value}")))


def _prefix(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.execute(select(literal(1)).suffix_with(f"; UPDATE {name} SET {first} = {value}"))


def _hint(session: Session, model: type[Base], row: Row) -> None:
    name, first, value = _words(model, row)
    session.execute(select(literal(1)).with_statement_hint(f"; UPDATE {name} SET {first} = {value}"))


def _anonymous_table(session: Session, model: type[Base], row: Row) -> None:
    names = [c.key for c in model.__table__.c]
    bare = table(_core(model).name, *(column(name) for name in names))
    session.execute(insert(bare).values({k: str(v) for k, v in row.items()}))


def _reflected_table(session: Session, model: type[Base], row: Row) -> None:
    found = Table(_core(model).name, MetaData(), autoload_with=session.connection())
    session.execute(insert(found), [row])


def _renamed_table(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(_core(model).to_metadata(MetaData())), [row])


def _select_made(make: Callable[[Any], Any]) -> Way:
    def way(session: Session, model: type[Base], row: Row) -> None:
        kept = _kept(model, row)
        source = select(*(make(value).label(name) for name, value in kept.items()))
        inside = source.subquery()
        session.execute(insert(_core(model)).from_select(list(kept), select(*inside.c)))

    return way


def _union(session: Session, model: type[Base], row: Row) -> None:
    kept = _kept(model, row)
    source = [select(*(literal(str(value)) for value in kept.values())) for _ in range(2)]
    session.execute(insert(_core(model)).from_select(list(kept), source[0].union_all(source[1])))


def _text_select(session: Session, model: type[Base], row: Row) -> None:
    kept = _kept(model, row)
    source = text("SELECT " + ", ".join(_quoted(v) for v in kept.values())).columns(
        *(column(k) for k in kept)
    )
    session.execute(insert(_core(model)).from_select(list(kept), source))


def _values_rows(session: Session, model: type[Base], row: Row) -> None:
    kept = {k: str(v) for k, v in _kept(model, row).items()}
    rows = values(*(column(k, String) for k in kept), name="taken").data([tuple(kept.values())])
    session.execute(insert(_core(model)).from_select(list(kept), select(rows)))


def _late_bind(session: Session, model: type[Base], row: Row) -> None:
    """Several VALUES with bound values that have no type: SQLAlchemy would not give them the column's."""
    kept = _kept(model, row)
    first = {k: bindparam(f"a_{k}", str(v)) for k, v in kept.items()}
    second = {k: bindparam(f"b_{k}", str(v)) for k, v in kept.items()}
    session.execute(insert(_core(model)).values([{**row, **first}, {**row, **second}]))


def _upsert_made(session: Session, model: type[Base], row: Row) -> None:
    made = {k: bindparam(f"x_{k}", str(v), type_=String) for k, v in _kept(model, row).items()}
    first = {**row, **{c.key: None for c in kept_columns(model) if c.nullable}}
    statement = _dialect(session).insert(_core(model)).values(first)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=made))


def _upsert_unknown(session: Session, model: type[Base], row: Row) -> None:
    value = next(iter(_kept(model, row).values()))
    empty = {**row, **{c.key: None for c in kept_columns(model) if c.nullable}}
    statement = _dialect(session).insert(_core(model)).values(empty)
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={column("nobody"): str(value)})
    )


def _cte_made(session: Session, model: type[Base], row: Row) -> None:
    made = {k: literal(str(v)) for k, v in _kept(model, row).items()}
    written = insert(_core(model)).values({**row, **made}).returning(_core(model).c.id).cte("written")
    session.execute(select(exists(select(written.c.id))))


def _into_technical(session: Session, model: type[Base], row: Row) -> None:
    """What stands in a kept column, into one that is declared technical."""
    session.execute(update(Account).values(notice=Account.email))


def _into_technical_by_copy(session: Session, model: type[Base], row: Row) -> None:
    session.execute(
        insert(Account).values(subject="s", email_mark="m", email="zq", notice=from_dml_column(Account.email))
    )


def _into_technical_by_select(session: Session, model: type[Base], row: Row) -> None:
    source = select(literal("s"), func.upper(Account.email))
    session.execute(insert(_core(Account)).from_select(["subject", "notice"], source))


def _from_another_category(session: Session, model: type[Base], row: Row) -> None:
    session.execute(update(Account).values(name=Account.email))


HOLES: Mapping[str, Way] = {
    "func": _insert_made(lambda value: func.lower(str(value))),
    "func in an update": _update_made(lambda value: func.lower(str(value))),
    "func in an object": _object_made,
    "literal": _insert_made(lambda value: literal(str(value))),
    "literal in an update": _update_made(lambda value: literal(str(value))),
    "another type": _insert_made(lambda value: bindparam(None, str(value), type_=String, unique=True)),
    "another type in an update": _update_made(lambda v: bindparam(None, str(v), type_=String, unique=True)),
    "another column's type": _insert_made(lambda v: literal(str(v), _core(LoadHour).c.meetings.type)),
    "type_coerce": _insert_made(lambda value: type_coerce(str(value), String)),
    "cast": _insert_made(lambda value: cast(str(value), String)),
    "case": _update_made(lambda value: case((literal(1) == 1, str(value)), else_="")),
    "concatenation": _update_made(lambda value: literal("") + str(value)),
    "literal_column": _insert_made(lambda value: literal_column(_quoted(value))),
    "text as a value": _update_made(lambda value: text(_quoted(value))),
    "a value written into the statement": _insert_made(
        lambda value: bindparam(None, str(value), literal_execute=True, unique=True)
    ),
    "a scalar subquery": _update_made(lambda value: select(literal(str(value))).scalar_subquery()),
    "a select of literals": _select_made(lambda value: literal(str(value))),
    "a select of literal columns": _select_made(lambda value: literal_column(_quoted(value))),
    "a union": _union,
    "a select as text": _text_select,
    "rows of VALUES": _values_rows,
    "several VALUES without types": _late_bind,
    "an upsert with another type": _upsert_made,
    "an upsert of an unknown column": _upsert_unknown,
    "a literal in a CTE": _cte_made,
    "text that inserts": _text_insert,
    "text that updates": _text_update,
    "text that inserts within WITH": _text_in_with,
    "the driver's SQL": _driver_insert,
    "a second statement": _second_statement,
    "COPY": _copy_in,
    "a table made of it": _made_table,
    "a piece of text in a select": _fragment,
    "a suffix": _prefix,
    "a hint": _hint,
    "a table by its name": _anonymous_table,
    "a table read from the database": _reflected_table,
    "a copy of the table": _renamed_table,
    "a kept column into a technical one": _into_technical,
    "an inserted value into a technical column": _into_technical_by_copy,
    "a kept column into a technical one by select": _into_technical_by_select,
    "a column of another category": _from_another_category,
}
"""By name. Each has to be refused, whatever the notice permits."""

BOUND_HOLES = frozenset(
    {"literal", "another type", "another column's type", "a value written into the statement"}
)
"""Where text is sealed, these INSERTs get their values anew, as plain ones: they need no refusal."""
