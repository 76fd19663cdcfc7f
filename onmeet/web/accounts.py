"""Register, sign in, sign out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.people import WrongCredentials
from onmeet.errors import UserError
from onmeet.notices import wording
from onmeet.web import consent_texts
from onmeet.web.contexts import RegisterPage, SignInPage
from onmeet.web.factors.second import first_step_done
from onmeet.web.forms import RegisterForm, SignInForm
from onmeet.web.language import language
from onmeet.web.limits import client, limiter
from onmeet.web.notice_change import label_in_force
from onmeet.web.noting import note
from onmeet.web.security import safe_path
from onmeet.web.services import services
from onmeet.web.signing.contexts import SentPage
from onmeet.web.signing.entering import known_here
from onmeet.web.signing.outbox import lies_here
from onmeet.web.signing.words import slow_down

__all__ = ["blueprint"]

blueprint = Blueprint("accounts", __name__)

OPTIONAL = ("name", "phone", "country")
"""What may be told when registering, where the notice permits it."""


@blueprint.get("/register")
def register() -> AnyResponse:
    """The form for a new account."""
    _refuse_when_closed()
    if current_user.is_authenticated:
        return redirect(url_for("meetings.mine"))
    return _register_page(_register_form())


@blueprint.post("/register")
@limiter.limit("10 per minute; 60 per hour")
def create_account() -> AnyResponse:
    """Make an account that waits to be confirmed. The answer is the same when the address has one already."""
    _refuse_when_closed()
    form, asked = _register_form(), dict(consent_texts.before_account())
    agreed = asked.keys() <= set(request.form.getlist("agree"))
    if not form.validate_on_submit() or not agreed:
        return _register_page(form, 422, refused=not agreed)
    services().registering.begin(
        form.email.data,
        form.password.data,
        _filled(form, "name"),
        phone=_filled(form, "phone"),
        country=_filled(form, "country"),
        language=language(),
        notice=label_in_force(),
        consents=asked,
    )
    return redirect(url_for("accounts.registered"), 303)


@blueprint.get("/register/sent")
def registered() -> AnyResponse:
    """Look into your mailbox."""
    return SentPage(why="registered", outbox=lies_here()).render()


@blueprint.get("/sign-in")
def sign_in() -> AnyResponse:
    """The form to sign in."""
    wanted = safe_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted or url_for("meetings.mine"))
    return SignInPage(form=SignInForm(formdata=None, next=wanted or "")).render()


@blueprint.post("/sign-in")
@limiter.limit("30 per minute; 300 per hour")
def begin_session() -> AnyResponse:
    """Check the password and begin a new session."""
    form = SignInForm()
    if not form.validate_on_submit():
        return SignInPage(form=form, problem=_wrong()).render(422)
    try:
        return _enter(form)
    except WrongCredentials:
        note("sign-in-failed")
        return SignInPage(form=form, problem=_wrong()).render(422)
    except TooManyAttempts as wait:
        return SignInPage(form=form, problem=slow_down(wait.seconds)).render(
            429, {"Retry-After": str(wait.seconds)}
        )


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """End the sign-in and empty the session."""
    if current_user.is_authenticated:
        services().accounts.sign_out(current_user.token)
    known = session.get("known")
    session.clear()
    session["known"] = known
    flash(gettext("You are signed out."))
    return redirect(url_for("pages.landing"), 303)


def _register_form() -> RegisterForm:
    """The form with the fields that the notice in force permits."""
    form, policy = RegisterForm(), services().policy
    for field in OPTIONAL:
        if not policy.stores(f"account.{field}"):
            delattr(form, field)
    if not policy.notice.minimum_age:
        del form.old_enough
    return form


def _register_page(form: RegisterForm, status: int = 200, *, refused: bool = False) -> AnyResponse:
    policy = services().policy
    items = {
        field: policy.item(f"account.{field}") for field in ("email", "password", *OPTIONAL) if field in form
    }
    return RegisterPage(
        form=form,
        minimum_age=policy.notice.minimum_age,
        purposes={name: wording.purpose(item.purpose, language()) for name, item in items.items() if item},
        asked=consent_texts.before_account(),
        refused=refused,
    ).render(status)


def _filled(form: RegisterForm, field: str) -> str:
    return str(form[field].data or "") if field in form else ""


def _enter(form: SignInForm) -> AnyResponse:
    """Raises `WrongCredentials` or `TooManyAttempts`."""
    accounts = services().accounts
    mark = accounts.mark(form.email.data)
    known = known_here(mark)
    checked = accounts.check(form.email.data, form.password.data, client=client(), known_here=known)
    return first_step_done(
        checked.person,
        stay=bool(form.stay.data),
        wanted=form.next.data,
        suspicious=checked.suspicious or not known,
    )


def _refuse_when_closed() -> None:
    if services().config.registration != "open":
        raise UserError(gettext("New accounts are made by the operator of this server."), 403)


def _wrong() -> str:
    return str(gettext("E-mail or password is not right."))
