"""What calls that this server makes have cost this month, and how much may still be spent."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import IntegrityError

from onmeet.db import Database
from onmeet.phone.models import SpentMonth

__all__ = ["Spending"]

_KEPT_MONTHS = 12


class Spending:
    """Sums in thousandths of a cent, by month; about nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spent(self, today: date) -> int:
        """Of this month."""
        with self._database.reading() as session:
            return session.scalar(_of(today.replace(day=1))) or 0

    def add(self, millicents: int, today: date) -> None:
        """Note what a call has cost. Sums older than a year go."""
        month = today.replace(day=1)
        try:
            self._add(millicents, month)
        except IntegrityError:  # the month began in another process at the same moment
            self._add(millicents, month)

    def _add(self, millicents: int, month: date) -> None:
        oldest = month.replace(year=month.year - _KEPT_MONTHS // 12)
        with self._database.writing() as session:
            session.execute(delete(SpentMonth).where(SpentMonth.month < oldest))
            if session.scalar(_of(month)) is None:
                session.add(SpentMonth(month=month, millicents=millicents))
                return
            more = SpentMonth.millicents + millicents
            session.execute(update(SpentMonth).where(SpentMonth.month == month).values(millicents=more))


def _of(month: date) -> Select[int]:
    return select(SpentMonth.millicents).where(SpentMonth.month == month)
