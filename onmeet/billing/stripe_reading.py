"""What Stripe's objects mean: plain dicts in, values of `onmeet.billing.provider` out. No network.

Written for API version 2026-10-28.endive, which the pinned SDK asks for: since 2025-03-31.basil the period is
an item's, and an invoice names its subscription under `parent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from onmeet.billing.provider import Event, InvoiceNews, State, SubscriptionNews

__all__ = ["KINDS", "PLAN", "event", "identity", "invoice", "subscription"]

PLAN = "onmeet_plan"
"""Key of our metadata at prices, with the plan's name."""

KINDS = (
    "checkout.session.completed",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
)
"""The kinds of events that change something here; the endpoint at Stripe needs no others."""

# https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
_STATES: Mapping[str, State | None] = {
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "paused": "unpaid",
    "canceled": "cancelled",
    "incomplete": None,
    "incomplete_expired": "cancelled",
}


def subscription(raw: Mapping[str, Any]) -> SubscriptionNews:
    """A subscription object; one of a state that did not exist yet when this was written counts as unpaid."""
    items = (raw.get("items") or {}).get("data") or [{}]
    item = items[0]
    price = item.get("price") or {}
    period_ends = item.get("current_period_end") or raw.get("current_period_end")
    ends = raw.get("ended_at") or raw.get("cancel_at")
    if ends is None and raw.get("cancel_at_period_end"):
        ends = period_ends
    return SubscriptionNews(
        id=str(raw["id"]),
        customer=identity(raw.get("customer")),
        state=_STATES.get(str(raw.get("status")), "unpaid"),
        plan=_plan(price) or str((raw.get("metadata") or {}).get(PLAN, "")),
        price=str(price.get("lookup_key") or ""),
        seats=int(item.get("quantity") or 1),
        trial_ends=raw.get("trial_end"),
        period_ends=period_ends,
        ends=ends,
        has_card=bool(raw.get("default_payment_method") or raw.get("default_source")),
    )


def invoice(raw: Mapping[str, Any]) -> InvoiceNews:
    """An invoice object."""
    times = raw.get("status_transitions") or {}
    issued = times.get("finalized_at") or raw.get("effective_at") or raw["created"]
    return InvoiceNews(
        id=str(raw["id"]),
        customer=identity(raw.get("customer")),
        paid=raw.get("status") == "paid",
        number=str(raw.get("number") or ""),
        issued_on=datetime.fromtimestamp(int(issued), UTC).date(),
        cents=int(raw.get("total") or 0),
        currency=str(raw.get("currency") or "").upper(),
        country=str((raw.get("customer_address") or {}).get("country") or ""),
        plan=_invoiced_plan(raw),
    )


def event(raw: Mapping[str, Any]) -> Event | None:
    """An event object; None for a kind that changes nothing here, or about nobody."""
    about = (raw.get("data") or {}).get("object") or {}
    kind = str(raw.get("type"))
    customer = about.get("id") if kind == "customer.deleted" else about.get("customer")
    if kind not in KINDS or not customer:
        return None
    return Event(
        id=str(raw["id"]),
        kind=kind,
        object_id=str(about["id"]),
        customer=identity(customer),
        created=int(raw["created"]),
    )


def identity(reference: Any) -> str:
    """The id of an object that is named, or written out."""
    return str(reference.get("id") or "") if isinstance(reference, Mapping) else str(reference or "")


def _plan(price: Mapping[str, Any]) -> str:
    return str((price.get("metadata") or {}).get(PLAN, ""))


def _invoiced_plan(raw: Mapping[str, Any]) -> str:
    """By the metadata of the subscription as they were when the invoice was made."""
    details = (raw.get("parent") or {}).get("subscription_details") or {}
    return str((details.get("metadata") or {}).get(PLAN, ""))
