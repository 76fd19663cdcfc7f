"""Setting an authenticator app up, and taking it away."""

from __future__ import annotations

import segno
from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.totp import new_secret, setup_address
from onmeet.errors import UserError
from onmeet.web.factors import words
from onmeet.web.factors.contexts import AppPage, CodesPage
from onmeet.web.factors.forms import AppForm
from onmeet.web.factors.guards import OVERVIEW, fresh_required
from onmeet.web.factors.telling import say_when_a_password_is_enough, tell
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("apps", __name__, url_prefix="/account/security/app")

SETUP_SECONDS = 3600


@blueprint.get("")
@fresh_required
def page() -> AnyResponse:
    """A new secret, as a picture for the app's camera and as text."""
    secret = new_secret()
    signed = str(_signer().dumps([_me(), secret]))
    return _page(AppForm(formdata=None, secret=signed), secret)


@blueprint.post("")
@limiter.limit("20 per minute; 60 per hour")
@fresh_required
def set_up() -> AnyResponse:
    """Keep the secret once the app has shown a code; a first app brings recovery codes along."""
    form, factors = AppForm(), services().factors
    secret = _shown(form.secret.data or "")
    if not form.validate_on_submit() or not factors.totp.turn_on(_me(), secret, form.code.data):
        form.code.errors = [words.wrong_code()]
        return _page(form, secret, 422)
    tell(_me(), "second-factor")
    flash(gettext("From now on the app’s code is asked for after your password."))
    if factors.codes.left(_me()):
        return redirect(url_for(OVERVIEW), 303)
    return CodesPage(codes=factors.codes.renew(_me())).render()


@blueprint.post("/remove")
@fresh_required
def remove() -> AnyResponse:
    """Do without the app."""
    factors = services().factors
    before = factors.of(_me())
    factors.turn_off_totp(_me())
    tell(_me(), "second-factor-gone")
    flash(gettext("The app’s codes are no longer asked for, and its secret is erased."))
    say_when_a_password_is_enough(_me(), before)
    return redirect(url_for(OVERVIEW), 303)


def _page(form: AppForm, secret: str, status: int = 200) -> AnyResponse:
    address = setup_address(secret, current_user.person.email)
    picture = Markup(segno.make(address, error="m", micro=False).svg_inline(svgclass="qr", omitsize=True))  # noqa: S704
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return AppPage(form=form, picture=picture, secret=grouped).render(status)


def _shown(signed: str) -> str:
    """The secret that this account was shown. Raises `UserError`."""
    try:
        account, secret = _signer().loads(signed, max_age=SETUP_SECONDS)
    except (BadSignature, ValueError):
        account, secret = 0, ""
    if account != _me():
        raise UserError(gettext("This page was open for too long. Load it again."), 400)
    return str(secret)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().config.secret_key, salt="onmeet authenticator app")


def _me() -> int:
    return int(current_user.person.id)
