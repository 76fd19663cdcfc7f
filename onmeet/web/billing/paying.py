"""Who pays, and the page that shows how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, url_for
from flask_babel import gettext
from flask_login import current_user

from onmeet import clock
from onmeet.billing.payers import Payer
from onmeet.billing.payments import Payments
from onmeet.billing.plans import Plan, Plans
from onmeet.billing.subscriptions import Standing
from onmeet.groups.membership import GroupGone
from onmeet.notices import wording
from onmeet.web.billing import words
from onmeet.web.billing.contexts import Offer, PaymentPage, State
from onmeet.web.billing.forms import SubscribeForm
from onmeet.web.billing.places import place
from onmeet.web.language import language
from onmeet.web.security import content_policy, site_origin
from onmeet.web.services import services

__all__ = ["Party", "back", "home", "next_month", "offered", "page", "party", "plans", "services_of"]


@dataclass(frozen=True, slots=True)
class Party:
    """Whose payment it is. name: the group's. taken: seats of a group that are taken."""

    whose: str
    payer: Payer
    name: str = ""
    taken: int = 0


def plans() -> Plans:
    """The plans of this instance."""
    sold = services().selling.plans
    assert sold is not None  # the blueprint has looked
    return sold


def services_of() -> Payments:
    """What stands behind payment."""
    payments = services().selling.payments
    assert payments is not None
    return payments


def party(whose: str) -> Party:
    """The asker, or the group that the asker runs. Raises `GroupGone` for anybody else."""
    me = int(current_user.person.id)
    if whose == "account":
        return Party(whose, Payer(account_id=me))
    here = services().groups.of(me)
    if here is None or not here.rules:
        raise GroupGone
    return Party(whose, Payer(group_id=here.group), here.name, services().groups.seats(here.group).taken)


def offered(party: Party) -> tuple[Plan, ...]:
    """What they can subscribe to."""
    return plans().offered("group" if party.whose == "group" else "person")


def back(whose: str) -> str:
    """Where the provider's pages lead back to."""
    return f"{site_origin(services().config)}{home(whose)}"


def home(whose: str, currency: str | None = None) -> str:
    """The address of a payment page, perhaps with prices in a currency."""
    return url_for("billing.of_group" if whose == "group" else "billing.own", currency=currency)


def next_month(now: datetime) -> date:
    """The first day of the next month."""
    return (now.date().replace(day=28) + timedelta(days=4)).replace(day=1)


def page(party: Party, form: SubscribeForm | None = None, status: int = 200) -> Response:
    """The page; `form`: one that has to be corrected."""
    sold, payments = plans(), services_of()
    standing = payments.subscriptions.standing(party.payer)
    here = place(sold)
    currency = form.currency.data if form is not None else here.currency
    answer = PaymentPage(
        whose=party.whose,
        here=home(party.whose),
        title=party.name or gettext("Payment"),
        state=_state(party, standing),
        offers=() if standing.paying else _offers(party, standing, currency, form),
        currency=currency,
        currencies=sold.currencies,
        limits=_limits(party),
        used=_used(party),
        invoices=tuple(
            (invoice, words.day(invoice.issued_on), words.amount(invoice.cents, invoice.currency))
            for invoice in payments.invoices.of(party.payer)
        ),
        has_customer=payments.customers.known(party.payer) is not None,
        taken=party.taken,
        group=_group_that_pays(party),
        why=_why(),
    ).render(status)
    # A form that leads to another site is held to this by browsers, redirects included
    answer.headers["Content-Security-Policy"] = content_policy(payments.provider.page_origins)
    return answer


def _state(party: Party, standing: Standing) -> State:
    held = standing.subscription
    title, text = words.state_words(held)
    plan = plans().named(held.plan) if held is not None and held.state != "cancelled" else None
    return State(
        title=title,
        text=text,
        plan=words.title(plan if plan is not None else plans().free),
        alarming=held is not None and held.state in ("past_due", "unpaid"),
        paying=standing.paying,
        seats=held.seats if held is not None and held.live and party.whose == "group" else None,
    )


def _offers(
    party: Party, standing: Standing, currency: str, corrected: SubscribeForm | None
) -> tuple[Offer, ...]:
    made = []
    for plan in offered(party):
        form = corrected
        if form is None or form.plan.data != plan.name:
            form = SubscribeForm(formdata=None)
            form.offer(plan, currency, party.taken)
        days = plans().trial_days if standing.may_try else 0
        made.append(
            Offer(plan, words.title(plan), words.limit_lines(plan.limits, services().config), form, days)
        )
    return tuple(made)


def _limits(party: Party) -> tuple[str, ...]:
    """What the account has now, from wherever it has it; nothing to say about a group."""
    if party.payer.account_id is None:
        return ()
    limits = services().selling.entitlements.of(party.payer.account_id, clock.now())
    return words.limit_lines(limits, services().config)


def _used(party: Party) -> tuple[int, int] | None:
    account, now = party.payer.account_id, clock.now()
    if account is None:
        return None
    limit = services().selling.entitlements.of(account, now).minutes_a_month
    return None if limit is None else (services().selling.usage.seconds(account, now) // 60, limit)


def _group_that_pays(party: Party) -> str:
    if party.payer.account_id is None:
        return ""
    here = services().groups.of(party.payer.account_id)
    return here.name if here is not None else ""


def _why() -> str:
    item = services().policy.item("billing.state")
    return wording.purpose(item.purpose, language()) if item is not None else ""
