"""Plans in words: prices, limits, states."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from flask_babel import format_currency, format_date, gettext, ngettext

from onmeet.billing.limits import Limits
from onmeet.billing.plans import Plan, Price
from onmeet.billing.states import Held
from onmeet.config import Config
from onmeet.errors import N_
from onmeet.meetings.service import MAX_MEETINGS

__all__ = ["amount", "day", "limit_lines", "minutes_line", "money", "period_words", "state_words", "title"]

_OURS = (N_("Free"), N_("Personal"), N_("Group"))
"""Titles in `plans.toml`, for the catalogues."""


def amount(cents: int, currency: str) -> str:
    """Money as one writes it."""
    return str(format_currency(Decimal(cents) / 100, currency))


def money(price: Price) -> str:
    """What a price comes to."""
    return amount(price.cents, price.currency)


def period_words(period: str, seats: bool) -> str:
    """What stands behind an amount."""
    if seats:
        return str(
            gettext("for each seat and month") if period == "month" else gettext("for each seat and year")
        )
    return str(gettext("a month") if period == "month" else gettext("a year"))


def title(plan: Plan) -> str:
    """What a plan is called: those that come with OnMeet in the language of the page."""
    return str(gettext(plan.title))


def limit_lines(limits: Limits, config: Config) -> tuple[str, ...]:
    """What a plan lets meetings be, as far as this server goes along."""
    limits = limits.within(config.max_participants)
    lines = [
        ngettext("%(num)s person in a meeting", "Up to %(num)s people in a meeting", limits.participants),
        minutes_line(limits.minutes_a_month),
        ngettext("%(num)s kept meeting", "%(num)s kept meetings", min(limits.meetings, MAX_MEETINGS)),
    ]
    if config.sip:
        lines.append(
            gettext("Dial-in by telephone") if limits.telephone else gettext("Without telephone dial-in")
        )
        lines.append(
            gettext("Calls to telephones") if limits.dial_out else gettext("Without calls to telephones")
        )
    return tuple(str(line) for line in lines)


def minutes_line(minutes: int | None) -> str:
    """How long meetings may take together."""
    if minutes is None:
        return str(gettext("Meetings as long as you like"))
    return str(ngettext("%(num)s minute of meetings a month", "%(num)s minutes of meetings a month", minutes))


def state_words(held: Held | None) -> tuple[str, str]:
    """How a subscription stands: a title and a sentence about what comes next."""
    if held is None:
        return gettext("Nothing to pay"), gettext("You have the free plan.")
    if held.state in ("active", "trialing") and held.ends is not None:
        return gettext("Cancelled"), gettext(
            "It ends on %(day)s. You can keep it until then.", day=day(held.ends)
        )
    if held.state == "trialing" and held.has_card:
        return gettext("Trial"), gettext(
            "It costs nothing until %(day)s. Then the first payment is made, and it goes on.",
            day=day(held.trial_ends),
        )
    words = {
        "trialing": (
            gettext("Trial"),
            gettext("It ends by itself on %(day)s, and costs nothing.", day=day(held.trial_ends)),
        ),
        "active": (
            gettext("Paid"),
            gettext("It is paid until %(day)s and goes on from then.", day=day(held.period_ends)),
        ),
        "past_due": (
            gettext("A payment failed"),
            gettext(
                "The payment provider tries again. Until then everything stays as it is:"
                " please check your card."
            ),
        ),
        "unpaid": (
            gettext("Not paid"),
            gettext("You have the free plan until it is paid. Your meetings and your account stay."),
        ),
        "cancelled": (
            gettext("Ended"),
            gettext("You have the free plan. Your meetings and your account stay."),
        ),
    }
    return words[held.state]


def day(moment: int | date | None) -> str:
    """A day (of unix seconds) as one writes it."""
    if isinstance(moment, int):
        moment = datetime.fromtimestamp(moment, UTC).date()
    return str(format_date(moment, "long")) if moment is not None else "–"
