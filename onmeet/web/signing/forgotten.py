"""A forgotten password: a link by mail, and another password where it leads."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.addressees import LinkGone
from onmeet.accounts.recovery import LINK_SECONDS
from onmeet.web.limits import limiter
from onmeet.web.services import services
from onmeet.web.signing.contexts import ForgottenPage, ResetPage, SentPage
from onmeet.web.signing.forms import ForgottenForm, ResetForm
from onmeet.web.signing.links import Followed, follow, gone
from onmeet.web.signing.outbox import lies_here

__all__ = ["blueprint"]

blueprint = Blueprint("forgotten", __name__)


@blueprint.get("/forgotten")
def show() -> AnyResponse:
    """Where is the link to go?"""
    return ForgottenPage(form=ForgottenForm(formdata=None)).render()


@blueprint.post("/forgotten")
@limiter.limit("5 per minute; 20 per hour")
def ask() -> AnyResponse:
    """Mail the link. The answer is the same, and takes as long, when the address has no account."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return ForgottenPage(form=form).render(422)
    services().recovery.ask(form.email.data)
    return redirect(url_for("forgotten.sent"), 303)


@blueprint.get("/forgotten/sent")
def sent() -> AnyResponse:
    """Look into your mailbox."""
    return SentPage(why="forgotten", outbox=lies_here()).render()


@blueprint.get("/reset/<token>")
@limiter.limit("60 per minute")
def choose(token: str) -> AnyResponse:
    """The form for another password; looking at it changes nothing."""
    followed = _followed(token)
    return ResetPage(token=token, address=followed.person.email, form=ResetForm(formdata=None)).render()


@blueprint.post("/reset/<token>")
@limiter.limit("10 per minute; 60 per hour")
def reset(token: str) -> AnyResponse:
    """Take the new password. Every sign-in ends, and the link is used up."""
    followed, form = _followed(token), ResetForm()
    if not form.validate_on_submit():
        return ResetPage(token=token, address=followed.person.email, form=form).render(422)
    try:
        services().recovery.set_password(followed.account, followed.person.state, form.password.data)
    except LinkGone:
        raise gone() from None
    flash(gettext("The password is changed, and every device is signed out. Please sign in."))
    return redirect(url_for("accounts.sign_in"), 303)


def _followed(token: str) -> Followed:
    return follow(token, "password-reset", seconds=LINK_SECONDS)
