"""What the pages of plans and payment are given."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.billing.invoices import PaidInvoice
from onmeet.billing.plans import Plan
from onmeet.web.billing.forms import SubscribeForm
from onmeet.web.contexts import Page

__all__ = ["Offer", "PaymentPage", "PlanCard", "PlansPage", "State", "UsedUpPage"]


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan on the public page. prices: amount and what it is for. href: where its button leads."""

    name: str
    title: str
    prices: tuple[tuple[str, str], ...]
    paid: bool
    limits: tuple[str, ...]
    href: str
    button: str


@dataclass(frozen=True, kw_only=True)
class PlansPage(Page):
    """country: by name, where the currency was chosen by it. centre: where trials are served."""

    template = "billing/plans.html"
    cards: tuple[PlanCard, ...]
    currency: str
    currencies: tuple[str, ...]
    country: str
    centre: str
    trial_days: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan that can be had, with its form. trial_days: 0 where there is no trial (any more)."""

    plan: Plan
    title: str
    limits: tuple[str, ...]
    form: SubscribeForm
    trial_days: int


@dataclass(frozen=True, slots=True)
class State:
    """How somebody stands. plan: its title. paying: only the payment provider changes it. seats: of a group,
    None for a person.
    """

    title: str
    text: str
    plan: str
    alarming: bool
    paying: bool
    seats: int | None


@dataclass(frozen=True, kw_only=True)
class PaymentPage(Page):
    """Of an account, or of a group (`whose`), at the address `here`.

    used: minutes of this month, and how many there are. group: the one that pays for one's seat. why: what
    the state of payment is kept for, by the notice.
    """

    template = "billing/payment.html"
    whose: str
    here: str
    title: str
    state: State
    offers: tuple[Offer, ...]
    currency: str
    currencies: tuple[str, ...]
    limits: tuple[str, ...]
    used: tuple[int, int] | None
    invoices: tuple[tuple[PaidInvoice, str, str], ...]
    has_customer: bool
    taken: int
    group: str
    why: str


@dataclass(frozen=True, kw_only=True)
class UsedUpPage(Page):
    """No further meeting can begin this month. yours: it is the visitor's own plan. again: the day from which
    meetings can begin.
    """

    template = "billing/used_up.html"
    yours: bool
    again: str
