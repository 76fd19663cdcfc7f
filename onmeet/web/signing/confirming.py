"""Where the mail after registering leads: the address is confirmed by whoever knows the password, too."""

from __future__ import annotations

from flask import Blueprint, flash
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.addressees import LinkGone
from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.people import WrongCredentials
from onmeet.accounts.registering import WAITS
from onmeet.web.limits import client, limiter
from onmeet.web.services import services
from onmeet.web.signing.contexts import ConfirmPage
from onmeet.web.signing.entering import days, device, enter, onwards
from onmeet.web.signing.forms import ConfirmForm
from onmeet.web.signing.links import Followed, follow, gone
from onmeet.web.signing.words import slow_down

__all__ = ["blueprint"]

blueprint = Blueprint("confirming", __name__)


@blueprint.get("/confirm/<token>")
@limiter.limit("60 per minute")
def show(token: str) -> AnyResponse:
    """A page with a button: scanners of mails, which only look, confirm nothing."""
    followed = _followed(token)
    return ConfirmPage(token=token, address=followed.person.email, form=ConfirmForm(formdata=None)).render()


@blueprint.post("/confirm/<token>")
@limiter.limit("20 per minute; 100 per hour")
def confirm(token: str) -> AnyResponse:
    """Open the account, and sign in."""
    followed, form = _followed(token), ConfirmForm()
    if not form.validate_on_submit():
        return _again(token, followed, form, gettext("Please give your password."), 422)
    address, accounts = followed.person.email, services().accounts
    try:
        person = services().registering.confirm(
            followed.account, followed.person.state, address, form.password.data, client=client()
        )
    except WrongCredentials:
        return _again(token, followed, form, gettext("The password is not right."), 422)
    except TooManyAttempts as wait:
        return _again(token, followed, form, slow_down(wait.seconds), 429)
    except LinkGone:
        raise gone() from None
    begun = accounts.begin(person.id, days=days(False), device=device())
    enter(begun, accounts.mark(address), False, suspicious=False)
    flash(gettext("Your address is confirmed, and you are signed in. Welcome!"))
    return onwards(None)


def _followed(token: str) -> Followed:
    return follow(token, "confirm-address", seconds=WAITS.total_seconds())


def _again(token: str, followed: Followed, form: ConfirmForm, problem: str, status: int) -> AnyResponse:
    page = ConfirmPage(token=token, address=followed.person.email, form=form, problem=problem)
    return page.render(status)
