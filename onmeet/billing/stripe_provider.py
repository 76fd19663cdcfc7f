"""Stripe behind the `Provider` Protocol: hosted Checkout and customer portal, nothing of a card here.

Prices are found by lookup keys, so that no id of Stripe's stands in a file of ours. The SDK is imported when
it is needed first: it takes 36 MB.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog

from onmeet.billing import stripe_reading as reading
from onmeet.billing.plans import Audience, Plans, Price
from onmeet.billing.provider import BadSignature, Event, InvoiceNews, NoSuch, SubscriptionNews
from onmeet.clock import Clock
from onmeet.errors import ProviderError

__all__ = ["StripeProvider"]

TOLERANCE = 300
"""Seconds that a webhook's signature is good for."""

TIMEOUT = 10.0
RETRIES = 2

_SOON = 49 * 3600
"""A Checkout page takes a trial's end that lies at least 48 hours away; people need a while for the page."""

_PAGES = ("https://checkout.stripe.com", "https://billing.stripe.com")

log = structlog.get_logger()


class StripeProvider:
    """Thread-safe. api: another origin of the API (a proxy, a test), None for Stripe's own."""

    def __init__(
        self, key: str, webhook_secret: str, plans: Plans, *, api: str | None = None, wall: Clock = time.time
    ) -> None:
        self._key = key
        self._webhook_secret = webhook_secret
        self._plans = plans
        self._api = api
        self._wall = wall
        self._lock = threading.Lock()
        self._made: Any = None
        self._price_ids: dict[str, tuple[str, str]] = {}
        self._portals: dict[str, str] = {}

    @property
    def page_origins(self) -> tuple[str, ...]:
        """Stripe's two, or where the API's pages are when it is elsewhere."""
        if self._api is None:
            return _PAGES
        parts = urlsplit(self._api)
        return (f"{parts.scheme}://{parts.netloc}",)

    # -- customers ------------------------------------------------------------------------------

    def customer(self, reference: str, language: str) -> str:
        """See `Provider`. The same reference gives the same customer for 24 hours (idempotency key)."""
        params = {"metadata": {"onmeet": reference}, "preferred_locales": [language] if language else []}
        with _asking() as stripe:
            made = self._client(stripe).customers.create(params, {"idempotency_key": f"customer-{reference}"})
        return str(made.id)

    def forget(self, customer: str) -> None:
        """See `Provider`."""
        try:
            with _asking() as stripe:
                self._client(stripe).customers.delete(customer)
        except NoSuch:
            return

    # -- subscriptions --------------------------------------------------------------------------

    def start_trial(
        self, customer: str, price: Price, *, seats: int, days: int, key: str
    ) -> SubscriptionNews:
        """See `Provider`."""
        params = {
            "customer": customer,
            "items": [{"price": self._price_id(price), "quantity": seats}],
            "trial_period_days": days,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
            "metadata": {reading.PLAN: price.plan},
        }
        with _asking() as stripe:
            made = self._client(stripe).subscriptions.create(params, {"idempotency_key": key})
        return reading.subscription(_plain(made))

    def checkout(
        self, customer: str, price: Price, *, seats: int, trial_ends: int | None, back: str, language: str
    ) -> str:
        """See `Provider`."""
        self._expire_pages(customer)
        subscribed: dict[str, Any] = {"metadata": {reading.PLAN: price.plan}}
        if trial_ends is not None and trial_ends - self._wall() >= _SOON:
            subscribed["trial_end"] = trial_ends
        plan = self._plans.named(price.plan)
        item: dict[str, Any] = {"price": self._price_id(price), "quantity": seats}
        if plan is not None and plan.seats:
            item["adjustable_quantity"] = {"enabled": True, "minimum": 1, "maximum": 9_999}
        params = {
            "mode": "subscription",
            "customer": customer,
            "line_items": [item],
            "subscription_data": subscribed,
            "success_url": f"{back}?checkout=done",
            "cancel_url": f"{back}?checkout=left",
            "locale": language or "auto",
            "payment_method_collection": "always",
            # the country on the invoice decides for how long the law keeps it
            "billing_address_collection": "required",
            "customer_update": {"address": "auto", "name": "auto"},
            "tax_id_collection": {"enabled": True},
        }
        with _asking() as stripe:
            return str(self._client(stripe).checkout.sessions.create(params).url)

    def portal(self, customer: str, *, audience: Audience, back: str, language: str) -> str:
        """See `Provider`."""
        params = {
            "customer": customer,
            "return_url": back,
            "locale": language or "auto",
            "configuration": self._portal_for(audience),
        }
        with _asking() as stripe:
            return str(self._client(stripe).billing_portal.sessions.create(params).url)

    def subscription(self, subscription: str) -> SubscriptionNews:
        """See `Provider`."""
        with _asking() as stripe:
            return reading.subscription(_plain(self._client(stripe).subscriptions.retrieve(subscription)))

    def subscriptions(self, customer: str) -> list[SubscriptionNews]:
        """See `Provider`."""
        params = {"customer": customer, "status": "all", "limit": 100}
        with _asking() as stripe:
            found = self._client(stripe).subscriptions.list(params)
            return [reading.subscription(_plain(one)) for one in found.auto_paging_iter()]

    def set_seats(self, subscription: str, seats: int) -> SubscriptionNews:
        """See `Provider`."""
        with _asking() as stripe:
            ours = self._client(stripe).subscriptions
            item = _plain(ours.retrieve(subscription))["items"]["data"][0]["id"]
            params = {
                "items": [{"id": item, "quantity": seats}],
                "proration_behavior": "create_prorations",
            }
            return reading.subscription(_plain(ours.update(subscription, params)))

    def cancel(self, subscription: str) -> None:
        """See `Provider`."""
        try:
            with _asking() as stripe:
                self._client(stripe).subscriptions.cancel(subscription)
        except NoSuch:
            return

    # -- invoices and events --------------------------------------------------------------------

    def invoice(self, invoice: str) -> InvoiceNews:
        """See `Provider`."""
        with _asking() as stripe:
            return reading.invoice(_plain(self._client(stripe).invoices.retrieve(invoice)))

    def invoices(self, customer: str) -> list[InvoiceNews]:
        """See `Provider`."""
        params = {"customer": customer, "status": "paid", "limit": 100}
        with _asking() as stripe:
            found = self._client(stripe).invoices.list(params)
            return [reading.invoice(_plain(one)) for one in found.auto_paging_iter()]

    def events_since(self, moment: int) -> Iterator[Event]:
        """See `Provider`. Stripe lists the newest first, and forgets after 30 days."""
        params = {"created": {"gte": moment}, "types": list(reading.KINDS), "limit": 100}
        with _asking() as stripe:
            raw = [_plain(one) for one in self._client(stripe).events.list(params).auto_paging_iter()]
        yield from filter(None, (reading.event(one) for one in reversed(raw)))

    def read_webhook(self, body: bytes, signature: str) -> Event | None:
        """See `Provider`. https://docs.stripe.com/webhooks#verify-manually"""
        import stripe  # slow and big: see the head of this file

        if not signature.isascii():  # hmac.compare_digest takes no other text
            raise BadSignature("bad-signature")
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, TOLERANCE)
            raw = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError, RecursionError):
            raise BadSignature("bad-signature") from None
        if not isinstance(raw, dict) or raw.get("object") != "event":
            return None
        try:
            return reading.event(raw)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None  # signed, but in no shape that is documented: coming again would not help

    # -- prices ---------------------------------------------------------------------------------

    def missing_prices(self, prices: tuple[Price, ...]) -> tuple[Price, ...]:
        """See `Provider`."""
        return tuple(price for price in prices if self._look_up(price) is None)

    def make_price(self, price: Price, title: str) -> None:
        """See `Provider`. Products are named after plans, so that one exists once."""
        product = f"onmeet-{price.plan}"
        with _asking() as stripe:
            ours = self._client(stripe)
            try:
                ours.products.retrieve(product)
            except Exception as error:
                if not _is_missing(error):
                    raise
                ours.products.create({"id": product, "name": title})
            ours.prices.create(
                {
                    "product": product,
                    "currency": price.currency.lower(),
                    "unit_amount": price.cents,
                    "recurring": {"interval": price.period},
                    "lookup_key": price.key,
                    "metadata": {reading.PLAN: price.plan},
                },
                {"idempotency_key": f"price-{price.key}"},
            )

    # -- inside ---------------------------------------------------------------------------------

    def _client(self, stripe: Any) -> Any:
        """The SDK's client, made once."""
        with self._lock:
            if self._made is None:
                self._made = stripe.StripeClient(
                    self._key,
                    base_addresses={"api": self._api} if self._api else {},
                    http_client=stripe.RequestsClient(timeout=TIMEOUT),
                    max_network_retries=RETRIES,
                )
            return self._made.v1

    def _price_id(self, price: Price) -> str:
        found = self._look_up(price)
        if found is None:
            log.error("a price is missing at the payment provider: run onmeet billing plans --make")
            raise ProviderError("the payment provider does not have this price")
        return found[0]

    def _look_up(self, price: Price) -> tuple[str, str] | None:
        """Ids of a price and its product."""
        if price.key not in self._price_ids:
            params = {"lookup_keys": [price.key], "active": True, "limit": 1}
            with _asking() as stripe:
                found = [_plain(one) for one in self._client(stripe).prices.list(params).data]
            if not found:
                return None
            self._price_ids[price.key] = (str(found[0]["id"]), reading.identity(found[0]["product"]))
        return self._price_ids[price.key]

    def _expire_pages(self, customer: str) -> None:
        """Nobody pays twice from two tabs."""
        with _asking() as stripe:
            sessions = self._client(stripe).checkout.sessions
            for page in sessions.list({"customer": customer, "status": "open", "limit": 100}).data:
                sessions.expire(page.id)

    def _portal_for(self, audience: Audience) -> str:
        """The configuration of the portal: made at Stripe when there is none for the present prices."""
        features = self._features(audience)
        version = hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()[:16]
        mark = f"{audience}-{version}"
        if mark not in self._portals:
            with _asking() as stripe:
                configurations = self._client(stripe).billing_portal.configurations
                listed = configurations.list({"active": True, "limit": 100}).auto_paging_iter()
                known = {(_plain(one).get("metadata") or {}).get("onmeet"): str(one.id) for one in listed}
                if mark not in known:
                    params = {"features": features, "metadata": {"onmeet": mark}}
                    made = configurations.create(params, {"idempotency_key": f"portal-{mark}"})
                    known[mark] = str(made.id)
                self._portals[mark] = known[mark]
        return self._portals[mark]

    def _features(self, audience: Audience) -> dict[str, Any]:
        products: dict[str, list[str]] = {}
        for plan in self._plans.offered(audience):
            for price in plan.prices:
                if (found := self._look_up(price)) is not None:
                    products.setdefault(found[1], []).append(found[0])
        allowed = ["price", "quantity"] if audience == "group" else ["price"]
        return {
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "tax_id"]},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": bool(products),
                "default_allowed_updates": allowed,
                "proration_behavior": "create_prorations",
                "products": [{"product": name, "prices": prices} for name, prices in products.items()],
            },
        }


@contextmanager
def _asking() -> Iterator[Any]:
    """The SDK; its errors become ours, without a word of what they quote."""
    import stripe  # slow and big: see the head of this file

    stripe.enable_telemetry = False  # it would tell how long requests took, and on which system
    try:
        yield stripe
    except stripe.InvalidRequestError as error:
        if _is_missing(error):
            raise NoSuch("the payment provider does not know it") from None
        log.warning("the payment provider refused a request", status=error.http_status)
        raise ProviderError("the payment provider refused a request") from None
    except stripe.StripeError as error:
        log.warning("the payment provider cannot be used", status=error.http_status)
        raise ProviderError("the payment provider cannot be used at the moment") from None


def _is_missing(error: Exception) -> bool:
    return getattr(error, "code", None) == "resource_missing"


def _plain(found: Any) -> Mapping[str, Any]:
    """An object of the SDK as dicts and lists."""
    plain: Mapping[str, Any] = found.to_dict()
    return plain
