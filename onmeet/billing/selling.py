"""Everything that stands behind plans and payment, made once for a process.

selling = open_selling(config, policy, database)
selling.sold                                  # False: everything is free, and no page speaks of plans
selling.entitlements.of(account_id, now).participants
"""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.billing import plan_file
from onmeet.billing.currency import Countries
from onmeet.billing.entitlements import Entitlements
from onmeet.billing.payments import Payments, check, open_payments
from onmeet.billing.plans import Plans
from onmeet.billing.usage import Usage
from onmeet.config import Config
from onmeet.db import Database
from onmeet.notices.policy import Policy

__all__ = ["Selling", "open_selling"]


@dataclass(frozen=True, slots=True)
class Selling:
    """plans, payments: None where nothing is sold. countries: None without `visitor.country`."""

    plans: Plans | None
    payments: Payments | None
    entitlements: Entitlements
    usage: Usage
    countries: Countries | None

    @property
    def sold(self) -> bool:
        """Whether there is anything to pay here."""
        return self.plans is not None


def open_selling(config: Config, policy: Policy, database: Database) -> Selling:
    """As settings and notice want it.

    Raises `ConfigError` for plans that cannot be read, and for a notice that lets no payment be kept.
    """
    check(config, policy)
    plans = plan_file.load(config) if config.stripe_key else None
    return Selling(
        plans=plans,
        payments=open_payments(config, policy, database, plans) if plans is not None else None,
        entitlements=Entitlements(
            database, plans.limits() if plans is not None else None, participants=config.max_participants
        ),
        usage=Usage(database, policy),
        countries=Countries() if plans is not None and policy.item("visitor.country") is not None else None,
    )
