"""What happens by itself as time goes by: trials end, periods renew, failed payments are tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.peers.stripe.world import DAY, RETRY_DAYS, World

__all__ = ["pass_by"]

Raw = dict[str, Any]
Due = tuple[int, Callable[[], object]]

WARN_DAYS = 3


def pass_by(world: World, seconds: float) -> None:
    """Everything that falls due meanwhile, in its order and at its time."""
    goal = world.now() + int(seconds)
    while True:
        due = sorted(
            (
                found
                for subscription in world.all("subscription")
                if (found := _next(world, subscription)) is not None and found[0] <= goal
            ),
            key=lambda found: found[0],
        )
        if not due:
            break
        at, happen = due[0]
        world.passed += max(0, at - world.now())
        happen()
    world.passed += max(0, goal - world.now())


def _next(world: World, subscription: Raw) -> Due | None:
    """What a subscription meets next."""
    ends = world.item(subscription)["current_period_end"]
    match subscription["status"]:
        case "trialing":
            if not subscription.get("_warned"):
                return ends - WARN_DAYS * DAY, lambda: _warn(world, subscription)
            return ends, lambda: _trial_over(world, subscription)
        case "active":
            return ends, lambda: _renew(world, subscription)
        case "past_due":
            return _retry(world, subscription)
    return None


def _warn(world: World, subscription: Raw) -> None:
    subscription["_warned"] = True
    world.say("customer.subscription.trial_will_end", subscription)


def _trial_over(world: World, subscription: Raw) -> None:
    if subscription["cancel_at_period_end"] or subscription["default_payment_method"] is None:
        world.end(subscription)
    else:
        _begin_period(world, subscription)


def _renew(world: World, subscription: Raw) -> None:
    if subscription["cancel_at_period_end"]:
        world.end(subscription)
    else:
        _begin_period(world, subscription)


def _begin_period(world: World, subscription: Raw) -> None:
    item = world.item(subscription)
    begins = item["current_period_end"]
    item.update(current_period_start=begins, current_period_end=begins + world.period(item["price"]))
    world.change(subscription, status="active")
    world.bill(subscription, begins)


def _retry(world: World, subscription: Raw) -> Due | None:
    name = subscription["id"]
    unpaid = [
        invoice
        for invoice in world.all("invoice", customer=subscription["customer"], status="open")
        if invoice["parent"]["subscription_details"]["subscription"] == name
    ]
    if not unpaid:
        return None
    invoice = unpaid[0]
    begun = invoice["status_transitions"]["finalized_at"]
    tries = invoice["_tries"]
    at = begun + RETRY_DAYS[min(tries, len(RETRY_DAYS)) - 1] * DAY

    def again() -> None:
        if not world.charge(subscription, invoice) and tries >= len(RETRY_DAYS):
            world.change(subscription, status="unpaid")

    return at, again
