"""The sweep deletes what is due: derived from the declarations and the notice, in small transactions.

It may be killed at any point, run twice, or run in two processes at once. Each transaction looks again at
the rows that it locks, deletes and counts them, all or nothing. What a transaction may take is measured,
and the next one gets as many rows as fit into `TARGET_SECONDS`. In between the sweep rests for as long, so
that others who write find the database free every other moment.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    MetaData,
    Row,
    Select,
    Table,
    and_,
    case,
    delete,
    insert,
    literal,
    null,
    select,
    update,
)

from onmeet.clock import Clock, monotonic
from onmeet.db import Base, Database
from onmeet.notices.columns import rows_of
from onmeet.notices.due import Held, Plan, event_limit, plans
from onmeet.notices.key_endings import SEEN_TO, in_use
from onmeet.notices.keys import KeyStore
from onmeet.notices.models import SweepCount
from onmeet.notices.notice import Term
from onmeet.notices.policy import Policy
from onmeet.notices.rolling import forget_unused, rolled

__all__ = ["Batch", "Sweep", "Swept"]

TARGET_SECONDS = 0.008
"""How long a transaction should last; none may hold its lock for more than 50 ms."""

PAGE = 20_000
"""How many rows that are due are looked up at once, without any lock."""


@dataclass
class Swept:
    """What a sweep did. counts: emptied values by category. clean: no trace is left in SQLite's log."""

    counts: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    keys: int = 0
    clean: bool = True


