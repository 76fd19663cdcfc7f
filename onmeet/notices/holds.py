"""Legal holds: where a law or a court forbids deleting, neither the sweep nor an erasure touches it.

A hold covers one category or all, of one account or everybody, from now on until it is ended or its last
day is over. Its reason is written down for the auditor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.errors import UserError
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.models import LegalHold

__all__ = ["Hold", "Holds", "covering", "is_held", "of_account"]


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold as it is shown. category, account_id: None covers all. until: the last day, or None."""

    id: int
    category: str | None
    account_id: int | None
    reason: str
    since: datetime
    until: date | None


class Holds:
    """The holds of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        reason: str,
        now: datetime,
        *,
        category: str | None = None,
        account_id: int | None = None,
        until: date | None = None,
    ) -> Hold:
        """Forbid deleting from now on. Raises UserError without a reason, or for a category unknown."""
        if not reason.strip():
            raise UserError("a hold needs a reason, such as the court's file number")
        if category is not None and category not in CATEGORIES:
            raise UserError(f"{category} is no category of data: `onmeet notice show` lists them")
        if until is not None and until < now.date():
            raise UserError("this day is over: a hold that ends then would protect nothing")
        with self._database.writing() as session:
            row = LegalHold(
                category=category, account_id=account_id, reason=reason.strip(), since=now, until=until
            )
            session.add(row)
            session.flush()
            return _hold(row)

    def all(self, now: datetime) -> list[Hold]:
        """The holds that are in force."""
        with self._database.reading() as session:
            query = select(LegalHold).where(_in_force(now)).order_by(LegalHold.id)
            return [_hold(row) for row in session.scalars(query)]

    def end(self, hold_id: int) -> None:
        """Permit deleting again: what is due goes with the next sweep. UserError for an unknown one."""
        with self._database.writing() as session:
            row = session.get(LegalHold, hold_id)
            if row is None:
                raise UserError("there is no such hold")
            session.delete(row)


def is_held(session: Session, category: str, account_id: int | None, now: datetime) -> bool:
    """Whether what is kept of a category about an account (None: about nobody who has one) must stay."""
    mine: ColumnElement[bool] = LegalHold.account_id.is_(None)
    if account_id is not None:
        mine = or_(mine, LegalHold.account_id == account_id)
    query = select(LegalHold.id).where(_in_force(now), _of_category(category), mine).limit(1)
    return session.scalar(query) is not None


def covering(category: str, person: Column[Any] | None, now: datetime) -> ColumnElement[bool]:
    """SQL: whether a hold covers a category in the row whose account `person` names."""
    mine: ColumnElement[bool] = LegalHold.account_id.is_(None)
    if person is not None:
        mine = or_(mine, LegalHold.account_id == person)
    return _exists(_in_force(now), _of_category(category), mine)


def of_account(person: Column[Any], now: datetime) -> ColumnElement[bool]:
    """SQL: whether some hold names the account that `person` names."""
    return _exists(_in_force(now), LegalHold.account_id == person)


def _exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(LegalHold.id).where(*conditions).correlate_except(LegalHold).exists()


def _in_force(now: datetime) -> ColumnElement[bool]:
    lasts = or_(LegalHold.until.is_(None), LegalHold.until >= now.astimezone(UTC).date())
    return and_(LegalHold.since <= now, lasts)


def _of_category(category: str) -> ColumnElement[bool]:
    return or_(LegalHold.category.is_(None), LegalHold.category == category)


def _hold(row: LegalHold) -> Hold:
    since = row.since if row.since.tzinfo is not None else row.since.replace(tzinfo=UTC)
    return Hold(row.id, row.category, row.account_id, row.reason, since, row.until)
