"""The payment provider as the rest of the program sees it: a Protocol, and values about what it says.

`onmeet.billing.stripe_provider` keeps it with Stripe. Only the provider's own pages ask for cards (N1.6,
N2.10). We tell it somebody's language and a name that leads nowhere; who they are, they tell it themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from onmeet.billing.plans import Audience, Price
from onmeet.errors import ProtocolError, ProviderError

__all__ = ["BadSignature", "Event", "InvoiceNews", "NoSuch", "Provider", "State", "SubscriptionNews"]

State = Literal["trialing", "active", "past_due", "unpaid", "cancelled"]
"""Of a subscription. past_due: a payment failed and is tried again. unpaid: nobody tries any more."""


class NoSuch(ProviderError):
    """The provider knows no such customer, subscription or invoice (any more)."""


class BadSignature(ProtocolError):
    """A message that says it comes from the provider does not, or is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionNews:
    """What the provider says of a subscription. Times in unix seconds, None: none.

    state: None while it has not begun, because the first payment is still under way. period_ends: end of the
    present period, paid or not. ends: when it ends, or ended. price: key of the price (`Price.key`).
    has_card: whether there is something to pay with when a trial ends.
    """

    id: str
    customer: str
    state: State | None
    plan: str
    price: str = ""
    seats: int = 1
    trial_ends: int | None = None
    period_ends: int | None = None
    ends: int | None = None
    has_card: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceNews:
    """What the provider says of an invoice. cents: hundredths of `currency` (ISO 4217, capitals), with tax.

    country: of whoever it was made out to (ISO 3166-1), "" where the provider does not know.
    """

    id: str
    customer: str
    paid: bool
    number: str
    issued_on: date
    cents: int
    currency: str
    country: str = ""
    plan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """That something happened to an object of the provider. Its state is asked for, not taken from here.

    kind: the provider's word, such as `invoice.paid`. created: unix seconds.
    """

    id: str
    kind: str
    object_id: str
    customer: str
    created: int


class Provider(Protocol):
    """What is asked of a payment provider.

    Every method may raise `ProviderError` (try again later) and `NoSuch`. Methods that make something take a
    `key`: the same call with the same key is done once, however often it is repeated after a lost answer.
    """

    @property
    def page_origins(self) -> tuple[str, ...]:
        """Origins of the provider's pages, for `form-action` of the pages that lead there."""

    def customer(self, reference: str, language: str) -> str:
        """Register a customer and return the id; again for the same reference: the same customer."""

    def forget(self, customer: str) -> None:
        """Delete a customer; what is subscribed to ends at once. Nothing happens when there is none."""

    def start_trial(
        self, customer: str, price: Price, *, seats: int, days: int, key: str
    ) -> SubscriptionNews:
        """Begin a trial without a card; it ends by itself unless somebody pays before."""

    def checkout(
        self, customer: str, price: Price, *, seats: int, trial_ends: int | None, back: str, language: str
    ) -> str:
        """The address of a page where the customer subscribes. Pages of before are worth nothing.

        trial_ends: from when on it costs something, None: at once. back: an address of ours, to which
        `?checkout=done` or `?checkout=left` is added.
        """

    def portal(self, customer: str, *, audience: Audience, back: str, language: str) -> str:
        """The address of a page where the customer changes card and seats, cancels, reads invoices."""

    def subscription(self, subscription: str) -> SubscriptionNews:
        """How a subscription is now."""

    def subscriptions(self, customer: str) -> list[SubscriptionNews]:
        """Every subscription of a customer, ended ones too."""

    def set_seats(self, subscription: str, seats: int) -> SubscriptionNews:
        """Pay for another number of seats from now on; the provider prorates."""

    def cancel(self, subscription: str) -> None:
        """End a subscription at once. Nothing happens when it has ended."""

    def invoice(self, invoice: str) -> InvoiceNews:
        """One invoice."""

    def invoices(self, customer: str) -> list[InvoiceNews]:
        """Every paid invoice of a customer, the newest first."""

    def events_since(self, moment: int) -> Iterator[Event]:
        """What happened since (unix seconds), the oldest first; providers forget (Stripe after 30 days)."""

    def read_webhook(self, body: bytes, signature: str) -> Event | None:
        """A message from the provider, None for one about nothing of ours. Raises `BadSignature`."""

    def missing_prices(self, prices: tuple[Price, ...]) -> tuple[Price, ...]:
        """Those of our prices that the provider does not have."""

    def make_price(self, price: Price, title: str) -> None:
        """Make a price at the provider, and the product that it is of."""
