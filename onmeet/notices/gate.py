"""The gate between the code and the database: what the notice in force does not permit is not stored.

Two layers. The type of each kept column (`kept.Kept`) brings every bound value into its permitted form. The
checks here make sure that there is no way round the type: a kept column takes a bound value of its own type,
NULL, or what a column of the same category holds already, and no other expression; a technical column takes
nothing out of a kept one; tables are the declared ones; statements written as text may not write.

Checks of expressions run when a statement is compiled, which SQLAlchemy does once and caches, so they cost
nothing by the row. Out of reach is who takes the driver's own connection or has the database run text that is
a value (`query_to_xml`); a test looks for the former in our sources.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Alias, Column, Engine, MetaData, Select, Table, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    ClauseElement,
    ColumnClause,
    Grouping,
    Label,
    Null,
    TextClause,
)  # fmt: skip
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import CompoundSelect, SelectStatementGrouping

from onmeet.errors import ConfigError, NotPermitted
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.columns import category_of, check_declared
from onmeet.notices.kept import Gate, Kept, gate_of

__all__ = ["check_tables", "fit"]

TECHNICAL = "onmeet_technical"
"""Execution option of a statement as text that may write: it holds nothing about anybody."""

_READS = frozenset(
    {
        "select", "with", "values", "pragma", "explain", "show", "set", "reset", "begin", "start", "commit",
        "rollback", "savepoint", "release", "end", "delete", "vacuum", "analyze", "checkpoint", "reindex",
        "truncate", "lock", "listen", "unlisten", "notify", "discard",
    }
)  # fmt: skip
_WRITES = re.compile(r"\b(insert|update|merge|into|copy|create)\b|;(?=.*\S)", re.IGNORECASE | re.DOTALL)
_ROW_LOCK = re.compile(r"\bfor\s+(no\s+key\s+)?update\b", re.IGNORECASE)
_COUNTING = ("coalesce", "max", "min", "greatest", "least")


def fit(engine: Engine, gate: Gate, metadata: MetaData) -> None:
    """Put the gate under everything that `engine` will execute. Once, before its first connection.

    Raises `ConfigError` for a table that cannot be guarded.
    """
    check_tables(metadata)
    dialect: Any = engine.dialect
    dialect.onmeet_gate = gate
    dialect.onmeet_tables = metadata.tables
    dialect.statement_compiler = _checking(dialect.statement_compiler)
    event.listen(engine, "before_cursor_execute", _check_text)
    event.listen(engine, "handle_error", _plain_error, retval=True)


def check_tables(metadata: MetaData) -> None:
    """Refuse kept columns with a default: nobody gave what they would hold, and no gate would see it."""
    check_declared(metadata)
    for table in metadata.sorted_tables:
        for column in table.columns:
            if category_of(column) is not None and not _guarded(column):
                raise ConfigError(
                    f"column {table.name}.{column.name} is kept, but filled by itself or a key: take "
                    "away its default and write the value where it comes from"
                )


def _guarded(column: Column[Any]) -> bool:
    made = (
        column.default, column.onupdate, column.server_default, column.server_onupdate, column.computed,
        column.identity,
    )  # fmt: skip
    return isinstance(column.type, Kept) and not column.primary_key and all(one is None for one in made)


@functools.cache
def _checking(compiler: type[SQLCompiler]) -> type[SQLCompiler]:
    """The dialect's compiler, with the checks in front."""
    return type(f"Checking{compiler.__name__}", (_Checks, compiler), {})


class _Checks:
    """Mixed into a dialect's compiler: each INSERT, UPDATE and piece of text is looked at, CTEs included."""

    dialect: Any
    stack: Any

    def visit_insert(self, insert_stmt: Any, *args: Any, **kw: Any) -> Any:
        """SQLAlchemy's hook."""
        _Target(self.dialect, insert_stmt.table).check_insert(insert_stmt)
        return super().visit_insert(insert_stmt, *args, **kw)  # type: ignore[misc]

    def visit_update(self, update_stmt: Any, *args: Any, **kw: Any) -> Any:
        """SQLAlchemy's hook."""
        _Target(self.dialect, update_stmt.table).check_update(update_stmt)
        return super().visit_update(update_stmt, *args, **kw)  # type: ignore[misc]

    def visit_textclause(self, textclause: Any, *args: Any, **kw: Any) -> Any:
        """SQLAlchemy's hook. A whole statement is judged when it is executed, with its options."""
        if self.stack:
            _check_fragment(textclause.text)
        return super().visit_textclause(textclause, *args, **kw)  # type: ignore[misc]

    def visit_column(self, column: Any, *args: Any, **kw: Any) -> Any:
        """SQLAlchemy's hook."""
        if column.is_literal:
            _check_fragment(column.name)
        return super().visit_column(column, *args, **kw)  # type: ignore[misc]

    def get_statement_hint_text(self, hint_texts: Any) -> Any:
        """SQLAlchemy's hook."""
        for text in hint_texts:
            _check_fragment(text)
        return super().get_statement_hint_text(hint_texts)  # type: ignore[misc]


