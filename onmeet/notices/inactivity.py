"""Accounts that nobody uses any more: two warnings first, and then the end of the account (N1.13).

Signing in sets the day of the last activity, which is then younger than any warning. Closing an account only
notes the day; what goes then, and when, is the business of the notice's terms and of the sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, MetaData, Select, Table, not_, or_, select, update
from sqlalchemy.orm import Session

from onmeet.db import Base, Database
from onmeet.notices import holds, retention
from onmeet.notices.columns import category_of, rows_of
from onmeet.notices.due import over_in, persons, warnings
from onmeet.notices.notice import Term
from onmeet.notices.policy import Policy

__all__ = ["Inactivity"]

_SOME = 200

_Found = tuple[Table, Column[int], Column[date], Column[date]]

Warn = Callable[[Session, Mapping[int, date]], None]
"""Sees to it that people are told, in the transaction that notes the warning: account → day of the end."""

Closed = Callable[[Session, Sequence[int]], None]
"""Does what closing an account entails besides, in the same transaction."""


class Inactivity:
    """Warns and closes, by the earliest `last_activity` term of what is kept about people with an account."""

    def __init__(self, database: Database, policy: Policy, *, metadata: MetaData | None = None) -> None:
        self._database = database
        self._policy = policy
        self._table = persons(metadata or Base.metadata)

    def warn(self, now: datetime, warn: Warn) -> int:
        """Warn everybody whose account will be closed soon, and once more shortly before; how many mails."""
        return sum(len(some) for some in self._warned(now, warn))

    def close(self, now: datetime, closed: Closed) -> int:
        """Close the accounts whose time is over and whose warning is old enough; how many."""
        found = self._found()
        if found is None:
            return 0
        table, key, ending, last = found
        terms = self._terms(table)
        count = 0
        over = [over_in(table, last, term, now) for term in terms]
        while terms:
            with self._database.writing() as session:
                query = self._open(key, ending, now).where(or_(*over)).limit(_SOME)
                ids = list(session.scalars(query.with_for_update(skip_locked=True)))
                if not ids:
                    break
                session.execute(update(table).where(key.in_(ids)).values({ending.name: now.date()}))
                closed(session, ids)
            count += len(ids)
        return count

    def _warned(self, now: datetime, warn: Warn) -> Iterator[Sequence[int]]:
        found = self._found()
        if found is None:
            return
        for term in self._terms(found[0]):
            earlier: list[tuple[Column[Any], int]] = []
            for told, days in warnings(found[0], term):
                yield from self._told(found, term, (told, days), earlier, now, warn)
                earlier.append((told, days))

    def _told(
        self,
        found: _Found,
        term: Term,
        warning: tuple[Column[Any], int],
        earlier: Sequence[tuple[Column[Any], int]],
        now: datetime,
        warn: Warn,
    ) -> Iterator[Sequence[int]]:
        """Those whose turn it is for one warning; each comes after the earlier ones, days apart."""
        table, key, ending, last = found
        told, days = warning
        soon = now + timedelta(days=days)
        near = [
            last <= retention.cutoff_day(term, soon),
            last < now.date(),
            or_(told.is_(None), told <= last),
        ]
        for before, ahead in earlier:
            near += [before <= now.date() - timedelta(days=ahead - days), before > last]
        query = self._open(key, ending, now).add_columns(last).where(*near).limit(_SOME)
        while True:
            with self._database.writing() as session:
                rows = session.execute(query.with_for_update(skip_locked=True)).all()
                if not rows:
                    return
                ends = {row[0]: max(retention.due_at(term, row[1]), soon).date() for row in rows}
                session.execute(update(table).where(key.in_(ends)).values({told.name: now.date()}))
                warn(session, ends)
            yield list(ends)

    def _found(self) -> _Found | None:
        """The table of people, its key, the day of closing, the day of the last activity."""
        if self._table is None:
            return None
        events = rows_of(self._table).events
        ending, last = events.get("account_close"), events.get("last_activity")
        if not isinstance(ending, str) or not isinstance(last, str):
            return None
        columns = self._table.c
        return self._table, columns[rows_of(self._table).person or ""], columns[ending], columns[last]

    def _terms(self, table: Table) -> list[Term]:
        categories = {category for column in table.columns if (category := category_of(column)) is not None}
        items = (self._policy.item(category) for category in sorted(categories))
        found = (term for item in items if item is not None for term in item.terms)
        return list(dict.fromkeys(term for term in found if term.event == "last_activity"))

    @staticmethod
    def _open(key: Column[int], ending: Column[date], now: datetime) -> Select[Any]:
        free = not_(holds.of_account(key, now))
        return select(key).where(ending.is_(None), free).order_by(key)
