"""Correct what is held, change address and password, end sign-ins: one page of the account."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, session, url_for
from flask_babel import format_date, format_datetime, gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.attempts import TooManyAttempts
from onmeet.accounts.people import WrongCredentials
from onmeet.accounts.sign_ins import Browser
from onmeet.errors import UserError
from onmeet.notices import wording
from onmeet.notices.page_counts import OTHER
from onmeet.web.factors.guards import prove_first
from onmeet.web.groups.tightening import my_policy
from onmeet.web.language import language
from onmeet.web.limits import client, limiter
from onmeet.web.own_forms import DeleteForm, DetailsForm, EmailForm, PasswordForm
from onmeet.web.services import services
from onmeet.web.signing.contexts import BrowserLine, DetailsPage, WishLine
from onmeet.web.signing.entering import renew
from onmeet.web.signing.forms import PictureForm
from onmeet.web.signing.words import slow_down

__all__ = ["FIELDS", "blueprint", "details_page", "permitted", "unconfirmed"]

blueprint = Blueprint("details", __name__, url_prefix="/account")

FIELDS = {
    "name": "account.name",
    "phone": "account.phone",
    "country": "account.country",
    "language": "account.settings",
    "time_zone": "account.settings",
    "picture": "account.picture",
}

PASSWORDS = limiter.limit("10 per minute; 60 per hour")


@blueprint.get("/details")
@login_required  # type: ignore[untyped-decorator]
def show() -> Response:
    """The page."""
    return details_page()


@blueprint.post("/details")
@login_required  # type: ignore[untyped-decorator]
def correct() -> AnyResponse:
    """Keep the corrected values; the old ones are erased."""
    form = DetailsForm(prefix="details")
    if not form.validate_on_submit():
        return details_page(form=form, status=422)
    told = [field for field in form.told() if field in permitted()]
    services().own.correct(_me(), **{field: form[field].data or "" for field in told})
    flash(gettext("Saved. What stood there before is erased."))
    return redirect(url_for("details.show"), 303)


@blueprint.post("/password")
@PASSWORDS
@login_required  # type: ignore[untyped-decorator]
def change_password() -> AnyResponse:
    """Another password; every other sign-in ends."""
    form = PasswordForm(prefix="password")
    if not form.validate_on_submit():
        return details_page(password=form, status=422)
    if problem := unconfirmed(form):
        return details_page(password=form, problem=problem, status=422)
    services().own.change_password(_me(), form.new.data, current_user.token)
    renew()
    flash(gettext("The password is changed. Every other device is signed out."))
    return redirect(url_for("details.show"), 303)


@blueprint.post("/sign-ins/end")
@login_required  # type: ignore[untyped-decorator]
def sign_out_everywhere() -> AnyResponse:
    """End all sign-ins, this one too."""
    services().own.end_sign_ins(_me())
    session.clear()
    flash(gettext("You are signed out everywhere."))
    return redirect(url_for("pages.landing"), 303)


@blueprint.post("/sign-ins/<name>/end")
@login_required  # type: ignore[untyped-decorator]
def sign_out(name: str) -> AnyResponse:
    """End one of them."""
    if not services().accounts.sign_ins.end_one(_me(), name):
        raise UserError(gettext("This device is not signed in (any more)."), 404)
    flash(gettext("That device is signed out."))
    return redirect(url_for("details.show"), 303)


def permitted() -> list[str]:
    """The fields that the notice in force lets us hold, and a group does not withhold."""
    policy = my_policy()
    return [name for name, category in FIELDS.items() if policy.stores(category)]


def details_page(
    *,
    form: DetailsForm | None = None,
    email: EmailForm | None = None,
    password: PasswordForm | None = None,
    picture: PictureForm | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    """The page as it is now, or with what was wrong in one of its forms."""
    now = services().own.details(_me())
    held = {name: getattr(now, name) for name in ("name", "phone", "country", "language", "time_zone")}
    browsers = services().accounts.sign_ins.of(_me(), current_user.token)
    return DetailsPage(
        details=form or DetailsForm(formdata=None, prefix="details", **held),
        email=email or EmailForm(formdata=None, prefix="email"),
        password=password or PasswordForm(formdata=None, prefix="password"),
        picture=picture or PictureForm(formdata=None, prefix="picture"),
        permitted=permitted(),
        purposes=purposes(),
        address=now.email,
        wish=_wish(),
        proven=now.proven,
        calls=services().phone.dial_out is not None,
        has_picture=now.has_picture,
        listed=services().policy.stores("account.sign_in"),
        browsers=[_browser(each) for each in browsers],
        problem=problem,
    ).render(status)


def purposes() -> dict[str, str]:
    """What each field is used for, in words, beside the field (N2.2)."""
    items = {name: services().policy.item(category) for name, category in FIELDS.items()}
    return {
        name: wording.purpose(item.purpose, language()) for name, item in items.items() if item is not None
    }


def unconfirmed(form: DeleteForm | EmailForm | PasswordForm) -> str:
    """Why it is not sure that the owner asks; empty when it is.

    Raises `ProofMissing` where a password is not enough, and nothing better was given a moment ago.
    """
    if not form.validate_on_submit():
        return str(gettext("Please give your password."))
    if "password" not in form:
        prove_first("my_data.data" if isinstance(form, DeleteForm) else "details.show")
        return ""
    try:
        services().own.confirm(_me(), form.password.data, client=client())
    except WrongCredentials:
        return str(gettext("The password is not right."))
    except TooManyAttempts as wait:
        return slow_down(wait.seconds)
    return ""


def _wish() -> WishLine | None:
    wish = services().moving.wish(_me())
    if wish is None:
        return None
    until = format_date(wish.until, "long")
    return WishLine(address=wish.email, confirmed=wish.confirmed or "", until=until)


def _browser(browser: Browser) -> BrowserLine:
    device = gettext("Another program") if browser.device == OTHER else browser.device
    since = f"{format_datetime(browser.began_at, 'medium')} UTC" if browser.began_at else ""
    return BrowserLine(name=browser.name, device=device, since=since, here=browser.here)


def _me() -> int:
    return int(current_user.person.id)
