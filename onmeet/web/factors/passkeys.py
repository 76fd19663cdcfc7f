"""Passkeys: signing in with one, making one, naming and removing them."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.passkeys import PasskeyRefused
from onmeet.accounts.people import WrongCredentials
from onmeet.errors import UserError
from onmeet.notices.page_counts import OTHER, families
from onmeet.web.factors import words
from onmeet.web.factors.contexts import NewPasskeyPage
from onmeet.web.factors.forms import LabelForm
from onmeet.web.factors.guards import OVERVIEW, fresh_required
from onmeet.web.factors.relying import browser, relying_party
from onmeet.web.factors.second import demanded
from onmeet.web.factors.telling import say_when_a_password_is_enough, tell
from onmeet.web.limits import limiter
from onmeet.web.noting import note
from onmeet.web.services import services
from onmeet.web.signing.entering import days, device, enter, onwards

__all__ = ["blueprint"]

blueprint = Blueprint("passkeys", __name__)

MINE = "/account/security/passkeys"


@blueprint.post("/sign-in/passkey/options")
@limiter.limit("30 per minute; 600 per hour")
def options() -> AnyResponse:
    """What the browser needs to ask for a passkey: the same for everybody."""
    return words.written(services().factors.passkeys.request_options(relying_party(), browser()))


@blueprint.post("/sign-in/passkey")
@limiter.limit("20 per minute; 200 per hour")
def sign_in() -> AnyResponse:
    """Begin a session with a passkey alone: it names the account, and is strong by itself."""
    behind, stay = services(), request.form.get("stay") == "y"
    try:
        owner = behind.factors.passkeys.owner(relying_party(), browser(), request.form.get("answer", ""))
        if demanded(owner):
            return words.refusal(words.demanded())
        begun = behind.accounts.begin(owner, days=days(stay), strong=True, device=device())
    except (PasskeyRefused, WrongCredentials):
        note("sign-in-failed")
        return words.passkey_refused()
    enter(begun, behind.accounts.mark(begun.person.email), stay)
    return jsonify(next=onwards(request.form.get("next")).location)


@blueprint.get(f"{MINE}/new")
@fresh_required
def new() -> AnyResponse:
    """Name a passkey and make it."""
    known = [each for each in families(request.headers.get("User-Agent", "")) if each != OTHER]
    return NewPasskeyPage(form=LabelForm(formdata=None, label=", ".join(known))).render()


@blueprint.post(f"{MINE}/options")
@limiter.limit("20 per minute")
@fresh_required
def creation_options() -> AnyResponse:
    """What the browser needs to make one."""
    made = services().factors.passkeys.creation_options(_me(), relying_party(), browser())
    return words.written(made)


@blueprint.post(MINE)
@limiter.limit("10 per minute; 60 per hour")
@fresh_required
def add() -> AnyResponse:
    """Keep the one that the browser has made."""
    form = LabelForm()
    if not form.validate_on_submit():
        return words.refusal(str(next(iter(form.label.errors), "")))
    try:
        services().factors.passkeys.add(
            _me(), relying_party(), browser(), request.form.get("answer", ""), form.label.data or ""
        )
    except PasskeyRefused:
        return words.refusal(gettext("This passkey could not be kept. Please try again."))
    tell(_me(), "passkey")
    flash(gettext("The passkey is ready: from now on you can sign in with it, without a password."))
    return jsonify(next=url_for(OVERVIEW))


@blueprint.post(f"{MINE}/<int:number>/name")
@fresh_required
def rename(number: int) -> AnyResponse:
    """Give one another name."""
    form = LabelForm()
    if not form.validate_on_submit():
        raise UserError(str(next(iter(form.label.errors), "")), 422)
    if not services().factors.passkeys.rename(_me(), number, form.label.data or ""):
        raise _none_such()
    flash(gettext("Saved. What stood there before is erased."))
    return redirect(url_for(OVERVIEW), 303)


@blueprint.post(f"{MINE}/<int:number>/remove")
@fresh_required
def remove(number: int) -> AnyResponse:
    """Forget one."""
    factors = services().factors
    if number not in {line.id for line in factors.passkeys.of(_me())}:
        raise _none_such()
    before = factors.of(_me())
    if factors.remove_passkey(_me(), number):
        tell(_me(), "passkey-gone")
        flash(gettext("The passkey is removed. It no longer opens anything here."))
        say_when_a_password_is_enough(_me(), before)
    else:
        flash(gettext("This passkey is your only way in. Set a password or make another one first."), "error")
    return redirect(url_for(OVERVIEW), 303)


def _me() -> int:
    return int(current_user.person.id)


def _none_such() -> UserError:
    return UserError(gettext("There is no such passkey."), 404)