class _Target:
    """The table that a statement writes to."""

    def __init__(self, dialect: Any, table: Any) -> None:
        gate = gate_of(dialect)
        assert gate is not None
        self.gate: Gate = gate
        self.tables: Mapping[str, Table] = dialect.onmeet_tables
        plain = table._deannotate() if isinstance(table, Table) else table
        declared = self.tables.get(getattr(plain, "key", ""))
        if declared is None or declared is not plain:
            name = getattr(plain, "name", type(plain).__name__)
            raise NotPermitted(
                f"{name} is no declared table: write with the models, which say what they hold"
            )
        self.table = declared

    def check_insert(self, statement: Any) -> None:
        """Every way in which an INSERT may get its values."""
        for key, value in (statement._values or {}).items():
            self.check(key, value)
        for rows in statement._multi_values:
            for row in rows:
                pairs = row.items() if isinstance(row, Mapping) else zip(self.table.c, row, strict=False)
                for key, value in pairs:
                    self.check(key, value, typed=False)
        if statement._select_names:
            for values in _outputs(statement.select, self.table):
                for name, value in zip(statement._select_names, values, strict=False):
                    self.check(name, value, typed=False)
        after = statement._post_values_clause
        for key, value in getattr(after, "update_values_to_set", {}).items():
            self.check(key, value, excluded=True)

    def check_update(self, statement: Any) -> None:
        """Every way in which an UPDATE may get its values."""
        for key, value in dict(statement._values or {}).items():
            self.check(key, value)

    def check(self, key: Any, value: Any, *, typed: bool = True, excluded: bool = False) -> None:
        """One value for one column. `typed`: SQLAlchemy gives the column's type to a value without one.

        excluded: a column stands for what the INSERT tried to write, which has passed the gate.
        """
        column = self._column(key)
        value = _plain(value)
        if not isinstance(value, ClauseElement):
            return  # becomes a bound value of the column's type
        if category_of(column) is None:
            self._check_technical(column, value)
        else:
            self._check_kept(column, value, typed, excluded)

    def _column(self, key: Any) -> Column[Any]:
        key = _plain(key)
        name = key if isinstance(key, str) else key.key if isinstance(key, ColumnClause) else None
        column: Column[Any] | None = None if name is None else self.table.c.get(name)
        foreign = isinstance(key, Column) and key.table._deannotate() is not self.table
        if column is None or foreign:
            raise NotPermitted(f"a statement on {self.table.name} sets something that is no column of it")
        return column

    def _check_kept(self, column: Column[Any], value: ClauseElement, typed: bool, excluded: bool) -> None:
        if isinstance(value, Null):
            return
        if isinstance(value, BindParameter):
            kind = value.type
            own = isinstance(kind, Kept) and kind.is_that_of(column)
            plain = not value.literal_execute and not value.expanding
            if plain and (own or (typed and kind._isnull)):
                return
        elif self._copies(column, value, excluded) or self._counts(column, value):
            return
        raise NotPermitted(
            f"{self.table.name}.{column.name} holds {category_of(column)} and takes a plain value, nothing "
            "that the database makes or that has another type: work it out in Python and hand it over"
        )

    def _copies(self, column: Column[Any], value: ClauseElement, excluded: bool) -> bool:
        """Whether this is the value of a column that may go into `column` unchanged."""
        origins = list(_origins(value))
        if not origins or any(o is None or self._category(o) != category_of(column) for o in origins):
            return False
        passed = excluded and isinstance(value, Column) and isinstance(value.table, Alias)
        same = all(origin is column for origin in origins)
        sealed = self.gate.sealing is not None and _kept_type(column).is_text
        if passed and value.table.name == "excluded":  # type: ignore[attr-defined]
            return same or not sealed
        return self.gate.shaping(_kept_type(column)) is None and not sealed

    def _counts(self, column: Column[Any], value: ClauseElement) -> bool:
        """Whether this reckons a count out of the column's own category and numbers."""
        category = category_of(column) or ""
        if CATEGORIES[category].shape != "count" or self.gate.shaping(_kept_type(column)) is not None:
            return False
        return all(self._is_reckoning(part, category) for part in visitors.iterate(value))

    def _is_reckoning(self, part: Any, category: str) -> bool:
        if isinstance(part, BinaryExpression):
            return part.operator in (operators.add, operators.sub)
        if isinstance(part, BindParameter):
            return not part.literal_execute and not part.expanding
        if isinstance(part, FunctionElement):
            return getattr(part, "name", "") in _COUNTING
        if isinstance(part, ColumnClause):
            return all(origin is not None and self._category(origin) == category for origin in _origins(part))
        return isinstance(part, Table | Alias | Grouping) or part.__visit_name__ == "clauselist"

    def _check_technical(self, column: Column[Any], value: ClauseElement) -> None:
        for part in _parts(value):
            if isinstance(part, TextClause) or getattr(part, "is_literal", False):
                raise NotPermitted(f"{self.table.name}.{column.name} may not be set by SQL that is text")
            for origin in _origins(part) if isinstance(part, ColumnClause) else ():
                if origin is None or self._category(origin) is not None:
                    what = "an unknown column" if origin is None else self._category(origin)
                    raise NotPermitted(
                        f"{self.table.name}.{column.name} is technical and may not be made of {what}"
                    )

    def _category(self, column: Column[Any]) -> str | None:
        """Of a declared column; any other is refused."""
        table = column.table._deannotate()
        if self.tables.get(getattr(table, "key", "")) is not table:
            raise NotPermitted(f"{column} is a column of no declared table: use the models")
        return category_of(column)


