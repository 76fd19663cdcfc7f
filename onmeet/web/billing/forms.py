"""The forms about payment: none of them asks for a card."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import NumberRange

from onmeet.billing.plans import Plan, Price
from onmeet.web.billing.words import money, period_words

__all__ = ["SubscribeForm"]

MOST_SEATS = 9_999


class SubscribeForm(FlaskForm):  # type: ignore[misc]
    """What to subscribe to. `period` offers the plan's prices in one currency."""

    plan = HiddenField()
    currency = HiddenField()
    period = SelectField(lazy_gettext("How often you pay"))
    seats = IntegerField(
        lazy_gettext("Seats"),
        [NumberRange(1, MOST_SEATS, lazy_gettext("A group has from 1 to 9999 seats."))],
        default=1,
    )

    def offer(self, plan: Plan, currency: str, seats: int) -> None:
        """Make this the form of a plan, in a currency; a group has at least so many seats."""
        self.period.choices = [
            (price.period, f"{money(price)} {period_words(price.period, plan.seats)}")
            for price in plan.prices
            if price.currency == currency
        ]
        if not plan.seats:
            del self.seats
        elif not self.is_submitted():
            self.seats.data = max(1, seats)
        if not self.is_submitted():
            self.plan.data, self.currency.data = plan.name, currency
            self.period.data = plan.prices[0].period

    @property
    def wanted(self) -> int:
        """How many seats."""
        return int(self.seats.data) if "seats" in self else 1

    def price(self, plan: Plan) -> Price | None:
        """The price that was chosen."""
        return plan.price(self.period.data, self.currency.data)
