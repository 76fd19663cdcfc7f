"""The keeper's jobs about payment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onmeet.billing.payers import Payer
from onmeet.keeper.chores import JOBS
from onmeet.keeper.paying import payment_jobs
from tests.billing.test_parting import customer_of, there
from tests.billing.test_subscriptions import state
from tests.factories.house import build_house, empty_database, new_database
from tests.factories.paying import Shop, build_shop, shop, stripe

__all__ = ["build_house", "build_shop", "empty_database", "new_database", "shop", "stripe"]


def test_who_has_gone_is_deleted_at_the_provider_and_what_was_missed_is_caught_up_with(shop: Shop) -> None:
    behind = shop.house.services
    jobs = payment_jobs(behind.config, behind.policy, behind.database)
    assert set(jobs) <= set(JOBS)
    stays, _ = customer_of(shop, "ada@example.org")
    goes, customer = customer_of(shop, "ben@example.org")
    shop.stripe.webhooks.lose()
    behind.erasure.account(goes.account_id or 0, shop.now)
    jobs["parting"](shop.now)
    assert not there(shop, customer)
    assert state(shop, stays) == ""
    jobs["payment"](shop.now)
    assert state(shop, stays) == "active"
    assert state(shop, Payer(account_id=goes.account_id)) == ""


def test_with_wrong_settings_the_keeper_still_keeps(shop: Shop, tmp_path: Path) -> None:
    behind = shop.house.services
    spoilt = tmp_path / "plans.toml"
    spoilt.write_text("plan = 1")
    for config in (replace(behind.config, plans=str(spoilt)), replace(behind.config, stripe_key=None)):
        assert payment_jobs(config, behind.policy, behind.database) == {}
