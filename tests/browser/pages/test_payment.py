"""Paying in a real browser at the stand-in's hosted pages: success, decline, change of mind, 3-D Secure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import onmeet.billing
from onmeet.billing.plan_file import parse
from onmeet.billing.stripe_provider import StripeProvider
from tests.browser import axe
from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.browser.window import Window
from tests.peers.stripe.cards import ASKS, DECLINED, GOOD
from tests.peers.stripe.server import KEY, SECRET, StandIn
from tests.running import OnMeetServer

PASSWORD = "a heron lands at dusk"
EMAIL = "payer@example.org"

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def shop() -> Iterator[OnMeetServer]:
    """A server that sells plans, and one account on it; the provider's messages reach it."""
    with StandIn() as stripe, OnMeetServer(**stripe.settings()) as server:
        instance = Instance(server)
        make_prices(stripe)
        instance.done("user", "add", EMAIL, stdin=f"{PASSWORD}\n")
        stripe.webhooks.to(f"{server.base_url}/billing/webhook")
        yield server
        assert not server.complaints(), server.log_text()
        # Stripe is not told who pays, and nothing that somebody typed there comes here
        report = instance.audit([GOOD, ASKS, DECLINED, "P. Payer"])
        assert report["clean"], report["findings"]
        assert not report["sightings"]


def make_prices(stripe: StandIn) -> None:
    """As `onmeet billing plans --make` does."""
    plans = parse(Path(onmeet.billing.__file__).with_name("plans.toml").read_text("utf-8"), "plans.toml")
    provider = StripeProvider(KEY, SECRET, plans, api=stripe.origin)
    for price in plans.prices():
        provider.make_price(price, price.plan)


def sign_in(page: Window, base_url: str) -> None:
    page.open(f"{base_url}/sign-in?next=/account/payment")
    page.fill('input[name="email"]', EMAIL)
    page.fill('input[name="password"]', PASSWORD)
    page.press("Enter")
    page.until_shown(".subscribe, #state-title")


def fill_in(page: Window, card: str) -> None:
    """The provider's page."""
    page.until_shown('input[name="card"]')
    page.fill('input[name="email"]', "bank@example.org")
    page.fill('input[name="name"]', "P. Payer")
    page.fill('input[name="card"]', card)
    page.click('button[name="pay"]')


@pytest.mark.promise("N1.6", "N2.10", "N2.11")
def test_a_trial_then_a_card_that_is_declined_one_that_asks_and_a_way_back(
    window: OpenWindow[ChromiumWindow], shop: OnMeetServer
) -> None:
    """People try, pay and cancel on the payment provider's pages; no page of ours asks for a card."""
    page = window()
    sign_in(page, shop.base_url)
    page.click('button[formaction$="/trial"]')
    page.until_text("Your trial has begun.", ".flashes")
    assert "It ends by itself" in page.text()

    # A change of mind
    page.click(".subscribe button:not([formaction])")
    page.until_shown("#back")
    assert not page.url.startswith(shop.base_url)
    page.click("#back")
    page.until_text("Nothing was paid", ".flashes")

    # A card that is declined, another one that fails its 3-D Secure step, then passes it
    page.click(".subscribe button:not([formaction])")
    fill_in(page, DECLINED)
    page.until_text("declined", "#problem")
    fill_in(page, ASKS)
    page.until_shown('button[name="refuse"]')
    page.click('button[name="refuse"]')
    page.until_text("unable to authenticate", "#problem")
    fill_in(page, ASKS)
    page.until_shown('button[name="complete"]')
    page.click('button[name="complete"]')
    page.until_text("Your subscription is in place.", ".flashes")
    assert page.url == f"{shop.base_url}/account/payment"

    # Cancelled at the provider's portal, kept until the end of what is paid
    page.click('form[action$="/portal"] button')
    page.until_shown('button[name="cancel"]')
    page.click('button[name="cancel"]')
    page.until_shown('button[name="renew"]')
    page.click("#back")
    page.until_text("You can keep it until then.", "main")


def test_the_pages_of_plans_and_payment_have_no_barrier_on_any_screen(
    window: OpenWindow[ChromiumWindow], shop: OnMeetServer
) -> None:
    found = {}
    for language, size in (("en-GB", {}), ("de-DE", PHONE)):
        page = window(locale=language, **size)
        sign_in(page, shop.base_url)
        for path in ("/plans", "/account/payment"):
            page.open(shop.base_url + path)
            for scheme in ("light", "dark"):
                page.colours(scheme)
                found[path, scheme, *size] = axe.violations(page)
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is wider than the screen"
    assert not {where: each for where, each in found.items() if each}
