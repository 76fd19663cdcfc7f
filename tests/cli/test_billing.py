"""`onmeet billing …`, with the provider's stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onmeet.cli import main
from tests.peers.stripe import StandIn

Run = Callable[..., int]


@pytest.fixture
def stripe() -> Iterator[StandIn]:
    with StandIn() as standing_in:
        yield standing_in


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stripe: StandIn) -> Run:
    """Runs a command of an instance that sells plans; its exit status."""
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("ONMEET_MEDIA_IP", "127.0.0.1")
    monkeypatch.setenv("ONMEET_PUBLIC_URL", "http://meet.example.org")
    for name, value in stripe.settings().items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main(["billing", *arguments])


def test_prices_are_made_once_and_then_people_can_pay(
    run: Run, stripe: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check") == 1
    assert "20 prices are missing" in capsys.readouterr().out
    assert run("plans", "--make") == 0
    said = capsys.readouterr().out
    assert "6.90 EUR a month  onmeet-personal-month-eur-690" in said
    assert "20 prices made" in said
    assert run("plans", "--make") == 0
    assert "0 prices made" in capsys.readouterr().out
    assert len(stripe.world.all("price")) == 20
    assert sorted(one["id"] for one in stripe.world.all("product")) == ["onmeet-group", "onmeet-personal"]
    assert run("check") == 0
    assert run("reconcile", "--everybody") == 0
    assert "0 customers asked about" in capsys.readouterr().out


def test_a_wrong_key_and_a_provider_that_is_away_are_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_STRIPE_KEY", "sk_test_wrong")
    assert run("check") == 1
    assert "is the key right" in capsys.readouterr().err


def test_without_a_key_nothing_is_sold(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ONMEET_STRIPE_KEY")
    assert run("reconcile") == 1
    assert "ONMEET_STRIPE_KEY is not set" in capsys.readouterr().err
    assert run("plans") == 0  # what would be sold can be looked at


def test_a_notice_under_which_payments_cannot_be_kept_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_NOTICE", "3cx-webmeeting")
    assert run("check") == 2
    assert "3cx-webmeeting has no billing.state, no billing.invoice" in capsys.readouterr().err


def test_such_settings_stop_the_start_before_anything_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_NOTICE", "3cx-webmeeting")
    assert main(["db", "upgrade"]) == 2
    assert "or leave the key unset" in capsys.readouterr().err
    monkeypatch.setenv("ONMEET_NOTICE", "on-meet")
    (tmp_path / "plans.toml").write_text("[[plan]]")
    monkeypatch.setenv("ONMEET_PLANS", str(tmp_path / "plans.toml"))
    assert main(["db", "upgrade"]) == 2
    assert "plans.toml:1: plan 1: name is missing" in capsys.readouterr().err