class Batch:
    """How many rows the next transaction takes: as many as the last ones let expect to fit into the time.

    least: fewer would not make it shorter on a busy machine, where waiting for a turn outweighs the rows.
    """

    def __init__(
        self, target: float = TARGET_SECONDS, size: int = 100, least: int = 50, most: int = 4000
    ) -> None:
        self._target = target
        self._least = least
        self._most = most
        self.size = size
        self.longest = 0.0

    def took(self, rows: int, seconds: float) -> None:
        """Note what a transaction of so many rows took."""
        self.longest = max(self.longest, seconds)
        fits = rows * self._target / max(seconds, 1e-6)
        self.size = int(min(max(self._least, min(fits, self.size * 1.5)), self._most))

    def cut(self, keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Pieces of `keys`, each of the size that is right by then."""
        start = 0
        while start < len(keys):
            piece = keys[start : start + self.size]
            start += len(piece)
            yield piece


class Sweep:
    """Deletes what is due by a policy, unless a hold forbids it. One thread at a time.

    only: SQL that picks rows of a table, or None where no row of it is meant; without it, every row is, and
    so are rows about nobody and keys that nothing uses. clock: measures transactions. pause: called before
    each, so that a caller can end the sweep by raising. rest: called with the seconds that a transaction
    took, after it.
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        keys: KeyStore | None = None,
        *,
        metadata: MetaData | None = None,
        only: Callable[[Table], ColumnElement[bool] | None] | None = None,
        clock: Clock = monotonic,
        pause: Callable[[], None] = lambda: None,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._policy = policy
        self._keys = keys
        self._metadata = metadata or Base.metadata
        self._only = only
        self._clock = clock
        self._pause = pause
        self._rest = rest
        self.batch = Batch()
        self._writer: Connection

    def run(self, now: datetime, *, fresh: bool = False) -> Swept:
        """Delete everything that is due at `now`. fresh: quickly, only what ended calls leave behind."""
        with self._database.calmly() as connection:
            self._writer = connection
            tally = self._run(now, fresh=fresh)
        tally.swept.clean = self._database.erase_traces()
        return tally.swept

    def _run(self, now: datetime, *, fresh: bool) -> _Tally:
        tally = _Tally(now)
        for plan in plans(self._metadata, self._policy, now, fresh=fresh):
            look = _Look(plan)
            for number, piece in enumerate(self._pieces(plan)):
                if number == 0:
                    self._rehearse(look, piece)
                self._empty(look, piece, tally)
        if not fresh and self._only is None:
            self._lapse(now, tally)
            self._forget_keys(now, tally)
        return tally

    def preview(self, now: datetime) -> dict[str, int]:
        """How many values of each category would go at `now`; changes nothing."""
        counts: dict[str, int] = {}
        with self._database.engine.connect() as connection:
            for plan in plans(self._metadata, self._policy, now):
                look = _Look(plan)
                query = look.query().where(plan.candidates())
                for row in connection.execution_options(yield_per=1000).execute(query):
                    for category, count in look.gone(row).items():
                        counts[category] = counts.get(category, 0) + count
        return dict(sorted(counts.items()))

    # -- rows with personal data -----------------------------------------------------------------

    def _pieces(self, plan: Plan) -> Iterator[Sequence[Any]]:
        """Keys of rows to deal with, in order, looked up in a transaction that locks nothing."""
        condition, last = plan.candidates(), None
        if self._only is not None:
            if (meant := self._only(plan.table)) is None:
                return
            condition = and_(condition, meant)
        while True:
            query = select(plan.key).where(condition).order_by(plan.key).limit(PAGE)
            if last is not None:
                query = query.where(plan.key > last)
            with self._database.engine.connect() as connection:
                keys = connection.execute(query).scalars().all()
            if not keys:
                return
            yield from self.batch.cut(keys)
            last = keys[-1]

    def _rehearse(self, look: _Look, keys: Sequence[Any]) -> None:
        """Have the statement compiled while nobody waits: that takes longer than many rows do."""
        with self._database.engine.connect() as connection:
            connection.execute(look.locking(keys[:1])).all()

    def _empty(self, look: _Look, keys: Sequence[Any], tally: _Tally) -> None:
        plan, query = look.plan, look.locking(keys)
        subjects: set[str] = set()
        stale: list[str] = []
        with self._timed(len(keys)) as connection:
            gone: dict[str, int] = {}
            whole: list[Any] = []
            partly: dict[tuple[str, ...], list[Any]] = {}
            for row in connection.execute(query):
                counts = look.gone(row)
                for category, count in counts.items():
                    gone[category] = gone.get(category, 0) + count
                if look.empty_then(row, counts):
                    whole.append(row.key)
                    subjects.update([row.subject] if row.subject else [])
                elif counts:
                    partly.setdefault(tuple(counts), []).append(row.key)
            for categories, some in partly.items():
                with rolled(connection, plan.table, plan.key.in_(some)) as old:
                    connection.execute(_emptying(plan, categories).where(plan.key.in_(some)))
                stale += old
            if whole:
                gone_whole = delete(plan.table).where(plan.key.in_(whole))
                connection.execute(gone_whole.execution_options(**{SEEN_TO: True}))
            tally.note(connection, gone)
        tally.add(gone, len(whole))
        if self._keys is not None and stale:
            self._keys.forget(stale)
        self._destroy_unused(sorted(subjects), tally)

    @contextmanager
    def _timed(self, rows: int) -> Iterator[Connection]:
        """One small transaction, from taking the lock to letting go of it."""
        self._pause()
        with _uncollected():
            with self._writer.begin():
                began = self._clock()
                yield self._writer
            took = self._clock() - began
        self.batch.took(rows, took)
        self._database.write_back()
        self._rest(took)

    # -- rows about nobody -----------------------------------------------------------------------

    def _lapse(self, now: datetime, tally: _Tally) -> None:
        for table in self._metadata.sorted_tables:
            lapse = rows_of(table).lapses
            if lapse is None:
                continue
            key = next(iter(table.primary_key.columns))
            column = table.c[lapse.column]
            over = column <= event_limit(column, Term("collected", days=lapse.days), now)
            while True:
                with self._database.engine.connect() as connection:
                    keys = connection.execute(select(key).where(over).limit(PAGE)).scalars().all()
                for piece in self.batch.cut(keys):
                    with self._timed(len(piece)) as connection:
                        tally.swept.rows += connection.execute(
                            delete(table).where(key.in_(piece), over)
                        ).rowcount
                if len(keys) < PAGE:
                    break

    # -- keys ------------------------------------------------------------------------------------

    def _destroy_unused(self, subjects: Sequence[str], tally: _Tally) -> None:
        if self._keys is None or not subjects:
            return
        with self._database.engine.connect() as connection:
            unused = set(subjects) - in_use(connection, self._metadata, subjects)
        if unused:
            tally.swept.keys += self._keys.destroy(sorted(unused))

    def _forget_keys(self, now: datetime, tally: _Tally) -> None:
        """Keys of rows that a sweep which was killed, or an erasure, left behind. Young ones are spared.

        A key made today may belong to a row that is being written at this moment.
        """
        if self._keys is None:
            return
        old = iter(self._keys.subjects(made_before=now.date()))
        while some := list(islice(old, 500)):
            self._pause()
            self._destroy_unused(some, tally)
        with self._database.engine.connect() as connection:
            tally.swept.keys += forget_unused(connection, self._metadata, self._keys, now.date())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put Python's garbage collector off: a full collection takes 50 ms and more, whatever is locked."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Look:
    """The columns that say what is to be done with a row, and how to read them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._held: tuple[Held, ...] = plan.held

    def query(self) -> Select[Any]:
        """Key, subject, country, whether the row may go, and for each category: count, and what is due."""
        plan = self.plan
        country = plan.country()
        columns: list[Any] = [
            plan.key.label("key"),
            (literal(None) if plan.subject is None else plan.subject).label("subject"),
            (literal(None) if country is None else country).label("country"),
            case((plan.expendable(), 1), else_=0).label("expendable"),
        ]
        for number, held in enumerate(self._held):
            columns.append(held.count.label(f"count{number}"))
            columns += [
                case((and_(due, ~held.covered), 1), else_=0).label(f"due{number}{name}")
                for name, due in held.due.items()
            ]
        return select(*columns)

    def locking(self, keys: Sequence[Any]) -> Select[Any]:
        """The same about some rows, which are locked; those that somebody else has locked are left out."""
        plan = self.plan
        return self.query().where(plan.key.in_(keys)).with_for_update(skip_locked=True, of=plan.table)

    def gone(self, row: Row[Any]) -> dict[str, int]:
        """How many values of which categories are due in a row."""
        found: dict[str, int] = {}
        cells = row._mapping
        country = (row.country or "").upper()
        for number, held in enumerate(self._held):
            theirs = country if country in held.due else ""
            if cells[f"count{number}"] and cells.get(f"due{number}{theirs}"):
                found[held.category] = cells[f"count{number}"]
        return found

    def empty_then(self, row: Row[Any], gone: dict[str, int]) -> bool:
        """Whether the row may be deleted, once that much is gone from it."""
        cells = row._mapping
        left = sum(cells[f"count{number}"] for number in range(len(self._held))) - sum(gone.values())
        return bool(left == 0 and row.expendable)


class _Tally:
    """Counts by category: in memory for the caller, and in the database beside the deletion itself."""

    def __init__(self, now: datetime) -> None:
        self.swept = Swept()
        self._now = now
        self._rows: dict[str, int] = {}

    def note(self, connection: Connection, gone: dict[str, int]) -> None:
        """Write the counts down in the transaction that deletes."""
        for category, count in gone.items():
            if category in self._rows:
                connection.execute(
                    update(SweepCount)
                    .where(SweepCount.id == self._rows[category])
                    .values(count=SweepCount.count + count)
                )
            else:
                values = {"at": self._now, "category": category, "count": count}
                made = connection.execute(insert(SweepCount).values(**values))
                assert made.inserted_primary_key is not None
                self._rows[category] = made.inserted_primary_key[0]

    def add(self, gone: dict[str, int], rows: int) -> None:
        """Count what has been committed."""
        self.swept.rows += rows
        for category, count in gone.items():
            self.swept.counts[category] = self.swept.counts.get(category, 0) + count


def _emptying(plan: Plan, categories: Iterable[str]) -> Any:
    columns = [column for held in plan.held if held.category in categories for column in held.columns]
    return update(plan.table).values({column: null() for column in columns})
