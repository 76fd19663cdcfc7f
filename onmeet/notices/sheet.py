"""What a notice's file says, row by row, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onmeet.notices.fields import ARRAYS, FIELDS, TABLES, Wrong
from onmeet.notices.lines import Lines
from onmeet.notices.terms import close_to

__all__ = ["Problem", "Row", "Sheet"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that keeps a file from being used: where it stands, what is wrong, what to do."""

    line: int
    where: str
    item: str
    message: str
    remedy: str

    def __str__(self) -> str:
        subject = f"{self.item}: " if self.item else ""
        return f"{self.where}:{self.line}: {subject}{self.message}; {self.remedy}"


@dataclass(slots=True)
class Row:
    """One table of the file. raw: as it was written. values: what could be read of it, by key.

    faulty: something is wrong with it.
    """

    table: str
    index: int
    raw: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    faulty: bool = False

    @property
    def title(self) -> str:
        """How a message calls it: `item account.name`."""
        name = next((self.raw[key] for key in ("category", "name", "country") if key in self.raw), None)
        if not self.table:
            return ""
        if self.table in TABLES:
            return self.table
        return f"{self.table} {name}" if isinstance(name, str) else f"{self.table} {self.index + 1}"

    def wrote(self, key: str) -> bool:
        """Whether the key is there, readable or not."""
        return key in self.raw

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, when it could be read."""
        return self.values.get(key, default)


@dataclass(slots=True)
class Sheet:
    """The rows of a file and its problems. named: the tables that the file has, whatever they are like."""

    where: str
    lines: Lines
    rows: list[Row] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def report(self, row: Row, key: str, message: str, remedy: str) -> None:
        """Note a problem with a key of a row; '' stands for the row itself."""
        row.faulty = True
        line = self.lines.line(row.table, row.index, key)
        words = f"{key} {message}" if key else message
        self.problems.append(Problem(line, self.where, row.title, words, remedy))

    def of(self, table: str) -> list[Row]:
        """The rows of one table."""
        return [row for row in self.rows if row.table == table]

    @property
    def top(self) -> Row:
        """What stands before the first table."""
        return self.rows[0]

    def fill(self, data: Mapping[str, Any]) -> None:
        """Take the tables of a parsed file; what is no table where one belongs is a problem."""
        known = (*(f.name for f in FIELDS[""]), *TABLES, *ARRAYS)
        top = Row("", 0, {k: v for k, v in data.items() if k not in TABLES and k not in ARRAYS})
        self.rows.append(top)
        self.named.update(data)
        for table in (name for name in data if name in TABLES):
            self._take(table, [data[table]], f"write [{table}]")
        for table in (name for name in data if name in ARRAYS):
            several = data[table] if isinstance(data[table], list) else [data[table]]
            single = not isinstance(data[table], list) and isinstance(data[table], dict)
            self._take(table, several, f"write [[{table}]]", single=single)
        for key in (name for name in top.raw if name not in known):
            kind = "table" if isinstance(top.raw[key], dict | list) else "key"
            remedy = "remove it: docs/notices.md lists all keys"
            self.report(top, key, f"is no {kind} of a notice{close_to(key, known)}", remedy)

    def _take(self, table: str, several: list[Any], remedy: str, *, single: bool = False) -> None:
        for index, raw in enumerate(several):
            row = Row(table, index, raw if isinstance(raw, dict) else {})
            if not isinstance(raw, dict):
                self.report(row, "", "is no table", remedy)
                continue
            if single:
                self.report(row, "", "is written with single brackets", remedy)
            self.rows.append(row)

    def read(self) -> None:
        """Read every value; what is unknown, missing or of a wrong kind is a problem."""
        for row in self.rows:
            fields = {f.name: f for f in FIELDS[row.table]}
            for key, raw in row.raw.items():
                if key not in fields:
                    if row.table:
                        remedy = "remove it: docs/notices.md lists all keys"
                        self.report(row, key, f"is no key of [{row.table}]{close_to(key, [*fields])}", remedy)
                    continue
                try:
                    row.values[key] = fields[key].read(raw)
                except Wrong as wrong:
                    self.report(row, key, wrong.message, wrong.remedy)
            for name in (f.name for f in fields.values() if f.required and f.name not in row.raw):
                self.report(row, "", f"{name} is missing", f"add {name} = …")
