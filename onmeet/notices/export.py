"""A person's data as a zip to take away: JSON for machines, CSV for spreadsheets, a README in their language.

Written piece by piece, so that a long list needs no more memory than a short one, and read in short
transactions, so that a slow download holds up nobody's erasure. Nothing is put into a file on this machine.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table

from onmeet.db import Database
from onmeet.notices import access, wording
from onmeet.notices.access import HeldItem, HeldRow
from onmeet.notices.categories import Event
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.export_words import ExportWords, export_words
from onmeet.notices.policy import Policy

__all__ = ["FORMAT", "cell", "export", "stream"]

FORMAT = "onmeet-export/1"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


def export(
    database: Database, account_id: int, policy: Policy, now: datetime, *, language: str = "en"
) -> bytes:
    """The whole zip at once; see `stream`."""
    return b"".join(stream(database, account_id, policy, now, language=language))


def stream(
    database: Database, account_id: int, policy: Policy, now: datetime, *, language: str = "en"
) -> Iterator[bytes]:
    """The zip of everything held about the person of an account, in pieces, always in the same order."""
    job = _Job(database, account_id, policy, now, language)
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, pieces in job.files():
            information = zipfile.ZipInfo(name, now.timetuple()[:6])
            information.compress_type = zipfile.ZIP_DEFLATED
            information.external_attr = 0o600 << 16
            with archive.open(information, "w") as entry:
                for piece in pieces:
                    entry.write(piece.encode())
                    yield from pipe.take()
    yield from pipe.take()


def cell(value: Any) -> str:
    """A value as a cell of a CSV file that no spreadsheet takes for a formula."""
    text = _text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Pipe:
    """What `zipfile` writes to: a pipe without a way back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)


