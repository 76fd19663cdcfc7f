"""Plans for everybody to read; payment of one's account, or of the group that one runs.

Whoever pays goes to the payment provider's pages and comes back: no card is asked for here (N1.6, N2.10).
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.billing.plans import Plan, Plans, Price
from onmeet.errors import ProviderError
from onmeet.web.billing import paying, words
from onmeet.web.billing.contexts import PlanCard, PlansPage, UsedUpPage
from onmeet.web.billing.forms import SubscribeForm
from onmeet.web.billing.places import place
from onmeet.web.contexts import ErrorPage
from onmeet.web.entitled import UsedUp
from onmeet.web.entrance import account_id
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("billing", __name__)

_PAYING = "10 per minute; 60 per hour"


@blueprint.before_request
def _only_where_something_is_sold() -> None:
    if not services().selling.sold:
        abort(404)


@blueprint.get("/plans")
def plans() -> Response:
    """What there is, for everybody."""
    sold = paying.plans()
    here = place(sold)
    return PlansPage(
        cards=tuple(_card(plan, sold, here.currency) for plan in sold.plans),
        currency=here.currency,
        currencies=sold.currencies,
        country=here.country,
        centre=here.centre,
        trial_days=sold.trial_days,
    ).render()


@blueprint.get("/account/payment", endpoint="own", defaults={"whose": "account"})
@blueprint.get("/group/payment", endpoint="of_group", defaults={"whose": "group"})
@limiter.limit(_PAYING, exempt_when=lambda: "checkout" not in request.args)
@login_required  # type: ignore[untyped-decorator]
def payment(whose: str) -> AnyResponse:
    """How somebody stands, and what they can do; also where the provider's pages lead back to."""
    party = paying.party(whose)
    came_back = request.args.get("checkout", "")
    if came_back:
        return _back_from_checkout(party, came_back)
    return paying.page(party)


@blueprint.post("/<any(account,group):whose>/payment/trial")
@limiter.limit(_PAYING)
@login_required  # type: ignore[untyped-decorator]
def trial(whose: str) -> AnyResponse:
    """Begin a trial: without a card, and it ends by itself."""
    party = paying.party(whose)
    form, price = _chosen(party)
    if price is None:
        return paying.page(party, form, 422)
    paying.services_of().subscriptions.begin_trial(
        party.payer, price, language=language(), now=clock.now(), seats=form.wanted
    )
    flash(gettext("Your trial has begun."))
    return redirect(paying.home(whose), 303)


@blueprint.post("/<any(account,group):whose>/payment/checkout")
@limiter.limit(_PAYING)
@login_required  # type: ignore[untyped-decorator]
def checkout(whose: str) -> AnyResponse:
    """To the provider's page that asks for a card."""
    party = paying.party(whose)
    form, price = _chosen(party)
    if price is None:
        return paying.page(party, form, 422)
    address = paying.services_of().subscriptions.checkout(
        party.payer,
        price,
        back=paying.back(whose),
        language=language(),
        now=clock.now(),
        seats=form.wanted,
    )
    return redirect(address, 303)


@blueprint.post("/<any(account,group):whose>/payment/portal")
@limiter.limit(_PAYING)
@login_required  # type: ignore[untyped-decorator]
def portal(whose: str) -> AnyResponse:
    """To the provider's page about card, seats, invoices and cancelling."""
    party = paying.party(whose)
    address = paying.services_of().subscriptions.portal(
        party.payer, back=f"{paying.back(whose)}?checkout=seen", language=language()
    )
    return redirect(address, 303)


@blueprint.app_errorhandler(UsedUp)
def _used_up(error: UsedUp) -> AnyResponse:
    """Instead of a meeting that cannot begin."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return make_response(jsonify(error=gettext(error.message)), 403)
    yours = error.payer == account_id()
    return UsedUpPage(yours=yours, again=words.day(paying.next_month(clock.now()))).render(403)


@blueprint.errorhandler(ProviderError)
def _provider_is_away(_error: ProviderError) -> AnyResponse:
    return ErrorPage(
        status=503,
        title=gettext("The payment provider does not answer"),
        text=gettext("Nothing was paid and nothing has changed. Try again in a few minutes."),
    ).render(503)


def _back_from_checkout(party: paying.Party, how: str) -> AnyResponse:
    """The provider is asked, because its message may still be under way."""
    try:
        standing = paying.services_of().subscriptions.refresh(party.payer, clock.now())
    except ProviderError:
        flash(gettext("The payment provider does not answer. What you did there is shown here soon."))
    else:
        if how == "done" and standing.subscription is not None and standing.subscription.live:
            flash(gettext("Thank you. Your subscription is in place."))
        elif how == "done":
            flash(gettext("The payment is still under way. It is shown here as soon as it has arrived."))
        elif how == "left":
            flash(gettext("Nothing was paid, and nothing has changed."))
    return redirect(paying.home(party.whose), 303)


def _chosen(party: paying.Party) -> tuple[SubscribeForm, Price | None]:
    """What the form asks for; None where it has to be shown again."""
    plan = paying.plans().named(request.form.get("plan", ""))
    if plan is None or plan not in paying.offered(party):
        abort(404)
    form = SubscribeForm()
    currency = form.currency.data or ""
    if currency not in paying.plans().currencies:
        abort(404)
    form.offer(plan, currency, party.taken)
    if not form.validate_on_submit():
        return form, None
    if plan.seats and form.wanted < party.taken:
        form.seats.errors = [
            ngettext("There is %(num)s member already.", "There are %(num)s members already.", party.taken)
        ]
        return form, None
    return form, form.price(plan)


def _card(plan: Plan, sold: Plans, currency: str) -> PlanCard:
    signed_in = bool(current_user.is_authenticated)
    if plan.prices:
        href = paying.home("group" if plan.seats else "account", currency)
        button = gettext("Choose")
        if sold.trial_days:
            button = gettext("Try it for %(days)s days", days=sold.trial_days)
    else:
        href = url_for("meetings.mine") if signed_in else url_for("accounts.register")
        button = gettext("My meetings") if signed_in else gettext("Create an account")
    return PlanCard(
        name=plan.name,
        title=words.title(plan),
        prices=tuple(
            (words.money(price), words.period_words(price.period, plan.seats))
            for price in plan.prices
            if price.currency == currency
        )
        or ((words.amount(0, currency), ""),),
        paid=bool(plan.prices),
        limits=words.limit_lines(plan.limits, services().config),
        href=href,
        button=button,
    )
