"""What an account may do: the best of the free plan, its own subscription, and its seat in a group.

A subscription is what the payment provider last said of it (`Subscription.state`), so this asks nobody but
the database. Somebody whose payment failed keeps the plan while the provider tries again, at most to the end
of the period that was not paid; who does not pay at all comes back to the free plan, with everything kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from onmeet.billing.limits import Limits, PlanLimits
from onmeet.billing.models import Subscription
from onmeet.db import Database
from onmeet.groups.models import Group, GroupMember

__all__ = ["LATE_SECONDS", "Entitlements", "Limits", "PlanLimits", "counts"]

LATE_SECONDS = 86_400
"""How long the provider's word about the end of a trial may be under way."""


class Entitlements:
    """The service. plans: None on an instance that sells nothing, where everybody has everything.

    participants: most that this server takes into a meeting, whatever a plan says.
    """

    def __init__(self, database: Database, plans: PlanLimits | None, *, participants: int) -> None:
        self._database = database
        self._plans = plans
        self._participants = participants

    @property
    def sold(self) -> bool:
        """Whether this instance has plans at all."""
        return self._plans is not None

    def of(self, account_id: int | None, now: datetime) -> Limits:
        """The limits of an account's meetings; None: of a visitor's without an account."""
        if self._plans is None:
            return Limits(participants=self._participants)
        limits = self._plans.free
        if account_id is not None:
            with self._database.reading() as session:
                for plan in _plans_of(session, account_id, now.timestamp()):
                    limits = limits.with_best_of(self._plans.of(plan))
        return limits.within(self._participants)


def counts(subscription: Subscription, now: float) -> bool:
    """Whether a subscription is worth its plan at a moment (unix seconds)."""
    if subscription.ends is not None and subscription.ends <= now:
        return False
    match subscription.state:
        case "active":
            return True
        case "trialing":
            return now < (subscription.trial_ends or 0) + LATE_SECONDS
        case "past_due":
            return now < (subscription.period_ends or 0)
    return False


def _plans_of(session: Session, account_id: int, now: float) -> Iterator[str | None]:
    own = select(Subscription).where(Subscription.account_id == account_id, Subscription.group_id.is_(None))
    for subscription in session.scalars(own):
        if counts(subscription, now):
            yield subscription.plan
    member = session.scalar(select(GroupMember).where(GroupMember.account_id == account_id))
    if member is None:
        return
    for subscription in session.scalars(select(Subscription).where(Subscription.group_id == member.group_id)):
        if counts(subscription, now) and _has_seat(session, member, subscription.seats):
            yield subscription.plan


def _has_seat(session: Session, member: GroupMember, paid: int | None) -> bool:
    """Where a group pays for fewer than it has, those who came first have the seats."""
    seats = (
        paid if paid is not None else session.scalar(select(Group.seats).where(Group.id == member.group_id))
    )
    if seats is None:
        return True
    before = select(func.count(GroupMember.id)).where(
        GroupMember.group_id == member.group_id, GroupMember.id < member.id
    )
    return (session.scalar(before) or 0) < seats