@dataclass
class _Job:
    """One export. `kinds` collects one item of each category on the way, `counts` the rows of each table."""

    database: Database
    account_id: int
    policy: Policy
    now: datetime
    language: str
    kinds: dict[str, HeldItem] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def files(self) -> Iterator[tuple[str, Iterator[str]]]:
        yield "data.json", self._json()
        for table in access.people_tables():
            if self.counts[table.name]:
                yield f"{table.name}.csv", self._csv(table)
        yield "README.txt", self._readme()

    def _rows(self, table: Table) -> Iterator[HeldRow]:
        return access.walk(self.database, table, self.account_id, self.policy, self.now)

    def _json(self) -> Iterator[str]:
        notice = self.policy.notice
        head = {
            "format": FORMAT,
            "made_at": _text(self.now),
            "notice": {"name": notice.name, "version": notice.version},
            "controller": {"name": notice.controller.name, "email": notice.controller.email},
        }
        yield _dump(head)[:-2] + ',\n  "tables": {'
        for number, table in enumerate(access.people_tables()):
            yield f"{',' if number else ''}\n    {json.dumps(table.name)}: ["
            self.counts[table.name] = 0
            for row in self._rows(table):
                self.kinds.update({item.category: item for item in row.items})
                yield f"{',' if self.counts[table.name] else ''}\n      {_dump(_json_row(row), None)}"
                self.counts[table.name] += 1
            yield "]"
        yield f'}},\n  "categories": {_dump(self._categories())},\n'
        yield f'  "technical": {_dump(self._technical())}\n}}\n'

    def _categories(self) -> dict[str, Any]:
        return {
            category: {
                "purpose": item.purpose,
                "legal_basis": item.basis,
                "permitted": item.permitted,
                "readers": list(item.readers),
                "recipients": list(item.recipients),
            }
            for category, item in sorted(self.kinds.items())
        }

    def _technical(self) -> dict[str, Any]:
        with self.database.reading() as session:
            return {
                each.table: {"rows": each.count, "columns": dict(each.reasons)}
                for each in access.technical_about(session, self.account_id)
                if each.count
            }

    def _csv(self, table: Table) -> Iterator[str]:
        columns = [column.name for column in access.kept_columns(table)]
        named = ["called"] if rows_of(table).called is not None else []
        yield "\ufeff" + _csv_line(["key", *named, *columns])
        for row in self._rows(table):
            values = {item.column: self._shown(item) for item in row.items} | {"called": row.called}
            yield _csv_line([row.key, *(values.get(column, "") for column in [*named, *columns])])

    def _shown(self, item: HeldItem) -> Any:
        return f"({export_words(self.language).hidden})" if item.hidden else item.value

    def _readme(self) -> Iterator[str]:
        words = export_words(self.language)
        notice = self.policy.notice
        title = words.title.format(controller=notice.controller.name or notice.name)
        yield _lines(
            title, "=" * len(title), "",
            words.made.format(moment=f"{self.now.astimezone(UTC):%Y-%m-%d %H:%M}"),
            words.rule.format(name=notice.name, version=notice.version), "",
            words.files, "-" * len(words.files), "", words.json, words.csv, words.guard, "",
        )  # fmt: skip
        yield from self._readme_tables(words)
        yield from self._readme_items(words)
        yield from self._readme_technical(words)
        yield _lines("", words.not_in, words.elsewhere)
        if notice.authority.name:
            authority = ", ".join(filter(None, (notice.authority.name, notice.authority.web)))
            yield _lines("", words.complain.format(authority=authority))

    def _readme_tables(self, words: ExportWords) -> Iterator[str]:
        for table in access.people_tables():
            if count := self.counts[table.name]:
                kinds = dict.fromkeys(category_of(column) or "" for column in access.kept_columns(table))
                what = ", ".join(
                    wording.category(kind, self.language) for kind in kinds if kind in self.kinds
                )
                yield _lines(words.about_table.format(table=table.name, count=count, what=what))

    def _readme_items(self, words: ExportWords) -> Iterator[str]:
        yield _lines("", words.items, "-" * len(words.items))
        for category, item in sorted(self.kinds.items()):
            yield _lines("", wording.category(category, self.language))
            if not item.permitted:
                yield _lines("  " + words.not_permitted)
                continue
            rule = self.policy.item(category)
            readers = [wording.reader(reader, self.language) for reader in item.readers]
            yield _lines(
                "  " + words.purpose.format(purpose=wording.purpose(item.purpose, self.language)),
                "  " + words.basis.format(basis=wording.basis(item.basis, self.language)),
                "  " + words.until.format(until=wording.until(rule, self.language) if rule else ""),
                "  " + words.readers.format(readers=", ".join(readers) or words.nobody),
                "  " + words.recipients.format(recipients=", ".join(item.recipients) or words.nobody),
            )
            if item.hidden:
                yield _lines(f"  ({words.hidden})")

    def _readme_technical(self, words: ExportWords) -> Iterator[str]:
        yield _lines("", words.technical, "-" * len(words.technical), "")
        with self.database.reading() as session:
            found = access.technical_about(session, self.account_id)
        for each in found:
            if each.count:
                yield _lines(words.rows.format(table=each.table, count=each.count))
                yield _lines(*(f"  {column}: {reason}" for column, reason in each.reasons.items()))


def _json_row(row: HeldRow) -> dict[str, Any]:
    called = {"called": row.called} if row.called else {}
    return {"key": row.key} | called | {"values": {item.column: _json_item(item) for item in row.items}}


def _json_item(item: HeldItem) -> dict[str, Any]:
    value = item.value if isinstance(item.value, (int, float, bool)) else _text(item.value)
    described: dict[str, Any] = {"category": item.category}
    described |= {"hidden": True} if item.hidden else {"value": value}
    goes: dict[str, Any] = {"goes_at": _text(item.goes_at) if item.goes_at else None}
    events: Sequence[Event] = item.counts_from
    return described | goes | ({"counts_from": list(events)} if events else {})


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _dump(value: Any, indent: int | None = 2) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _csv_line(values: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([cell(value) for value in values])
    return line.getvalue()


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
