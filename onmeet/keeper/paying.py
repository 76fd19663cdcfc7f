"""Payment in the keeper: who has gone is deleted at the provider, missed news is caught up with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from onmeet.billing import plan_file
from onmeet.billing.payments import Payments, open_payments
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.keeper.chores import Work
from onmeet.notices.policy import Policy

__all__ = ["payment_jobs"]

RECENT_DAYS = 3
"""How far back each hour's look goes: a provider tries to deliver a message for so long."""

log = structlog.get_logger()


def payment_jobs(config: Config, policy: Policy, database: Database) -> Mapping[str, Work]:
    """The jobs, none where nothing is sold.

    With settings that cannot be used the pages do not start, and say why: the keeper goes on without payment.
    """
    if not config.stripe_key:
        return {}
    try:
        payments = open_payments(config, policy, database, plan_file.load(config))
    except ConfigError:
        log.error("the settings of payment cannot be used")
        return {}
    return {} if payments is None else _jobs(payments)


def _jobs(payments: Payments) -> Mapping[str, Work]:
    def part(now: datetime) -> None:
        if gone := payments.parting.run(now):
            log.info("deleted customers at the payment provider", count=gone)

    def catch_up(now: datetime) -> None:
        if missed := payments.reconciling.run(now, days=RECENT_DAYS).events:
            log.warning("the payment provider's messages had been missed", count=missed)

    return {"parting": part, "payment": catch_up}
