"""Proving to be there: whoever is signed in shows once more that it is they, before what matters."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.factors import Held, WrongCode
from onmeet.accounts.passkeys import PasskeyRefused
from onmeet.accounts.people import WrongCredentials
from onmeet.groups.secrets import CannotOpen
from onmeet.web.factors import words
from onmeet.web.factors.contexts import CheckPage
from onmeet.web.factors.forms import CodeForm, PasswordCheckForm
from onmeet.web.factors.guards import OVERVIEW, password_counts
from onmeet.web.factors.relying import browser, relying_party
from onmeet.web.limits import client, limiter
from onmeet.web.noting import note
from onmeet.web.security import safe_path
from onmeet.web.services import services
from onmeet.web.signing.words import slow_down

__all__ = ["blueprint", "proved"]

blueprint = Blueprint("checking", __name__, url_prefix="/account/check")


@blueprint.get("")
@login_required  # type: ignore[untyped-decorator]
def page() -> AnyResponse:
    """The ways in which this account can prove it."""
    return _page()


@blueprint.post("/password")
@limiter.limit("10 per minute; 60 per hour")
@login_required  # type: ignore[untyped-decorator]
def by_password() -> AnyResponse:
    """The password: where it is all that the account has."""
    form = PasswordCheckForm()
    if not password_counts() or not form.validate_on_submit():
        return _page(gettext("Please give your password."), 422)
    try:
        services().own.confirm(_me(), form.password.data, client=client())
    except WrongCredentials:
        note("sign-in-failed")
        return _page(gettext("The password is not right."), 422)
    except TooManyAttempts as wait:
        return _page(slow_down(wait.seconds), 429)
    return redirect(proved(form.next.data, strong=False), 303)


@blueprint.post("/code")
@limiter.limit("20 per minute; 120 per hour")
@login_required  # type: ignore[untyped-decorator]
def by_code() -> AnyResponse:
    """A code of the app. Recovery codes are for signing in."""
    form = CodeForm()
    try:
        services().factors.second(_me(), form.code.data or "", recovery=False)
    except WrongCode:
        note("sign-in-failed")
        return _page(words.wrong_code(), 422)
    except TooManyAttempts as wait:
        return _page(slow_down(wait.seconds), 429)
    return redirect(proved(form.next.data, strong=True), 303)


@blueprint.post("/passkey/options")
@limiter.limit("20 per minute")
@login_required  # type: ignore[untyped-decorator]
def passkey_options() -> AnyResponse:
    """What the browser needs to ask for a passkey."""
    return words.written(services().factors.passkeys.request_options(relying_party(), browser()))


@blueprint.post("/passkey")
@limiter.limit("20 per minute")
@login_required  # type: ignore[untyped-decorator]
def by_passkey() -> AnyResponse:
    """A passkey of this account."""
    try:
        owner = services().factors.passkeys.owner(relying_party(), browser(), request.form.get("answer", ""))
    except PasskeyRefused:
        owner = 0
    if owner != _me():
        note("sign-in-failed")
        return words.passkey_refused()
    return jsonify(next=proved(request.form.get("next"), strong=True))


def proved(wanted: str | None, *, strong: bool) -> str:
    """Note that the owner is there; where to go from here. strong: not by the password alone."""
    services().accounts.sign_ins.prove(current_user.token, strong=strong)
    return safe_path(wanted) or url_for(OVERVIEW)


def _me() -> int:
    return int(current_user.person.id)


def _held() -> Held:
    return services().factors.of(_me())


def _sign_in_service() -> str:
    """The name of the group whose service can vouch for an account without any other means, or empty."""
    here = services().groups.of(_me()) if services().groups.offered else None
    if here is None:
        return ""
    try:
        return here.name if services().single_sign_on.of_group(here.group).usable else ""
    except CannotOpen:
        return ""


def _page(problem: str = "", status: int = 200) -> AnyResponse:
    held = _held()
    wanted = safe_path(request.values.get("next")) or ""
    return CheckPage(
        password=PasswordCheckForm(formdata=None, next=wanted),
        code=CodeForm(formdata=None, next=wanted),
        by_password=password_counts(),
        by_code=held.totp,
        by_passkey=held.passkeys > 0,
        by_sso=_sign_in_service() if not held.asks_second else "",
        next=wanted,
        problem=str(problem),
    ).render(status)
