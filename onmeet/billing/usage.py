"""The minutes that an account's meetings took this month, for plans that have a limit of them.

Only meetings of accounts with such a limit are counted (`Ticket.meter`): one sum for each account, of the
present month alone. Which meetings it came from is not written down (N3.14).
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.billing.limits import Limits
from onmeet.billing.models import UsedMonth
from onmeet.db import Database
from onmeet.meetings.reports import Delivery, Metered
from onmeet.notices.policy import Policy

__all__ = ["Usage"]


class Usage:
    """The service. Under a notice that does not let the state of payment be stored nothing is counted."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self.counting = policy.stores("billing.state")

    def take(self, delivery: Delivery) -> None:
        """Add what the relay measured; taking it again changes nothing."""
        report = delivery.report
        if not self.counting or not isinstance(report, Metered) or report.seconds <= 0:
            return
        ended = datetime.fromtimestamp(report.at, UTC)
        begun = datetime(ended.year, ended.month, 1, tzinfo=UTC)
        seconds = round(min(report.seconds, (ended - begun).total_seconds()))
        try:
            with self._database.writing() as session:
                _add(session, report.meter, begun.date(), seconds, delivery)
        except IntegrityError:  # the account went at the same time
            return

    def seconds(self, account_id: int, now: datetime) -> int:
        """How long the meetings of this month (UTC) took, but for the last minutes of those that run."""
        month = date(now.year, now.month, 1)
        query = select(UsedMonth).where(UsedMonth.account_id == account_id, UsedMonth.month == month)
        with self._database.reading() as session:
            row = session.scalar(query)
            return (row.seconds or 0) if row is not None else 0

    def used_up(self, account_id: int, limits: Limits, now: datetime) -> bool:
        """Whether no further meeting can begin this month."""
        if limits.minutes_a_month is None or not self.counting:
            return False
        return self.seconds(account_id, now) >= limits.minutes_a_month * 60


def _add(session: Session, account: int, month: date, seconds: int, delivery: Delivery) -> None:
    if session.scalar(select(Account.id).where(Account.id == account, Account.closed_on.is_(None))) is None:
        return
    row = session.scalar(
        select(UsedMonth).where(UsedMonth.account_id == account, UsedMonth.month == month).with_for_update()
    )
    if row is None:
        row = UsedMonth(account_id=account, month=month, seconds=0)
        session.add(row)
    if row.run == delivery.run and row.seq >= delivery.seq:
        return
    row.run, row.seq = delivery.run, delivery.seq
    row.seconds = (row.seconds or 0) + seconds
    session.execute(delete(UsedMonth).where(UsedMonth.account_id == account, UsedMonth.month < month))
