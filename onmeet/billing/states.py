"""The states of a subscription, and what news of it means for what is held. Pure.

    trialing ──► active ◄──► past_due ──► unpaid
        └───────────┴────────────┴──────────┴──► cancelled

The provider decides what happens; news may come twice, late, in any order, or not at all. So this does not
walk along the arrows: the newest word counts, and whatever is cancelled stays so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onmeet.billing.provider import State, SubscriptionNews

__all__ = ["FOLLOWS", "LIVE", "Held", "best", "payment_failed", "settle", "superseded"]

FOLLOWS: Mapping[State, frozenset[State]] = {
    "trialing": frozenset({"active", "past_due", "unpaid", "cancelled"}),
    "active": frozenset({"trialing", "past_due", "unpaid", "cancelled"}),
    "past_due": frozenset({"active", "unpaid", "cancelled"}),
    "unpaid": frozenset({"active", "past_due", "cancelled"}),
    "cancelled": frozenset(),
}
"""What may come next at the provider. Who misses a step sees the one after it."""

LIVE: frozenset[State] = frozenset({"trialing", "active", "past_due", "unpaid"})

_RANK: Mapping[State, int] = {"active": 0, "past_due": 1, "trialing": 2, "unpaid": 3, "cancelled": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held of one subscription. Times in unix seconds; told_at: when it was asked for, in ms.

    has_card: whether there is something to pay with when a trial ends.
    """

    state: State
    plan: str
    seats: int
    trial_ends: int | None
    period_ends: int | None
    ends: int | None
    told_at: int
    has_card: bool = False

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVE

    @property
    def paid_for(self) -> bool:
        """Whether it is paid, or will be when its trial ends."""
        return self.state in ("active", "past_due") or (self.state == "trialing" and self.has_card)


def settle(held: Held | None, news: SubscriptionNews, told_at: int) -> Held | None:
    """What is held after news that were asked for at `told_at`; None while there is no subscription yet."""
    if news.state is None:
        return held
    if held is not None and (told_at < held.told_at or (held.state == "cancelled" != news.state)):
        return held
    return Held(
        state=news.state,
        plan=news.plan,
        seats=news.seats,
        trial_ends=news.trial_ends,
        period_ends=news.period_ends,
        ends=news.ends,
        told_at=told_at,
        has_card=news.has_card,
    )


def payment_failed(before: Held | None, after: Held | None) -> bool:
    """Whether a payment has failed between the two, which the payer ought to hear of."""
    return after is not None and after.state == "past_due" and (before is None or before.state != "past_due")


def best(held: Iterable[Held]) -> Held | None:
    """The one that a page shows: the one that is worth most, else the one that ended last."""
    return min(held, key=lambda one: (_RANK[one.state], -(one.ends or one.period_ends or 0)), default=None)


def superseded(news: Iterable[SubscriptionNews]) -> list[str]:
    """Those that ought to end because their payer has a paid one: trials without a card, unpaid ones."""
    known = list(news)
    paying = [one for one in known if one.state == "active" or (one.state == "trialing" and one.has_card)]
    if not paying:
        return []
    return [
        one.id for one in known if one.state == "unpaid" or (one.state == "trialing" and not one.has_card)
    ]
