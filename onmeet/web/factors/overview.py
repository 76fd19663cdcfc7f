"""The security page: everything that opens the account; recovery codes, and life without a password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.passkeys import MOST
from onmeet.errors import UserError
from onmeet.web.factors.contexts import CodesPage, NewPasswordPage, SecurityPage
from onmeet.web.factors.forms import NewPasswordForm
from onmeet.web.factors.guards import fresh_required
from onmeet.web.factors.telling import tell
from onmeet.web.limits import limiter
from onmeet.web.services import services
from onmeet.web.signing.entering import renew

__all__ = ["blueprint"]

blueprint = Blueprint("factors", __name__, url_prefix="/account/security")


@blueprint.get("")
@login_required  # type: ignore[untyped-decorator]
def overview() -> AnyResponse:
    """What there is, and what can be changed."""
    factors, tied = services().factors, services().ties.of(_me())
    return SecurityPage(
        held=factors.of(_me()), passkeys=factors.passkeys.of(_me()), most=MOST, tied=tied
    ).render()


@blueprint.post("/codes")
@limiter.limit("10 per hour")
@fresh_required
def new_codes() -> AnyResponse:
    """Ten new recovery codes, shown this once; the old ones are worth nothing."""
    if not services().factors.of(_me()).strong:
        raise UserError(gettext("Recovery codes stand in for a passkey or an authenticator app."), 409)
    codes = services().factors.codes.renew(_me())
    tell(_me(), "codes")
    return CodesPage(codes=codes).render()


@blueprint.post("/password/drop")
@fresh_required
def drop_password() -> AnyResponse:
    """Sign in with passkeys alone from now on."""
    if not services().factors.drop_password(_me()):
        raise UserError(gettext("That takes a passkey, and recovery codes should it be lost."), 409)
    tell(_me(), "password")
    flash(gettext("The password is erased. You sign in with a passkey from now on."))
    return redirect(url_for("factors.overview"), 303)


@blueprint.get("/password")
@fresh_required
def password() -> AnyResponse:
    """A password for an account without one."""
    _refuse_second_password()
    return NewPasswordPage(form=NewPasswordForm(formdata=None)).render()


@blueprint.post("/password")
@limiter.limit("10 per hour")
@fresh_required
def set_password() -> AnyResponse:
    """Keep it; every other sign-in ends."""
    _refuse_second_password()
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return NewPasswordPage(form=form).render(422)
    services().own.change_password(_me(), form.password.data, current_user.token)
    renew()
    tell(_me(), "password")
    flash(gettext("The password is changed. Every other device is signed out."))
    return redirect(url_for("factors.overview"), 303)


@blueprint.post("/sign-in-service/release")
@fresh_required
def release() -> AnyResponse:
    """Let the organisation's service say anew to whom it gives the account's address."""
    services().ties.release(_me())
    tell(_me(), "sign-on-released")
    flash(gettext("Released. The next sign-in there with the address of this account ties it anew."))
    return redirect(url_for("factors.overview"), 303)


def _refuse_second_password() -> None:
    if services().factors.of(_me()).password:
        raise UserError(gettext("Your account has a password. Change it among your details."), 409)


def _me() -> int:
    return int(current_user.person.id)
