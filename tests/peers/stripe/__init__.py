"""A stand-in for Stripe, spoken to by the real SDK over real HTTP: API, hosted pages, signed webhooks.

    with StandIn() as stripe:
        settings = stripe.settings()            # ONMEET_STRIPE_* of an instance that pays here
        stripe.webhooks.to(url)                 # where webhooks go; until then they wait
        stripe.pass_by(days=14)                 # trials end, periods renew, failed payments are tried again

It knows of Stripe what OnMeet uses, in the shapes of API version 2026-10-28.endive, and refuses all else.
Money, cards and customers are inventions.
"""

from tests.peers.stripe.cards import ASKS, DECLINED, FAILS_LATER, GOOD
from tests.peers.stripe.server import StandIn

__all__ = ["ASKS", "DECLINED", "FAILS_LATER", "GOOD", "StandIn"]