def _plain(value: Any) -> Any:
    """The SQL element behind an attribute of a model."""
    while not isinstance(value, ClauseElement) and hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    return value


def _kept_type(column: Column[Any]) -> Kept:
    kind = column.type
    assert isinstance(kind, Kept)
    return kind


def _outputs(select: Any, target: Table) -> Iterator[list[Any]]:
    """The columns that a SELECT gives, once for each part of a UNION."""
    while isinstance(select, SelectStatementGrouping):
        select = select.element
    if isinstance(select, CompoundSelect):
        for part in select.selects:
            yield from _outputs(part, target)
    elif isinstance(select, Select):
        yield [_unlabelled(column) for column in select._all_selected_columns]
    else:
        raise NotPermitted(f"{target.name} may not be filled from SQL that is text: select from the models")


def _unlabelled(value: Any) -> Any:
    while isinstance(value, Label | Grouping):
        value = value.element
    return value


def _origins(value: Any) -> Iterator[Column[Any] | None]:
    """The table columns whose values a column hands on, through subqueries; None for what is none."""
    value = _unlabelled(value)
    for base in value.base_columns if isinstance(value, ColumnClause) else (value,):
        plain = base._deannotate() if hasattr(base, "_deannotate") else base
        if isinstance(plain, Column) and isinstance(plain.table, Table):
            yield plain.table.c.get(plain.key, plain)
        else:
            yield None


def _parts(value: Any) -> Iterator[Any]:
    """All that an expression consists of, with what stands behind SQLAlchemy's `from_dml_column`."""
    for found in visitors.iterate(value):
        part: Any = found
        yield part
        if part.__visit_name__ == "dmltargetcopy":
            yield part.column


def _check_fragment(text: str) -> None:
    if _WRITES.search(text):
        raise NotPermitted("a statement holds SQL as text that may write: use the models")


def _check_text(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """Refuse statements that are text and write, and changes of tables, unless they are marked technical."""
    compiled = context.compiled if context is not None else None
    if compiled is not None and not context.isddl and not isinstance(compiled.statement, TextClause):
        return  # looked at when it was compiled
    if context is not None and context.execution_options.get(TECHNICAL):
        return
    first = statement.split(None, 1)[0].lower() if statement.strip() else ""
    if first.rstrip(";") not in _READS or _WRITES.search(_ROW_LOCK.sub("", statement)):
        raise NotPermitted(
            "a statement written as text may not write, since nobody can tell what: use the models, or the "
            f"execution option {TECHNICAL} where it holds nothing about anybody"
        )


def _plain_error(context: ExceptionContext) -> BaseException | None:
    """What the gate raises arrives as it is, without SQLAlchemy's wrapping."""
    return context.original_exception if isinstance(context.original_exception, NotPermitted) else None
