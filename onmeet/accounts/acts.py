"""What operators did on their pages, in a log that shows when somebody changed it.

A row names the operator's account, a word of this program and the number of what it was done to: no name, no
address, no text. Each row carries a keyed hash over itself and the one before it, and the newest is noted in
the folder of the keys, apart from the database: a row that was changed, taken out of the middle or cut off
the end is noticed by whoever holds the key.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from onmeet.accounts.models import AdminAct
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = ["Act", "Acts"]

_LOCK = 0x61637473  # "acts": one row after the other on PostgreSQL; SQLite's write lock does the same
_HEAD = "acts"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Act:
    """One row. about: the number of an account or a request, or a word; may be empty."""

    number: int
    at: datetime
    actor: int
    act: str
    about: str


class Acts:
    """The log. `key`: of the instance (`Config.marks_key`); `keys`: the folder of the keys."""

    def __init__(self, database: Database, key: bytes, keys: Path) -> None:
        self._database = database
        self._key = key
        self._head = keys / _HEAD

    def record(self, actor: int, act: str, about: object, now: datetime) -> None:
        """Write down an act, before or after it is done. `act` and `about` never say anything of a person."""
        with self._database.writing() as session:
            row = self._append(session, actor, act, str(about), now.astimezone(UTC).replace(microsecond=0))
        self._note(row)

    def newest(self, most: int = 200) -> list[Act]:
        """The last acts, the newest first."""
        query = select(AdminAct).order_by(AdminAct.id.desc()).limit(most)
        with self._database.reading() as session:
            return [_shown(row) for row in session.scalars(query)]

    def broken_at(self) -> int | None:
        """The number of the first row that is not as it was written, or missing; None when all is well."""
        before, last = "", 0
        head_number, head_chain = self._noted()
        for row in self._rows():
            if row.chain != self._chain(before, _shown(row)) or row.id != last + 1:
                return last + 1
            if row.id == head_number and row.chain != head_chain:
                return row.id
            before, last = row.chain, row.id
        return last + 1 if last < head_number else None

    def _append(self, session: Session, actor: int, act: str, about: str, at: datetime) -> AdminAct:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = session.scalar(select(AdminAct).order_by(AdminAct.id.desc()).limit(1))
        number = before.id + 1 if before is not None else 1
        chain = self._chain(before.chain if before is not None else "", Act(number, at, actor, act, about))
        row = AdminAct(id=number, at=at, actor=actor, act=act, about=about, chain=chain)
        session.add(row)
        session.flush()
        return row

    def _chain(self, before: str, act: Act) -> str:
        said = "\n".join((before, str(act.number), act.at.isoformat(), str(act.actor), act.act, act.about))
        return mark(self._key, "operator's act", said)

    def _rows(self) -> Iterator[AdminAct]:
        after = 0
        while True:
            query = select(AdminAct).where(AdminAct.id > after).order_by(AdminAct.id).limit(_PAGE)
            with self._database.reading() as session:
                rows = list(session.scalars(query))
            yield from rows
            if len(rows) < _PAGE:
                return
            after = rows[-1].id

    def _note(self, row: AdminAct) -> None:
        """Remember the newest row; who ends before this leaves an older one, which is still true."""
        if row.id <= self._noted()[0]:
            return
        made = self._head.with_name(f"{_HEAD}.{secrets.token_hex(8)}")
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{row.id} {row.chain}\n")
        made.replace(self._head)

    def _noted(self) -> tuple[int, str]:
        try:
            number, chain = self._head.read_text(encoding="ascii").split()
            return int(number), chain
        except (FileNotFoundError, ValueError, UnicodeDecodeError):
            return 0, ""


def _shown(row: AdminAct) -> Act:
    at = row.at if row.at.tzinfo is not None else row.at.replace(tzinfo=UTC)
    return Act(row.id, at.astimezone(UTC), row.actor, row.act, row.about)
