"""The type of a kept column: what is bound to it takes the form that the policy of the engine permits.

Every column that is declared with `kept(...)` wears it: whatever way a value comes (ORM, bulk, upsert), the
same processor stands between it and the driver. Types are shared by all engines of a process; the policy is
found at the engine's own dialect, where SQLAlchemy also caches the processors. A category that may stay as
it is has no processor at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from sqlalchemy import Column, Dialect, String, Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

from onmeet.errors import NotPermitted
from onmeet.notices import forms, owned
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.policy import Policy
from onmeet.notices.rotating import RotatingKeys

__all__ = ["Gate", "Kept", "Sealing", "gate_of", "wear"]

Process = Callable[[Any], Any]
Use = Literal["write", "compare"]


class Sealing(Protocol):
    """Encryption of kept text under the key of the row's data subject (`onmeet.notices.sealing`)."""

    def binding(self, table: str, column: str) -> Process:
        """Seals a value that already has its form, on the way to the driver."""

    def comparing(self, table: str, column: str) -> Process:
        """What a value becomes that is to be compared with the column."""

    def reading(self, table: str, column: str) -> Process:
        """Opens what came from the driver."""


@dataclass(frozen=True)
class Gate:
    """What one engine may store: its policy, the keys of pseudonyms, the sealing of text if there is one."""

    policy: Policy
    keys: RotatingKeys
    sealing: Sealing | None = None

    def shaping(self, column: Kept) -> Process | None:
        """Brings a value of `column` into the permitted form; None: it may stay as it is."""
        storing = self.policy.storing(column.category)
        if storing == "as-is":
            return None
        if storing == "truncated" and column.is_text:
            return _past_none(forms.truncation(CATEGORIES[column.category].shape)) or _drop
        if storing == "pseudonymised" and column.is_text:
            return self._pseudonyms(column.category)
        return _drop

    def _pseudonyms(self, category: str) -> Process:
        item = self.policy.item(category)
        days = max(1, item.rotate_days if item is not None else 1)
        keys = self.keys

        def process(value: Any) -> str | None:
            return None if value is None else forms.pseudonym(keys.key(days), category, str(value))

        return process


class Kept(TypeDecorator[Any]):
    """Wraps the type of a kept column. `use`: whether values are written to it or compared with it."""

    impl: Any = String
    cache_ok = True

    def __init__(
        self,
        inner: TypeEngine[Any],
        category: str,
        table: str,
        column: str,
        nullable: bool = True,
        use: Use = "write",
    ) -> None:
        super().__init__()
        self.impl = self.inner = inner
        self.category = category
        self.table = table
        self.column = column
        self.nullable = nullable
        self.use = use

    @property
    def is_text(self) -> bool:
        """Whether values are text, which alone can be cut or hashed."""
        return isinstance(self.inner, String)

    @property
    def place(self) -> str:
        """As messages name the column."""
        return f"{self.table}.{self.column}"

    def is_that_of(self, column: Column[Any]) -> bool:
        """Whether values of this type are meant for `column` and no other."""
        theirs = cast(Kept, column.type)
        return self.use == "write" and self.place == theirs.place and self.category == theirs.category

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> Any:
        """What is compared with the column takes the column's form; what is reckoned with it does not."""
        if op is not None and operators.is_comparison(op):
            return Kept(self.inner, self.category, self.table, self.column, use="compare")
        return self.inner.coerce_compared_value(op, value)

    def bind_processor(self, dialect: Dialect) -> Process | None:
        """SQLAlchemy's hook: form first, then the seal, then what the driver needs."""
        return _chain(*self._steps(dialect), self.impl_instance.bind_processor(dialect))

    def literal_processor(self, dialect: Dialect) -> Process | None:
        """SQLAlchemy's hook: as `bind_processor`, for values that stand in the statement itself."""
        return _chain(*self._steps(dialect), _literal_null(self.impl_instance.literal_processor(dialect)))

    def result_processor(self, dialect: Dialect, coltype: object) -> Process | None:
        """SQLAlchemy's hook: opens what was sealed."""
        gate = gate_of(dialect)
        seals = gate is not None and gate.sealing is not None and self.is_text
        opening = gate.sealing.reading(self.table, self.column) if seals else None  # type: ignore[union-attr]
        return _chain(self.impl_instance.result_processor(dialect, coltype), opening)

    def _steps(self, dialect: Dialect) -> tuple[Process | None, ...]:
        gate = gate_of(dialect)
        if gate is None:
            return (_refusing(self, "the database was opened without a gate: use open_database"),)
        shape = gate.shaping(self)
        if shape is not None and not self.nullable:
            shape = _never_null(self, shape)
        if gate.sealing is None or not self.is_text:
            return (shape,)
        seal = gate.sealing.binding if self.use == "write" else gate.sealing.comparing
        return shape and owned.keeping(shape), seal(self.table, self.column)


def gate_of(dialect: Dialect) -> Gate | None:
    """The gate that was fitted on the engine of this dialect."""
    return getattr(dialect, "onmeet_gate", None)


def wear(column: Column[Any], category: str, table: Table) -> None:
    """Give a column that was just put into `table` the type that guards it."""
    inner = column.type.inner if isinstance(column.type, Kept) else column.type
    column.type = Kept(inner, category, table.name, column.name, nullable=bool(column.nullable))


def _drop(_value: Any) -> None:
    return None


def _past_none(process: Callable[[str], str | None] | None) -> Process | None:
    if process is None:
        return None
    return lambda value: None if value is None else process(str(value))


def _never_null(column: Kept, shape: Process) -> Process:
    refuse = _refusing(column, "the column cannot be empty: let it be, or do not write the row")

    def process(value: Any) -> Any:
        shaped = shape(value)
        return refuse(value) if shaped is None else shaped

    return process


def _refusing(column: Kept, remedy: str) -> Process:
    def process(value: Any) -> None:
        if value is not None:
            raise NotPermitted(f"{column.place} may not take {column.category} as it is: {remedy}")

    return process


def _literal_null(process: Process | None) -> Process | None:
    if process is None:
        return None
    return lambda value: "NULL" if value is None else process(value)


def _chain(*steps: Process | None) -> Process | None:
    """One processor for several; None when there is nothing to do."""
    present = [step for step in steps if step is not None]
    if not present:
        return None
    if len(present) == 1:
        return present[0]
    if len(present) == 2:
        first, second = present
        return lambda value: second(first(value))

    def process(value: Any) -> Any:
        for step in present:
            value = step(value)
        return value

    return process
