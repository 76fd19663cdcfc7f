"""Erasing what is held about a person: all of it, or one item; nothing of it can be brought back (N1.15).

Only what a legal duty or a legal hold keeps stays, and the person is told so before and after. An account is
erased in steps, each of which may be the last before a crash; `finish` goes on where another run ended:

    begin   no sign-in is left, the address is free again, the account is marked
    rows    tables that hang on the account, children before their parents, in small transactions
    empty   the account's own columns; what must stay moves under names and keys of its own
    keys    the account's key is destroyed (those of other rows went with them): what is left in back-ups and
            logs of the database cannot be read
    end     the account's row goes, or stays as an empty hook for what must stay
    traces  SQLite's write-ahead log is emptied
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Column, Table, and_, delete, exists, false, func, not_, or_, select, text, update
from sqlalchemy.orm import Session

from onmeet.db import Base, Database, afterwards
from onmeet.errors import N_, UserError
from onmeet.notices import access, holds
from onmeet.notices.columns import category_of, new_subject, rows_of
from onmeet.notices.gate import TECHNICAL
from onmeet.notices.kept import gate_of
from onmeet.notices.models import LegalHold
from onmeet.notices.policy import Policy
from onmeet.notices.rolling import rolled
from onmeet.notices.sealing import Sealer
from onmeet.notices.staying import Stay, staying_about, told

__all__ = ["BOUND", "Erased", "Erasure", "Keys", "Stay"]

NEEDED = frozenset({"account.email", "account.password", "account.times"})
"""Categories of an account's own row that it does not work without: they go with the account."""

BOUND = frozenset({"account.password", "billing.state"})
"""Categories of rows that are no item to delete: passkeys are removed by who proves to be there, a membership
is left, a subscription is cancelled, and used minutes count. They go with the account as well."""

_BATCH = 500


class Keys(Protocol):
    """The part of `onmeet.notices.keys.KeyStore` that erasing uses."""

    def destroy(self, subjects: Iterable[str]) -> int:
        """Destroy every key of subjects, for good."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. `rows` by table; `traces_gone`: False when a reader was in the way."""

    rows: dict[str, int] = field(default_factory=dict)
    stays: tuple[Stay, ...] = ()
    traces_gone: bool = True


