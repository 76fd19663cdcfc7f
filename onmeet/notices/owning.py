"""How values on their way into a sealed column learn whose they are.

Inserts say it: `fit` looks at each one before it is executed, whether the values come with it or stand in it.
Changed objects know it: mapper events put it on. Anything else has to say it (`Owned(text, subject)`), or the
column refuses. When an object is loaded, what was sealed for one subject does not pass in the row of another.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, event
from sqlalchemy.orm import InstanceState, Mapper, attributes
from sqlalchemy.sql import Insert

from onmeet.db import Base, afterwards
from onmeet.notices import rolling
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.kept import Kept
from onmeet.notices.key_names import fresh_name
from onmeet.notices.owned import Opened, Owned
from onmeet.notices.sealing import SealBroken

__all__ = ["Sealed", "fit", "sealed_tables"]


@dataclass(frozen=True)
class Sealed:
    """A table with sealed columns: the column of its rows' subject, and the names of the sealed ones."""

    table: Table
    subject: Column[Any]
    names: tuple[str, ...]

    def whole(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values of a new row with its defaults, each text with its subject."""
        absent = {name: _default(self.table.c[name]) for name in self.names if name not in values}
        return self.own({**values, **{name: value for name, value in absent.items() if value is not None}})

    def own(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Values of a new row, each text with its subject; a subject is made where the row has none."""
        texts = [name for name in self.names if type(values.get(name)) in (str, Opened)]
        if not texts:
            return values
        subject = values.get(self.subject.key) or _default(self.subject)
        if subject is None:
            return values  # the bind processor says what is missing
        owned = {name: Owned(str(values[name]), subject) for name in texts}
        return {**values, self.subject.key: subject, **owned}


def sealed_tables(metadata: MetaData) -> dict[str, Sealed]:
    """The tables with kept text about somebody, by name."""
    found: dict[str, Sealed] = {}
    for table in metadata.sorted_tables:
        subject = rows_of(table).subject
        names = tuple(column.key for column in table.columns if category_of(column) and _is_text(column))
        if subject is not None and names:
            found[table.name] = Sealed(table, table.c[subject], names)
    return found


def _is_text(column: Column[Any]) -> bool:
    kind = column.type
    return kind.is_text if isinstance(kind, Kept) else isinstance(kind, String)


def _default(column: Column[Any]) -> Any:
    """What a column without a value gets, as far as Python decides it."""
    default: Any = column.default
    if default is None or not (default.is_callable or default.is_scalar):
        return None
    return default.arg(None) if default.is_callable else default.arg


def fit(engine: Engine, metadata: MetaData) -> None:
    """Give the values of every INSERT on `engine` their subjects. Once, where the engine's gate seals."""
    tables = sealed_tables(metadata)

    def own(
        _connection: Connection, statement: Any, many: Any, one: Any, _options: Any
    ) -> tuple[Any, Any, Any]:
        sealed = tables.get(getattr(statement.table, "name", "")) if isinstance(statement, Insert) else None
        if sealed is None or statement._select_names:
            return statement, many, one
        if statement._values or statement._multi_values:
            return _own_statement(sealed, statement), [sealed.own(row) for row in many], sealed.own(one)
        return statement, [sealed.whole(row) for row in many], one if many else sealed.whole(one)

    event.listen(engine, "before_execute", own, retval=True)


def _own_statement(sealed: Sealed, statement: Any) -> Any:
    """The same INSERT with the values that stand in it owned."""
    if statement._values:
        keys = {_name(key): key for key in statement._values}
        plain = {name: getattr(statement._values[key], "value", None) for name, key in keys.items()}
        owned = sealed.whole(plain)
        changed = {keys.get(name, name): owned[name] for name in owned if owned[name] is not plain.get(name)}
        return statement.values(changed) if changed else statement
    if statement._multi_values:
        statement = statement._generate()
        statement._multi_values = tuple(
            [_own_row(sealed, row) for row in rows] for rows in statement._multi_values
        )
    return statement


def _own_row(sealed: Sealed, row: Any) -> Any:
    if not isinstance(row, Mapping):
        row = dict(zip(sealed.table.columns.keys(), row, strict=False))
    return sealed.whole({_name(key): value for key, value in row.items()})


def _name(key: Any) -> str:
    return key if isinstance(key, str) else str(key.key)


@functools.cache
def _attributes(mapper: Mapper[Any]) -> tuple[str, tuple[str, ...]] | None:
    """The names of a class's subject and of its sealed attributes."""
    table = mapper.local_table
    subject = rows_of(table).subject if isinstance(table, Table) else None
    if subject is None or not isinstance(table, Table):
        return None
    sealed = [column for column in table.columns if category_of(column) and _is_text(column)]
    names = tuple(mapper.get_property_by_column(column).key for column in sealed)
    return (mapper.get_property_by_column(table.c[subject]).key, names) if names else None


@event.listens_for(Base, "before_insert", propagate=True)
def _fill_in(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """A new object learns its subject and what it has by default: the INSERT has to say all of it."""
    names = _attributes(mapper)
    if names is None or rolling.sealer_of(connection) is None:
        return
    for name in (names[0], *names[1]):
        if getattr(target, name, None) is None:
            (column,) = mapper.attrs[name].columns
            setattr(target, name, _default(column))


@event.listens_for(Base, "before_update", propagate=True)
def _own_changes(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """Changed text is sealed under a new key, and what stays in the row with it, when something is replaced.

    The old keys are forgotten when that is committed. Looks at the row as it is: somebody else may have
    changed it, under other keys, since it was loaded.
    """
    names, sealer = _attributes(mapper), rolling.sealer_of(connection)
    if names is None or sealer is None:
        return
    changed = [name for name in names[1] if attributes.get_history(target, name).has_changes()]
    if not changed:
        return
    table, (key,) = cast(Table, mapper.local_table), mapper.primary_key
    own = key == mapper.primary_key_from_instance(target)[0]
    row = next(iter(rolling.locked(connection, table, own)), None)
    name = fresh_name(row["subject"] if row is not None else getattr(target, names[0]))
    values = attributes.instance_dict(target)
    for each in changed:
        if values[each] is not None:
            values[each] = Owned(str(values[each]), name)
    if row is not None and any(row[each] is not None for each in changed):
        others = tuple(each for each in names[1] if each not in changed)
        rolling.reseal(connection, sealer, table, row, others, name)
        old = sorted(rolling.names_in(row, names[1]))
        afterwards(connection, lambda: sealer.keys.forget(old))


@event.listens_for(Base, "after_update", propagate=True)
def _show_plain(mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
    names = _attributes(mapper)
    values = attributes.instance_dict(target)
    for name in names[1] if names is not None else ():
        if isinstance(values.get(name), Owned):
            values[name] = str(values[name])


def _check_owner(state: InstanceState[Any], *_context: Any) -> None:
    """What was sealed for one subject does not show in the row of another; the object gets plain text."""
    names = _attributes(state.mapper)
    if names is None:
        return
    values = state.dict
    subject = values.get(names[0])
    for name in names[1]:
        value = values.get(name)
        if isinstance(value, Opened):
            if subject is not None and value.subject != subject:
                raise SealBroken(f"{state.class_.__name__}.{name} was sealed for the row of somebody else")
            values[name] = str(value)


event.listen(Base, "load", _check_owner, propagate=True, raw=True)
event.listen(Base, "refresh", _check_owner, propagate=True, raw=True)
