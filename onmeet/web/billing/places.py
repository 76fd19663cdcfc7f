"""Where a visit comes from, for the currency of prices and the data centre: guessed, kept nowhere (N2.8)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from onmeet.billing.plans import Plans
from onmeet.notices import wording
from onmeet.web import entrance
from onmeet.web.language import language
from onmeet.web.services import services

__all__ = ["Place", "place"]


@dataclass(frozen=True, slots=True)
class Place:
    """currency: of prices. country: by name, where the currency was chosen by it. centre: "" for none."""

    currency: str
    country: str
    centre: str


def place(plans: Plans) -> Place:
    """For this request: a currency that was asked for goes before one that was guessed."""
    selling, notice = services().selling, services().policy.notice.name
    known = selling.countries.of(entrance.address()) if selling.countries is not None else None
    wanted = request.args.get("currency", "").upper()
    chosen = wanted in plans.currencies
    centre = plans.centre(known or "", notice)
    return Place(
        currency=wanted if chosen else plans.currency_for(known or ""),
        country=wording.country(known, language()) if known and not chosen else "",
        centre=centre.name if centre is not None else "",
    )