class Erasure:
    """Erases under the notice in force. `step` is told the name of each step done (for tests and logs)."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        keys: Keys | None = None,
        *,
        step: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._database = database
        self._policy = policy
        self._keys = keys
        self._step = step

    def stays(self, account_id: int, now: datetime) -> tuple[Stay, ...]:
        """What would stay if the account were erased now."""
        with self._database.reading() as session:
            return tuple(told(session, self._policy, account_id, now))

    def account(self, account_id: int, now: datetime) -> Erased:
        """Erase everything about the person of an account; one that does not exist is erased already."""
        if not self._begin(account_id, now):
            return Erased()
        self._step("begin")
        gone = self._rows(account_id, now)
        self._step("rows")
        old = self._empty(account_id, now)
        self._step("empty")
        if self._keys is not None:
            self._keys.destroy(old)
        self._step("keys")
        stays = self._end(account_id, now)
        self._step("end")
        traces_gone = self._database.erase_traces()
        self._step("traces")
        return Erased(gone, stays, traces_gone)

    def finish(self, now: datetime) -> int:
        """Finish every erasure that has begun and was cut short; returns how many."""
        home = _home()
        with self._database.reading() as session:
            begun = session.scalars(select(_key(home)).where(home.c.erasing)).all()
        for account_id in begun:
            self.account(account_id, now)
        return len(begun)

    def item(self, account_id: int, table_name: str, key: str, now: datetime) -> None:
        """Erase one row of a person: a meeting, a record, a consent.

        Raises `UserError`: 404 when there is no such row of theirs, 409 when something in it must stay.
        """
        table, found = _theirs(table_name, key)
        if table is _home():
            raise _gone()
        with self._database.writing() as session:
            whose = and_(*found, access.person_column(table) == account_id)
            staying = staying_about(session, self._policy, account_id, now)
            _refuse_kept(session, table, whose, staying)
            _refuse_bound(session, table, whose)
            if not self._delete(session, table, whose, now):
                raise _gone()
        self._database.erase_traces()

    def value(self, account_id: int, column_name: str, now: datetime) -> None:
        """Erase one value of the account's own row: the name, the telephone number, the country.

        Raises `UserError`: 404 for no such column, 409 for what the account needs or what must stay.
        """
        home = _home()
        column = home.columns.get(column_name)
        category = category_of(column) if column is not None else None
        if column is None or category is None:
            raise _gone()
        if category in NEEDED:
            raise UserError(N_("The account does not work without it: it goes with the account."), 409)
        with self._database.writing() as session:
            whose = _key(home) == account_id
            _refuse_kept(
                session, home, whose, staying_about(session, self._policy, account_id, now), only=category
            )
            with rolled(session.connection(), home, whose):
                session.execute(update(home).where(whose).values({column.name: None}))
        self._database.erase_traces()

    def categories(self, account_id: int, categories: Collection[str], now: datetime) -> int:
        """Erase the values of categories wherever they are held about a person; gives how many rows.

        For an objection (Art. 21): rows stay for what else they hold.
        """
        count = 0
        with self._database.writing() as session:
            staying = staying_about(session, self._policy, account_id, now)
            for table in access.people_tables():
                columns = [
                    column
                    for column in access.kept_columns(table)
                    if (category := category_of(column)) in categories
                    and category not in staying
                    and column.nullable
                ]
                if columns:
                    present = or_(*(column.is_not(None) for column in columns))
                    whose = and_(access.person_column(table) == account_id, present)
                    empty: dict[str, None] = {column.name: None for column in columns}
                    with rolled(session.connection(), table, whose):
                        count += _changed(session, update(table).where(whose).values(empty))
        self._database.erase_traces()
        return count

    # -- the steps ----------------------------------------------------------------------------------

    def _begin(self, account_id: int, now: datetime) -> bool:
        """End the sign-ins and free the address; False when there is no such account."""
        home = _home()
        with self._database.writing() as session:
            found = session.execute(
                update(home)
                .where(_key(home) == account_id)
                .values(
                    erasing=True,
                    email_mark=secrets.token_hex(32),
                    closed_on=func.coalesce(home.c.closed_on, now.astimezone(UTC).date()),
                )
            )
            for table, foreign in _hooks(home):
                session.execute(delete(table).where(foreign == account_id))
        return bool(found.rowcount)  # type: ignore[attr-defined]

    def _rows(self, account_id: int, now: datetime) -> dict[str, int]:
        gone: dict[str, int] = {}
        for table in reversed(access.people_tables()):
            if table is _home():
                continue
            whose, last = access.person_column(table) == account_id, 0
            while True:
                with self._database.writing() as session:
                    staying = staying_about(session, self._policy, account_id, now)
                    erasable = and_(whose, _key(table) > last, not_(_kept_here(table, staying)))
                    query = select(_key(table)).where(erasable).order_by(_key(table)).limit(_BATCH)
                    keys = session.scalars(query).all()
                    count = self._delete(session, table, _key(table).in_(keys), now) if keys else 0
                if not keys:
                    break
                gone[table.name], last = gone.get(table.name, 0) + count, keys[-1]
        return gone

    def _empty(self, account_id: int, now: datetime) -> list[str]:
        """Empty what is left of the person; give what stays another subject. Returns the old ones."""
        with self._database.writing() as session:
            staying = staying_about(session, self._policy, account_id, now)
            return [
                old
                for table in access.people_tables()
                for old in _move(session, table, access.person_column(table) == account_id, staying)
            ]

    def _end(self, account_id: int, now: datetime) -> tuple[Stay, ...]:
        home = _home()
        with self._database.writing() as session:
            staying = staying_about(session, self._policy, account_id, now)
            if any(_exists_kept(session, table, account_id, staying) for table in access.people_tables()):
                session.execute(update(home).where(_key(home) == account_id).values(erasing=False))
            else:
                session.execute(delete(home).where(_key(home) == account_id))
            _verify(session, account_id, staying)
            return tuple(told(session, self._policy, account_id, now))

    # -- what stays ---------------------------------------------------------------------------------

    def _delete(self, session: Session, table: Table, which: Any, now: datetime) -> int:
        """Delete rows; one on which somebody else's kept data hangs is emptied instead. Returns how many."""
        hooked = or_(*self._hooked(table, now))
        keys = session.scalars(select(_key(table)).where(which, hooked)).all()
        if keys:
            self._leave_empty(session, table, keys)
        deleted = _changed(session, delete(table).where(which, _key(table).not_in(keys)))
        return deleted + len(keys)

    def _leave_empty(self, session: Session, table: Table, keys: Sequence[Any]) -> None:
        """Empty rows that others hang on. They are about nobody from now on."""
        old = _move(session, table, _key(table).in_(keys), ())
        person = rows_of(table).person
        for key in keys:
            values: dict[str, Any] = {rows_of(table).subject or "": new_subject()}
            if person is not None and table.c[person].nullable:
                values[person] = None
            session.execute(update(table).where(_key(table) == key).values(values))
        if self._keys is not None:
            afterwards(session.connection(), partial(self._keys.destroy, old))

    def _hooked(self, table: Table, now: datetime) -> Iterator[Any]:
        """SQL: a row that goes together with this one holds something that must stay."""
        yield false()
        for child in access.people_tables():
            for foreign in child.foreign_keys:
                if foreign.column.table is not table or child is table:
                    continue
                for column in access.kept_columns(child):
                    category = category_of(column) or ""
                    rule = self._policy.item(category)
                    duty = rule is not None and rule.legal_duty
                    must: Any = column.is_not(None)
                    if not duty:
                        must = and_(must, holds.covering(category, access.person_column(child), now))
                    yield exists().where(foreign.parent == _key(table), must).correlate(table)


