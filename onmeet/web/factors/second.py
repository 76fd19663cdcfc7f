"""The second step of signing in, and what stands between a first step and the way in."""

from __future__ import annotations

from dataclasses import astuple

from flask import Blueprint, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.addressees import Addressees
from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.factors import WrongCode
from onmeet.accounts.passkeys import PasskeyRefused
from onmeet.accounts.people import Person, WrongCredentials
from onmeet.errors import UserError
from onmeet.groups.ties import Tie
from onmeet.web.factors import words
from onmeet.web.factors.contexts import CodesPage, SecondPage
from onmeet.web.factors.forms import CodeForm
from onmeet.web.factors.relying import browser, relying_party
from onmeet.web.factors.telling import tell
from onmeet.web.limits import limiter
from onmeet.web.noting import note
from onmeet.web.services import services
from onmeet.web.signing.entering import days, device, enter, onwards
from onmeet.web.signing.words import slow_down

__all__ = ["blueprint", "demanded", "first_step_done"]

blueprint = Blueprint("second", __name__, url_prefix="/sign-in/second")

SECONDS = 600
"""How long the first step is good for."""

_KEY = "second"


def demanded(account_id: int) -> bool:
    """Whether a group wants this member to sign in with its own service alone."""
    behind = services()
    return behind.groups.offered and behind.single_sign_on.demands(account_id)


def first_step_done(
    person: Person,
    *,
    stay: bool,
    wanted: str | None,
    suspicious: bool | None = None,
    tie: Tie | None = None,
) -> AnyResponse:
    """Somebody whose password is right, or whom a group's service has identified (`tie`): in, or a step on.

    wanted: where to go afterwards. suspicious: as of `entering.enter`. Raises `AnotherPerson`.
    """
    if tie is None and demanded(person.id):
        flash(words.demanded())
        return redirect(url_for("sso.page", next=wanted), 303)
    if not services().factors.of(person.id).asks_second:
        return _in(person.id, stay=stay, wanted=wanted, suspicious=suspicious, strong=False, tie=tie)
    session[_KEY] = {
        "account": person.id,
        "state": _state(person.id),
        "stay": stay,
        "next": wanted or "",
        "suspicious": suspicious,
        "tie": astuple(tie) if tie is not None else None,
        "ends": _now() + SECONDS,
    }
    return redirect(url_for("second.page"), 303)


@blueprint.get("")
def page() -> AnyResponse:
    """Ask for the second step."""
    return _page(_pending(), CodeForm(formdata=None))


@blueprint.post("")
@limiter.limit("20 per minute; 120 per hour")
def take_code() -> AnyResponse:
    """Take a code of the app, or a recovery code; the last one brings ten new ones, shown at once."""
    account, form = _pending(), CodeForm()
    if not form.validate_on_submit():
        return _page(account, form, words.wrong_code(), 422)
    try:
        spent = services().factors.second(account, form.code.data)
    except WrongCode:
        note("sign-in-failed")
        return _page(account, form, words.wrong_code(), 422)
    except TooManyAttempts as wait:
        return _page(account, form, slow_down(wait.seconds), 429)
    answer = _through(account)
    if spent and spent.renewed:
        tell(account, "codes")
        return CodesPage(codes=spent.renewed, last=True, next=answer.location or "").render()
    if spent:
        flash(ngettext("%(num)s recovery code is left.", "%(num)s recovery codes are left.", spent.left))
    return answer


@blueprint.post("/passkey/options")
@limiter.limit("20 per minute")
def passkey_options() -> AnyResponse:
    """What the browser needs to ask for a passkey."""
    _pending()
    return words.written(services().factors.passkeys.request_options(relying_party(), browser()))


@blueprint.post("/passkey")
@limiter.limit("20 per minute")
def take_passkey() -> AnyResponse:
    """Take a passkey of the same account."""
    account = _pending()
    try:
        owner = services().factors.passkeys.owner(relying_party(), browser(), request.form.get("answer", ""))
    except PasskeyRefused:
        note("sign-in-failed")
        return words.passkey_refused()
    if owner != account:
        return words.passkey_refused()
    return jsonify(next=_through(account).location)


def _in(
    account: int, *, stay: bool, wanted: str | None, suspicious: bool | None, strong: bool, tie: Tie | None
) -> AnyResponse:
    accounts = services().accounts
    if tie is not None:  # only now: whoever fails at the second step ties nothing
        services().ties.bind(account, tie)
    try:
        begun = accounts.begin(account, days=days(stay), strong=strong, device=device())
    except WrongCredentials:  # closed between two steps
        raise _too_late() from None
    enter(begun, accounts.mark(begun.person.email), stay, suspicious=suspicious)
    return onwards(wanted)


def _through(account: int) -> AnyResponse:
    held = session.pop(_KEY)
    tie = Tie(*held["tie"]) if held.get("tie") else None
    return _in(
        account, stay=held["stay"], wanted=held["next"], suspicious=held["suspicious"], strong=True, tie=tie
    )


def _pending() -> int:
    """The account whose first step this browser has done. Raises `UserError`.

    A password that was changed meanwhile ends it.
    """
    held = session.get(_KEY)
    if not held or held["ends"] <= _now() or held.get("state") != _state(held["account"]):
        session.pop(_KEY, None)
        raise _too_late()
    return int(held["account"])


def _state(account: int) -> str | None:
    return Addressees(services().database).state_of(account)


def _too_late() -> UserError:
    return UserError(gettext("That took too long. Please sign in again from the beginning."), 403)


def _page(account: int, form: CodeForm, problem: str = "", status: int = 200) -> AnyResponse:
    return SecondPage(form=form, held=services().factors.of(account), problem=problem).render(status)


def _now() -> int:
    return int(services().accounts.now().timestamp())
