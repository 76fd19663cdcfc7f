"""The plans on offer, as data: limits, flat prices by period and currency, length of the trial.

plans = plan_file.load(config)                         # ONMEET_PLANS, or those that come with OnMeet
plans.price("personal", "month", "EUR").cents          # 690
plans.limits().free.participants                       # for `onmeet.billing.entitlements`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from onmeet.billing.limits import Limits, PlanLimits

__all__ = ["FREE", "PERIODS", "Audience", "Centre", "Period", "Plan", "Plans", "Price"]

FREE = "free"
"""The plan of whoever pays nothing; every file has it."""

Period = Literal["month", "year"]
Audience = Literal["everybody", "person", "group"]

PERIODS: tuple[Period, ...] = get_args(Period)


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan costs for a period, each seat. cents: hundredths of `currency` (ISO 4217, capitals)."""

    plan: str
    period: Period
    currency: str
    cents: int

    @property
    def key(self) -> str:
        """How the payment provider knows it (Stripe: `lookup_key`); another amount is another price."""
        return f"onmeet-{self.plan}-{self.period}-{self.currency.lower()}-{self.cents}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan. title: as the operator calls it. audience: who can have it. prices: none for the free one."""

    name: str
    title: str
    audience: Audience
    limits: Limits
    prices: tuple[Price, ...] = ()

    @property
    def seats(self) -> bool:
        """Whether it is paid by the seat."""
        return self.audience == "group"

    def price(self, period: str, currency: str) -> Price | None:
        """Its price for a period in a currency."""
        return next((p for p in self.prices if p.period == period and p.currency == currency), None)


@dataclass(frozen=True, slots=True)
class Centre:
    """A data centre where trials are served. notice: under which notice it is named."""

    name: str
    notice: str
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """All of them, in the order of the file. currency: where none fits better."""

    plans: tuple[Plan, ...]
    currency: str
    trial_days: int
    currency_of: Mapping[str, str] = field(default_factory=dict)
    centres: tuple[Centre, ...] = ()

    @property
    def free(self) -> Plan:
        """The plan of whoever pays nothing."""
        return next(plan for plan in self.plans if plan.name == FREE)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Those in which every paid plan can be had, the default first."""
        return tuple(dict.fromkeys((self.currency, *(price.currency for price in self.prices()))))

    def named(self, name: str | None) -> Plan | None:
        """A plan, or None where it is not on offer (any more)."""
        return next((plan for plan in self.plans if plan.name == name), None)

    def offered(self, audience: Audience) -> tuple[Plan, ...]:
        """What a person, or a group, can subscribe to."""
        return tuple(plan for plan in self.plans if plan.audience == audience and plan.prices)

    def price(self, plan: str, period: str, currency: str) -> Price | None:
        """One price, or None where there is none."""
        found = self.named(plan)
        return found.price(period, currency) if found is not None else None

    def prices(self) -> Iterator[Price]:
        """Every price of every plan."""
        for plan in self.plans:
            yield from plan.prices

    def currency_for(self, country: str) -> str:
        """The currency to offer first in a country (ISO 3166-1, "" for unknown)."""
        return self.currency_of.get(country.upper(), self.currency)

    def centre(self, country: str, notice: str) -> Centre | None:
        """The data centre for a trial from a country under a notice, None where it names none (N2.8)."""
        named = [centre for centre in self.centres if centre.notice == notice]
        fitting = (centre for centre in named if country.upper() in centre.countries)
        return next(fitting, named[0] if named else None)

    def limits(self) -> PlanLimits:
        """The limits alone, by plan."""
        return PlanLimits(self.free.limits, {plan.name: plan.limits for plan in self.plans})
