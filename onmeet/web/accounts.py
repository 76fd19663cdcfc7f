"""Register, sign in, sign out."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext, ngettext
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.service import Person, WrongCredentials
from onmeet.errors import UserError
from onmeet.notices import wording
from onmeet.web import consent_texts
from onmeet.web.contexts import RegisterPage, SignInPage
from onmeet.web.forms import RegisterForm, SignInForm
from onmeet.web.language import language
from onmeet.web.limits import client, limiter
from onmeet.web.notice_change import label_in_force, shown_first
from onmeet.web.noting import note
from onmeet.web.security import safe_path
from onmeet.web.services import services

__all__ = ["LONG", "User", "blueprint", "login_manager"]

blueprint = Blueprint("accounts", __name__)
login_manager = LoginManager()
# It compares address and browser with a hash of both in the cookie: people would be signed out whenever
# their telephone changes networks in a meeting. The token is what protects the session.
login_manager.session_protection = None

OPTIONAL = ("name", "phone", "country")
"""What may be told when registering, where the notice permits it."""

LONG = timedelta(days=30)
SHORT = timedelta(hours=12)


class User(UserMixin):  # type: ignore[misc]
    """Who is signed in, and by which sign-in: the cookie holds the token, not the account's number."""

    def __init__(self, person: Person, token: str) -> None:
        self.person = person
        self.token = token

    def get_id(self) -> str:
        """What flask-login keeps in the session."""
        return self.token


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> User | None:
    person = services().accounts.by_token(token)
    return User(person, token) if person else None


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _ask_to_sign_in() -> AnyResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("accounts.sign_in", next=safe_path(wanted)))


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
    """Make the account. The answer is the same when the address has one already."""
    _refuse_when_closed()
    form, asked = _register_form(), dict(_asked())
    agreed = asked.keys() <= set(request.form.getlist("agree"))
    if not form.validate_on_submit() or not agreed:
        return _register_page(form, 422, refused=not agreed)
    services().accounts.register(
        form.email.data,
        form.password.data,
        _filled(form, "name"),
        phone=_filled(form, "phone"),
        country=_filled(form, "country"),
        language=language(),
        notice=label_in_force(),
        consents=asked,
    )
    flash(gettext("If this address was free, your account is ready. Please sign in."))
    return redirect(url_for("accounts.sign_in"), 303)


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
        _enter(form)
    except WrongCredentials:
        note("sign-in-failed")
        return SignInPage(form=form, problem=_wrong()).render(422)
    except TooManyAttempts as wait:
        return SignInPage(form=form, problem=_slow_down(wait.seconds)).render(
            429, {"Retry-After": str(wait.seconds)}
        )
    return redirect(shown_first(safe_path(form.next.data) or url_for("meetings.mine")), 303)


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


def _asked() -> list[tuple[str, str]]:
    """What the data of an account rests on, where that is consent (N2.2): name and sentence."""
    policy = services().policy
    item = policy.item("account.email")
    if item is None or item.legal_basis != "Consent" or not policy.stores("consent.record"):
        return []
    consents = (c for c in policy.notice.consents if c.before == "registration" and c.recorded)
    return [(consent.name, consent_texts.sentence(consent)) for consent in consents]


def _register_page(form: RegisterForm, status: int = 200, *, refused: bool = False) -> AnyResponse:
    policy = services().policy
    asked = (policy.item(f"account.{field}") for field in ("email", "password", *OPTIONAL) if field in form)
    whys = dict.fromkeys(wording.purpose(item.purpose, language()) for item in asked if item is not None)
    return RegisterPage(
        form=form,
        minimum_age=policy.notice.minimum_age,
        purposes=wording.listing(list(whys), language()),
        asked=_asked(),
        refused=refused,
    ).render(status)


def _filled(form: RegisterForm, field: str) -> str:
    return str(form[field].data or "") if field in form else ""


def _enter(form: SignInForm) -> None:
    accounts = services().accounts
    mark = accounts.mark(form.email.data)
    lasting = LONG if form.stay.data else SHORT
    signed_in = accounts.sign_in(
        form.email.data,
        form.password.data,
        client=client(),
        known_here=session.get("known") == mark,
        days=lasting / timedelta(days=1),
    )
    # Nothing that somebody may have planted in this browser's session survives the sign-in
    session.clear()
    session.permanent = bool(form.stay.data)
    session["known"] = mark
    login_user(User(signed_in.person, signed_in.token))
    session.pop("_id", None)  # that hash, which nothing reads


def _refuse_when_closed() -> None:
    if services().config.registration != "open":
        raise UserError(gettext("New accounts are made by the operator of this server."), 403)


def _wrong() -> str:
    return str(gettext("E-mail or password is not right."))


def _slow_down(seconds: int) -> str:
    return str(
        ngettext(
            "Too many attempts. Please wait %(num)s second.",
            "Too many attempts. Please wait %(num)s seconds.",
            seconds,
        )
    )