def _home() -> Table:
    """The table of the accounts themselves. By name alone: accounts stand above notices."""
    return Base.metadata.tables["accounts"]


def _key(table: Table) -> Column[Any]:
    (key,) = access.key_columns(table)
    return key


def _move(session: Session, table: Table, which: Any, staying: Collection[str]) -> list[str]:
    """Erase all but what stays in some rows, and seal that anew: each row under another subject.

    What stays is not written through the gate: it has its form already, and may be held although the notice
    in force no longer permits it. Returns the old subjects, whose keys are to be destroyed. A row in which
    nothing stays keeps its subject, so that a run after a crash finds it again.
    """
    columns, old = access.kept_columns(table), []
    kept = [column for column in columns if category_of(column) in staying]
    subject = table.c[rows_of(table).subject or ""]
    gate = gate_of(session.get_bind().dialect)
    for key, before, *found in session.execute(select(_key(table), subject, *kept).where(which)).all():
        after = new_subject() if any(value is not None for value in found) else before
        values: dict[str, Any] = {column.name: None for column in columns if column not in kept}
        session.execute(update(table).where(_key(table) == key).values({**values, subject.name: after}))
        for column, value in zip(kept, found, strict=True):
            if isinstance(value, str) and gate is not None and isinstance(gate.sealing, Sealer):
                sealed = gate.sealing.seal(after, table.name, column.name, value)
                session.execute(*_raw(table, column, key, sealed))
        old.append(before)
    return old


def _raw(table: Table, column: Column[Any], key: Any, sealed: str) -> Any:
    """An update with a value that is sealed already: the names are those of declared columns."""
    words = f"UPDATE {table.name} SET {column.name} = :sealed WHERE {_key(table).name} = :key"  # noqa: S608
    return text(words).execution_options(**{TECHNICAL: True}), {"sealed": sealed, "key": key}


def _hooks(home: Table) -> Iterator[tuple[Table, Column[Any]]]:
    """Tables of technical rows that end with the account: sign-ins, mails that wait. Not the holds."""
    for table in Base.metadata.sorted_tables:
        if access.kept_columns(table) or table is LegalHold.__table__:
            continue
        for foreign in table.foreign_keys:
            if foreign.column.table is home:
                yield table, foreign.parent


def _kept_here(table: Table, staying: Collection[str]) -> Any:
    """SQL: something in the row must stay."""
    columns = [column for column in access.kept_columns(table) if category_of(column) in staying]
    return or_(false(), *(column.is_not(None) for column in columns))


def _exists_kept(session: Session, table: Table, account_id: int, staying: Collection[str]) -> bool:
    whose = and_(access.person_column(table) == account_id, _kept_here(table, staying))
    return session.scalar(select(_key(table)).where(whose).limit(1)) is not None


def _theirs(table_name: str, key: str) -> tuple[Table, list[Any]]:
    table = next((table for table in access.people_tables() if table.name == table_name), None)
    found = access.matching(table, key) if table is not None else None
    if table is None or found is None:
        raise _gone()
    return table, found


def _refuse_kept(session: Session, table: Table, whose: Any, staying: dict[str, Any], only: str = "") -> None:
    must = {only: staying[only]} if only in staying else {} if only else staying
    if session.scalar(select(_key(table)).where(whose, _kept_here(table, must)).limit(1)) is not None:
        raise UserError(N_("The law asks for this to be kept: it cannot be deleted yet."), 409)


def _refuse_bound(session: Session, table: Table, whose: Any) -> None:
    bound = any(category_of(column) in BOUND for column in access.kept_columns(table))
    if bound and session.scalar(select(_key(table)).where(whose).limit(1)) is not None:
        raise UserError(N_("The account does not work without it: it goes with the account."), 409)


def _verify(session: Session, account_id: int, staying: Collection[str]) -> None:
    """Never say that something is gone which is not."""
    session.flush()
    for table in access.people_tables():
        columns = [column for column in access.kept_columns(table) if category_of(column) not in staying]
        left = or_(false(), *(column.is_not(None) for column in columns))
        whose = access.person_column(table) == account_id
        if session.scalar(select(_key(table)).where(whose, left).limit(1)) is not None:
            raise RuntimeError(f"an erasure left something in {table.name}")


def _changed(session: Session, statement: Any) -> int:
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _gone() -> UserError:
    return UserError(N_("There is nothing here that could be deleted."), 404)
