"""The file of plans: what comes with OnMeet, and every mistake with its line and remedy."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.billing.payments import check
from onmeet.billing.plan_file import load, parse
from onmeet.errors import ConfigError
from onmeet.web.services import build
from tests.factories.house import make_config
from tests.factories.policies import policy

SHIPPED = resources.files("onmeet.billing").joinpath("plans.toml").read_text("utf-8")


FREE = SHIPPED[SHIPPED.index("[[plan]]") : SHIPPED.index('[[plan]]\nname = "personal"')]


@pytest.mark.promise("N2.11", "N3.14")
def test_the_shipped_plans_are_flat_and_complete() -> None:
    plans = parse(SHIPPED, "plans.toml")
    assert plans.trial_days == 14
    assert plans.free.limits.minutes_a_month == 1500
    for audience in ("person", "group"):
        for plan in plans.offered(audience):
            for currency in plans.currencies:
                month, year = plan.price("month", currency), plan.price("year", currency)
                assert month is not None
                assert year is not None
                assert month.cents < year.cents < 12 * month.cents
    keys = [price.key for price in plans.prices()]
    assert len(set(keys)) == len(keys) == 20


@pytest.mark.promise("N2.8")
@pytest.mark.parametrize(
    ("country", "currency", "centre"),
    [("DE", "EUR", "Ireland"), ("us", "USD", "Virginia"), ("CA", "CAD", "Virginia"), ("", "EUR", "Ireland")],
)
def test_currency_and_data_centre_go_by_the_country(country: str, currency: str, centre: str) -> None:
    plans = parse(SHIPPED, "plans.toml")
    assert plans.currency_for(country) == currency
    found = plans.centre(country, "meetingsphere")
    assert found is not None
    assert found.name == centre
    assert plans.centre(country, "on-meet") is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("trial_days = 14", "trial_days = -1", "plans.toml:4: trial_days"),
        ('currency = "EUR"', 'currency = "EURO"', "currency is no currency"),
        ('currency = "EUR"', "", "currency is missing"),
        ('USD = ["US",', 'USD = ["XX",', "USD has an entry that is no country"),
        ('GBP = ["GB",', 'GBP = ["US",', "names US again"),
        ('CHF = ["CH", "LI"]', 'CHF = ["CH", "LI"]\nSEK = ["SE"]', "has no price in SEK"),
        ('CAD = ["CA"]', 'JPY = ["JP"]', "JPY is not counted in hundredths"),
        ("telephone = false", "telefone = false", "did you mean 'telephone'"),
        ("participants = 10", "participants = 900", "write a number from 2 to 200"),
        ('name = "free"', 'name = "gratis"', '"free" alone is for everybody'),
        (
            SHIPPED[SHIPPED.index("[[plan]]") : SHIPPED.index('[[plan]]\nname = "personal"')],
            "",
            '"free" is missing',
        ),
        ('name = "group"', 'name = "personal"', "there twice"),
        ('for = "group"', 'for = "groups"', "is no audience"),
        ("month = { EUR = 690", 'month = { EUR = "6.90"', "month is a text"),
        ("year = { EUR = 6900", "yearly = { EUR = 6900", "yearly is no key"),
        ("[[centre]]", "[centre]", "is no TOML"),
        ("[currencies]", "[[currencies]]", "currencies: is no table"),
        ("minutes_a_month = 1500", "minutes_a_month = 1500\nmonth = { EUR = 1 }", "from 50"),
    ],
)
def test_every_mistake_is_named_with_its_place(before: str, after: str, said: str) -> None:
    assert before in SHIPPED
    with pytest.raises(ConfigError) as refused:
        parse(SHIPPED.replace(before, after), "plans.toml")
    assert said in str(refused.value)


@given(st.data())
def test_spoilt_files_never_crash_the_reader(data: st.DataObject) -> None:
    lines = SHIPPED.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(st.sampled_from(["", "[[plan]]", "plan = 1", "x = [{}]", lines[at][:-3], "}"]))
    with contextlib.suppress(ConfigError):
        parse("\n".join(lines), "plans.toml")


def test_a_file_of_the_operator_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(SHIPPED.replace("trial_days = 14", "trial_days = 30"), "utf-8")
    assert load(make_config(tmp_path / "var", plans=str(file))).trial_days == 30
    for spoilt in (b"\xff", b"x" * 300_000):
        file.write_bytes(spoilt)
        with pytest.raises(ConfigError, match="ONMEET_PLANS"):
            load(make_config(tmp_path / "var", plans=str(file)))
    with pytest.raises(ConfigError, match="cannot be read"):
        load(make_config(tmp_path / "var", plans=str(tmp_path / "nowhere.toml")))


SOLD: dict[str, Any] = {"stripe_key": "sk_test_1", "stripe_webhook_secret": "whsec_1"}


def test_the_start_is_refused_where_payments_may_not_be_kept(tmp_path: Path, new_database: Any) -> None:
    config = make_config(tmp_path / "var", notice="3cx-webmeeting", **SOLD)
    with pytest.raises(ConfigError, match=r"has no billing\.state, no billing\.invoice"):
        check(config, policy("3cx-webmeeting"))
    with pytest.raises(ConfigError, match="ONMEET_STRIPE_KEY"):
        build(replace(config, database_url=new_database(config.data)))
    check(make_config(tmp_path / "var", **SOLD), policy("on-meet"))
    check(make_config(tmp_path / "var", notice="3cx-webmeeting"), policy("3cx-webmeeting"))
