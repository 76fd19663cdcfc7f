"""Proving an e-mail address: a link is mailed there, and followed by who is signed in.

Calls cost money and reach other people, so who makes them must be somebody who can be reached.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.accounts.addressees import LinkGone
from onmeet.errors import UserError
from onmeet.mail.queue import enqueue
from onmeet.web.limits import limiter
from onmeet.web.services import services
from onmeet.web.signing import links

__all__ = ["blueprint", "is_proven"]

_LAPSES = timedelta(days=3)
"""For how long a link is good."""

blueprint = Blueprint("proving", __name__, url_prefix="/account/email")


def is_proven() -> bool:
    """Whether who is signed in has shown that mails to their address reach them."""
    return bool(current_user.is_authenticated) and services().own.details(current_user.person.id).proven


@blueprint.post("/prove")
@limiter.limit("3 per minute; 10 per hour")
@login_required  # type: ignore[untyped-decorator]
def ask() -> AnyResponse:
    """Mail the link."""
    with services().database.writing() as session:
        enqueue(session, "email-proof", clock.now(), account=current_user.person.id)
    flash(gettext("A mail with a link is on its way. Follow it in this browser."))
    return redirect(url_for("details.show"), 303)


@blueprint.get("/proof/<token>")
@limiter.limit("20 per minute")
@login_required  # type: ignore[untyped-decorator]
def follow(token: str) -> AnyResponse:
    """Where the link leads. Scanners of mails, which are not signed in, prove nothing by looking."""
    followed = links.follow(token, "email-proof", seconds=_LAPSES.total_seconds())
    if followed.account != current_user.person.id:
        raise UserError(
            gettext("This link does not belong to the address of the account that is signed in."), 404
        )
    try:
        services().own.prove_email(followed.account, followed.person.state)
    except LinkGone:
        raise links.gone() from None
    flash(gettext("Your e-mail address is confirmed."))
    return redirect(url_for("details.show"), 303)
