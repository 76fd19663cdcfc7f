"""Stripe's test cards: what happens is decided by the number (https://docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASKS", "DECLINED", "FAILS_LATER", "GOOD", "Card", "card_of"]

GOOD = "4242424242424242"
ASKS = "4000002500003155"  # wants 3-D Secure
DECLINED = "4000000000000002"
FAILS_LATER = "4000000000000341"  # can be saved, but no charge works


@dataclass(frozen=True)
class Card:
    """accepted: at the page. asks: after a 3-D Secure step. pays: when it is charged."""

    accepted: bool = True
    asks: bool = False
    pays: bool = True


def card_of(number: str) -> Card | None:
    """The card of a number, None for one that is no card's."""
    known = {
        GOOD: Card(),
        ASKS: Card(asks=True),
        DECLINED: Card(accepted=False),
        FAILS_LATER: Card(pays=False),
    }
    return known.get("".join(number.split()))
