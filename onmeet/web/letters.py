"""Mail on the web: leaving the newsletter by its link, and the outbox where no mail server is set."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.errors import UserError
from onmeet.mail.letters import CONSENT
from onmeet.mail.newsletters import token_account, token_fits
from onmeet.mail.office import outbox
from onmeet.notices.consents import Consents
from onmeet.web.contexts import LeaveNewsletterPage, OutboxPage
from onmeet.web.health import from_this_machine
from onmeet.web.limits import limiter
from onmeet.web.security import names_this_machine
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("letters", __name__)


@blueprint.record_once
def _take_one_click(state: BlueprintSetupState) -> None:
    """Mail programs press the button themselves (RFC 8058): the link's token stands for a form's."""
    state.app.extensions["csrf"].exempt(leave)


@blueprint.get("/newsletter/leave/<token>")
@limiter.limit("60 per minute")
def ask(token: str) -> Response:
    """A page that presses its one button by itself: scanners of mails, which only look, take nobody off."""
    _account(token)
    return LeaveNewsletterPage(done=False).render()


@blueprint.post("/newsletter/leave/<token>")
@limiter.limit("60 per minute")
def leave(token: str) -> Response:
    """Take the consent back, at once, without a sign-in."""
    Consents(services().database, services().policy).withdraw(_account(token), CONSENT, clock.now())
    return LeaveNewsletterPage(done=True).render()


@blueprint.get("/outbox")
def show_outbox() -> Response:
    """Mails that could go nowhere; for whoever sits at this machine."""
    # By a name that leads to this machine: a page of another site could have its own name lead here as well
    if services().config.smtp_url or not from_this_machine() or not names_this_machine():
        abort(404)
    return OutboxPage(mails=outbox(services().config, services().policy).mails()).render()


def _account(token: str) -> int:
    account = token_account(token)
    person = Addressees(services().database).of(account) if account is not None else None
    key = services().config.marks_key
    if account is None or person is None or not token_fits(key, token, account, person.subject):
        raise UserError(
            gettext("This link is not valid, or the account is gone, and its newsletter too."), 404
        )
    return account
