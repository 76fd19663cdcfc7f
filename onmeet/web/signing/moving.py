"""Another e-mail address: wished for in the account, confirmed by a link at both addresses."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.addressees import LinkGone
from onmeet.accounts.moving import LAPSES, AddressTaken, Side
from onmeet.accounts.people import normal_email
from onmeet.errors import UserError
from onmeet.web.limits import limiter
from onmeet.web.own_forms import EmailForm
from onmeet.web.services import services
from onmeet.web.signing.contexts import AddressPage
from onmeet.web.signing.details import details_page, unconfirmed
from onmeet.web.signing.links import Followed, follow, gone

__all__ = ["blueprint"]

blueprint = Blueprint("moving", __name__)


@blueprint.post("/account/email")
@limiter.limit("5 per minute; 20 per hour")
@login_required  # type: ignore[untyped-decorator]
def ask() -> AnyResponse:
    """Wish for another address. The answer is the same when somebody else has it."""
    form = EmailForm(prefix="email")
    if not form.validate_on_submit():
        return details_page(email=form, status=422)
    if problem := unconfirmed(form):
        return details_page(email=form, problem=problem, status=422)
    if normal_email(form.email.data) == current_user.person.email:
        return details_page(email=form, problem=gettext("This is your address already."), status=422)
    services().moving.ask(_me(), form.email.data)
    flash(gettext("A mail with a link is on its way to both addresses. Follow both."))
    return redirect(url_for("details.show"), 303)


@blueprint.post("/account/email/keep")
@login_required  # type: ignore[untyped-decorator]
def withdraw() -> AnyResponse:
    """Stay with the address."""
    services().moving.withdraw(_me())
    flash(gettext("Your address stays as it is. The other one is forgotten."))
    return redirect(url_for("details.show"), 303)


@blueprint.get("/address/<token>")
@limiter.limit("60 per minute")
def show(token: str) -> AnyResponse:
    """A page with a button: scanners of mails, which only look, change nothing."""
    followed = _followed(token)
    side = _side(followed)
    # Whoever gets the mail at a new address that was mistyped learns nothing about the account
    address = followed.person.email if side == "old" else ""
    return AddressPage(
        token=token, side=side, address=address, new_address=followed.person.new_email
    ).render()


@blueprint.post("/address/<token>")
@limiter.limit("20 per minute")
def agree(token: str) -> AnyResponse:
    """Confirm the change at one of the addresses; at the second it is made."""
    followed = _followed(token)
    try:
        made = services().moving.agree(followed.account, followed.person.state, _side(followed))
    except LinkGone:
        raise gone() from None
    except AddressTaken:
        raise UserError(gettext("This address belongs to another account by now."), 409) from None
    if made:
        flash(gettext("From now on you sign in with the new address. The old one is erased."))
    else:
        flash(gettext("Confirmed. Now follow the link in the mail at the other address, too."))
    return redirect(url_for("details.show" if current_user.is_authenticated else "accounts.sign_in"), 303)


@blueprint.post("/address/<token>/stop")
@limiter.limit("20 per minute")
def stop(token: str) -> AnyResponse:
    """Nothing changes: somebody who reads mails at one of the addresses does not want it."""
    followed = _followed(token)
    try:
        services().moving.withdraw(followed.account, followed.person.state)
    except LinkGone:
        raise gone() from None
    flash(gettext("The address stays as it is."))
    return redirect(url_for("pages.landing"), 303)


def _followed(token: str) -> Followed:
    return follow(token, "address-change-old", "address-change-new", seconds=LAPSES.total_seconds())


def _side(followed: Followed) -> Side:
    return "old" if followed.purpose == "address-change-old" else "new"


def _me() -> int:
    return int(current_user.person.id)
