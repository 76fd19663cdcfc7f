"""`onmeet billing plans|check|reconcile`: prices at Stripe, and what an outage made us miss."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from onmeet import clock
from onmeet.cli.opening import opened
from onmeet.config import Config
from onmeet.errors import ProviderError, UserError

if TYPE_CHECKING:
    from onmeet.billing.payments import Payments
    from onmeet.billing.plans import Plans

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """`billing` with its three."""
    billing = commands.add_parser("billing", help="plans, prices and payments")
    ways = billing.add_subparsers(title="commands", required=True, metavar="COMMAND")
    plans = ways.add_parser("plans", help="the plans and prices of this instance")
    plans.add_argument("--make", action="store_true", help="make those that the payment provider lacks")
    plans.set_defaults(run=_plans)
    check = ways.add_parser("check", help="whether people can pay; exit status 1 when something is wrong")
    check.set_defaults(run=_check)
    reconcile = ways.add_parser("reconcile", help="catch up with the payment provider after an outage")
    reconcile.add_argument(
        "--everybody", action="store_true", help="ask about every customer, not only what happened lately"
    )
    reconcile.set_defaults(run=_reconcile)


def _plans(config: Config, options: argparse.Namespace) -> int:
    from onmeet.billing import plan_file  # slow imports, here and below

    plans = plan_file.load(config)
    for plan in plans.plans:
        limits = plan.limits
        minutes = "any" if limits.minutes_a_month is None else limits.minutes_a_month
        _print(f"{plan.name}: {limits.participants} people, {minutes} minutes a month")
        for price in plan.prices:
            each = " a seat" if plan.seats else ""
            _print(f"  {price.cents / 100:.2f} {price.currency} a {price.period}{each}  {price.key}")
    if options.make:
        with _paying(config) as (payments, known):
            missing = payments.provider.missing_prices(tuple(known.prices()))
            for price in missing:
                payments.provider.make_price(price, _title(known, price.plan))
        _print(f"{len(missing)} prices made at the payment provider")
    return 0


def _check(config: Config, options: argparse.Namespace) -> int:
    with _paying(config) as (payments, plans):
        missing = payments.provider.missing_prices(tuple(plans.prices()))
        waiting = payments.parting.waiting()
    _print("the payment provider answers, and knows this key")
    if missing:
        _print(f"{len(missing)} prices are missing there: run onmeet billing plans --make")
    if waiting:
        _print(f"{waiting} customers are still to be deleted there: the keeper does that each minute")
    if not config.public_url:
        _print("ONMEET_PUBLIC_URL is not set: the payment provider may lead people back to a wrong address")
    return 1 if missing or waiting or not config.public_url else 0


def _reconcile(config: Config, options: argparse.Namespace) -> int:
    with _paying(config) as (payments, _plans):
        done = payments.reconciling.run(clock.now(), everybody=options.everybody)
    _print(f"{done.events} events had been missed")
    if options.everybody:
        _print(f"{done.customers} customers asked about, {done.invoices} invoices had been missed")
    return 0


@contextmanager
def _paying(config: Config) -> Iterator[tuple[Payments, Plans]]:
    """The services about payment. Raises `UserError` without a key, or when the provider is away."""
    from onmeet.billing import plan_file
    from onmeet.billing.payments import open_payments

    with opened(config) as (database, policy):
        plans = plan_file.load(config)
        payments = open_payments(config, policy, database, plans)
        if payments is None:
            raise UserError("ONMEET_STRIPE_KEY is not set: nothing is sold here")
        try:
            yield payments, plans
        except ProviderError as error:
            raise UserError(f"{error}: is the key right, and can Stripe be reached?") from None


def _title(plans: Plans, name: str) -> str:
    plan = plans.named(name)
    return plan.title if plan is not None else name


_print: Callable[[str], None] = print
