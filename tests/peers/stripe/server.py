"""The stand-in as a server on 127.0.0.1, in threads of the test's own process."""

from __future__ import annotations

import logging
import threading
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from onmeet.billing.plans import Plans
from tests.peers.stripe import api, pages
from tests.peers.stripe.cards import Card
from tests.peers.stripe.time_passing import pass_by
from tests.peers.stripe.visiting import press
from tests.peers.stripe.webhooks import Webhooks
from tests.peers.stripe.world import DAY, World

__all__ = ["KEY", "SECRET", "StandIn"]

KEY = "sk_test_standin"
SECRET = "whsec_standin"


class StandIn:
    """A context manager: it listens inside the block.

    faults: statuses with which the next API calls fail. answers_left: how many calls work before all fail.
    """

    def __init__(self) -> None:
        self.webhooks = Webhooks(SECRET)
        self.world = World(self.webhooks.news)
        self.faults: list[int] = []
        self.answers_left: int | None = None
        app = Flask("tests.peers.stripe")
        app.register_blueprint(api.blueprint(self.world, KEY, lambda: self.origin, self._fault))
        app.register_blueprint(pages.blueprint(self.world))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="stripe", daemon=True
        )

    def _fault(self) -> int | None:
        """The status with which this call fails before anything is done."""
        if self.faults:
            return self.faults.pop(0)
        if self.answers_left is None:
            return None
        self.answers_left -= 1
        return 402 if self.answers_left < 0 else None

    @property
    def origin(self) -> str:
        """Where it listens: `ONMEET_STRIPE_API`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def settings(self) -> dict[str, str]:
        """Environment of an instance that pays here."""
        return {
            "ONMEET_STRIPE_KEY": KEY,
            "ONMEET_STRIPE_WEBHOOK_SECRET": SECRET,
            "ONMEET_STRIPE_API": self.origin,
        }

    def config(self) -> dict[str, Any]:
        """The same as fields of `Config`, for `build_house`."""
        return {"stripe_key": KEY, "stripe_webhook_secret": SECRET, "stripe_api": self.origin}

    def stock(self, plans: Plans) -> None:
        """Have every price of these plans, as `onmeet billing plans --make` makes them."""
        for price in plans.prices():
            product = f"onmeet-{price.plan}"
            if product not in self.world.things:
                made = self.world.put("prod", "product", name=price.plan, active=True)
                self.world.things[product] = {**made, "id": product}
            self.world.put(
                "price",
                "price",
                active=True,
                product=product,
                currency=price.currency.lower(),
                unit_amount=price.cents,
                recurring={"interval": price.period, "interval_count": 1},
                lookup_key=price.key,
                metadata={"onmeet_plan": price.plan},
                type="recurring",
            )

    def pass_by(self, *, days: float = 0, seconds: float = 0) -> None:
        """Let time go by, with all that falls due meanwhile."""
        with self.world.lock:
            pass_by(self.world, days * DAY + seconds)

    def begin_anew(self) -> None:
        """As if nobody had ever come: prices stay, and it is today again."""
        with self.world.lock:
            stays = ("price", "product", "billing_portal.configuration")
            self.world.things = {n: t for n, t in self.world.things.items() if t["object"] in stays}
            self.world.events.clear()
            self.world.passed = 0.0
            self.webhooks.lose()

    def card_stops_paying(self, customer: str) -> None:
        """Charges of a customer's cards fail from now on."""
        for subscription in self.world.all("subscription", customer=customer):
            if subscription["id"] in self.world.cards:
                self.world.cards[subscription["id"]] = Card(pays=False)

    def card_pays(self, customer: str) -> None:
        """They work again."""
        for subscription in self.world.all("subscription", customer=customer):
            if subscription["id"] in self.world.cards:
                self.world.cards[subscription["id"]] = Card()

    def change_card(self, portal: str, card: str) -> None:
        """What the customer does at an address of the portal."""
        self.press_portal(portal, card="1", number=card)

    def press_portal(self, portal: str, **fields: str) -> None:
        """Press a button of the portal beside the newest subscription."""
        customer = self.world.get("billing_portal.session", portal.rsplit("/", 1)[1])["customer"]
        newest = self.world.all("subscription", customer=customer)[0]
        assert press(portal, subscription=newest["id"], **fields)[0] == 303

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.webhooks.close()
