"""Ways of writing that would carry a value past the column's type: each has to be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
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
from sqlalchemy.orm import Session
from sqlalchemy.sql import from_dml_column
from sqlalchemy.types import NullType

from onmeet.accounts.models import Account
from onmeet.db import Base
from onmeet.meetings.models import LoadHour
from tests.notices.ways import Row, Way, core, dialect_of, kept_columns, kept_values

__all__ = ["BOUND_HOLES", "HOLES"]


def _insert_made(make: Callable[[Any], Any]) -> Way:
    """A value that passes through SQL on its way into each kept column."""

    def way(session: Session, model: type[Base], row: Row) -> None:
        made = {name: make(value) for name, value in kept_values(model, row).items()}
        session.execute(insert(core(model)).values({**row, **made}))

    return way


def _update_made(make: Callable[[Any], Any]) -> Way:
    def way(session: Session, model: type[Base], row: Row) -> None:
        session.execute(update(model).values({k: make(v) for k, v in kept_values(model, row).items()}))

    return way


def _object_made(session: Session, model: type[Base], row: Row) -> None:
    session.add(model(**{**row, **{k: func.lower(str(v)) for k, v in kept_values(model, row).items()}}))
    session.flush()


def _quoted(value: Any) -> str:
    return "'" + str(value) + "'"


def _words(model: type[Base], row: Row) -> tuple[str, str, str]:
    first = kept_columns(model)[0].key
    return core(model).name, first, _quoted(row[first])


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
    bare = table(core(model).name, *(column(name) for name in names))
    session.execute(insert(bare).values({k: str(v) for k, v in row.items()}))


def _reflected_table(session: Session, model: type[Base], row: Row) -> None:
    found = Table(core(model).name, MetaData(), autoload_with=session.connection())
    session.execute(insert(found), [row])


def _renamed_table(session: Session, model: type[Base], row: Row) -> None:
    session.execute(insert(core(model).to_metadata(MetaData())), [row])


def _select_made(make: Callable[[Any], Any]) -> Way:
    def way(session: Session, model: type[Base], row: Row) -> None:
        kept = kept_values(model, row)
        source = select(*(make(value).label(name) for name, value in kept.items()))
        inside = source.subquery()
        session.execute(insert(core(model)).from_select(list(kept), select(*inside.c)))

    return way


def _union(session: Session, model: type[Base], row: Row) -> None:
    kept = kept_values(model, row)
    source = [select(*(literal(str(value)) for value in kept.values())) for _ in range(2)]
    session.execute(insert(core(model)).from_select(list(kept), source[0].union_all(source[1])))


def _text_select(session: Session, model: type[Base], row: Row) -> None:
    kept = kept_values(model, row)
    source = text("SELECT " + ", ".join(_quoted(v) for v in kept.values())).columns(
        *(column(k) for k in kept)
    )
    session.execute(insert(core(model)).from_select(list(kept), source))


def _values_rows(session: Session, model: type[Base], row: Row) -> None:
    kept = {k: str(v) for k, v in kept_values(model, row).items()}
    rows = values(*(column(k, String) for k in kept), name="taken").data([tuple(kept.values())])
    session.execute(insert(core(model)).from_select(list(kept), select(rows)))


def _late_bind(session: Session, model: type[Base], row: Row) -> None:
    """Several VALUES with bound values that have no type: SQLAlchemy would not give them the column's."""
    kept = kept_values(model, row)
    first = {k: bindparam(f"a_{k}", str(v), type_=NullType()) for k, v in kept.items()}
    second = {k: bindparam(f"b_{k}", str(v), type_=NullType()) for k, v in kept.items()}
    session.execute(insert(core(model)).values([{**row, **first}, {**row, **second}]))


def _upsert_made(session: Session, model: type[Base], row: Row) -> None:
    made = {k: bindparam(f"x_{k}", str(v), type_=String) for k, v in kept_values(model, row).items()}
    first = {**row, **{c.key: None for c in kept_columns(model) if c.nullable}}
    statement = dialect_of(session).insert(core(model)).values(first)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=made))


def _upsert_unknown(session: Session, model: type[Base], row: Row) -> None:
    value = next(iter(kept_values(model, row).values()))
    empty = {**row, **{c.key: None for c in kept_columns(model) if c.nullable}}
    statement = dialect_of(session).insert(core(model)).values(empty)
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={column("nobody"): str(value)})
    )


def _cte_made(session: Session, model: type[Base], row: Row) -> None:
    made = {k: literal(str(v)) for k, v in kept_values(model, row).items()}
    written = insert(core(model)).values({**row, **made}).returning(core(model).c.id).cte("written")
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
    session.execute(insert(core(Account)).from_select(["subject", "notice"], source))


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
    "another column's type": _insert_made(lambda v: literal(str(v), core(LoadHour).c.meetings.type)),
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
