"""How many subscriptions there are, by plan and state: for the operator, about nobody."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from onmeet.billing.models import Subscription
from onmeet.db import Database

__all__ = ["subscriptions"]


def subscriptions(database: Database) -> list[tuple[str, str, int]]:
    """(plan, state, how many). Plans and states may be sealed in the database, so they are counted here."""
    with database.reading() as session:
        rows = session.scalars(select(Subscription)).all()
    counted = Counter((row.plan or "", row.state or "") for row in rows)
    return [(plan, state, count) for (plan, state), count in sorted(counted.items())]
