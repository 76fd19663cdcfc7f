"""What stands behind payment, joined: made once for a process where a Stripe key is set."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.billing.invoices import Invoices
from onmeet.billing.parting import Parting
from onmeet.billing.payers import Customers
from onmeet.billing.plans import Plans
from onmeet.billing.provider import Provider
from onmeet.billing.reconcile import Reconciling
from onmeet.billing.stripe_provider import StripeProvider
from onmeet.billing.subscriptions import Subscriptions
from onmeet.billing.webhooks import Webhooks
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.notices.policy import Policy

__all__ = ["Payments", "check", "open_payments"]

NEEDED = ("billing.state", "billing.invoice")
"""Categories that a notice must let be stored where something is sold."""


@dataclass(frozen=True, slots=True)
class Payments:
    """The services about payment."""

    provider: Provider
    customers: Customers
    subscriptions: Subscriptions
    invoices: Invoices
    webhooks: Webhooks
    reconciling: Reconciling
    parting: Parting


def check(config: Config, policy: Policy) -> None:
    """Raise `ConfigError` when something is to be sold under a notice that does not let payments be kept."""
    missing = [category for category in NEEDED if not policy.stores(category)]
    if config.stripe_key and missing:
        raise ConfigError(
            f"ONMEET_STRIPE_KEY is set, but the notice {policy.notice.name} has no {', no '.join(missing)}:"
            " add it to the notice, or leave the key unset (then everything is free)"
        )


def open_payments(config: Config, policy: Policy, database: Database, plans: Plans) -> Payments | None:
    """The services, None where no key is set. Raises `ConfigError` as `check` does."""
    check(config, policy)
    if not config.stripe_key:
        return None
    provider = StripeProvider(
        config.stripe_key, config.stripe_webhook_secret or "", plans, api=config.stripe_api
    )
    key = config.marks_key
    customers = Customers(database, provider, key=key, secret_key=config.secret_key)
    subscriptions = Subscriptions(database, provider, plans, customers, key=key)
    invoices = Invoices(database, key=key)
    webhooks = Webhooks(database, provider, customers, subscriptions, invoices, key=key)
    return Payments(
        provider=provider,
        customers=customers,
        subscriptions=subscriptions,
        invoices=invoices,
        webhooks=webhooks,
        reconciling=Reconciling(database, provider, customers, subscriptions, invoices, webhooks),
        parting=Parting(database, provider, invoices, secret_key=config.secret_key),
    )
