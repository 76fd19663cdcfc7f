"""Single sign-on: to the sign-in service of one's organisation, and back."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.sso import RelyingSide, SsoFailed, Trip
from onmeet.errors import UserError
from onmeet.groups.arrivals import NotTheirs
from onmeet.groups.membership import GroupGone
from onmeet.groups.secrets import CannotOpen
from onmeet.groups.single_sign_on import SignInService
from onmeet.groups.ties import AnotherPerson, Tie
from onmeet.web.factors.checking import proved
from onmeet.web.factors.contexts import GoPage, SsoPage
from onmeet.web.factors.forms import SsoForm
from onmeet.web.factors.relying import origin
from onmeet.web.factors.second import first_step_done
from onmeet.web.factors.welcome import arrive
from onmeet.web.groups.asking import guard
from onmeet.web.limits import limiter
from onmeet.web.noting import note
from onmeet.web.security import safe_path
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("sso", __name__)
guard(blueprint)

_KEY = "sso"


@blueprint.get("/sign-in/sso")
def page() -> AnyResponse:
    """Ask for the address: its domain says whose service it is."""
    wanted = safe_path(request.args.get("next")) or ""
    return SsoPage(form=SsoForm(formdata=None, next=wanted)).render()


@blueprint.post("/sign-in/sso")
@limiter.limit("20 per minute; 200 per hour")
def go() -> AnyResponse:
    """Find the service, whether or not there is an account, and show the way."""
    form = SsoForm()
    if not form.validate_on_submit():
        return SsoPage(form=form).render(422)
    try:
        service = services().single_sign_on.for_address(form.email.data)
        if service is None or not service.usable:
            problem = gettext("No organisation with a sign-in service of its own has this domain here.")
            return SsoPage(form=form, problem=problem).render(422)
        return _go(service, next=safe_path(form.next.data) or "")
    except (SsoFailed, CannotOpen):
        return SsoPage(form=form, problem=_out_of_order()).render(503)


@blueprint.post("/account/check/sso")
@limiter.limit("20 per minute")
@login_required  # type: ignore[untyped-decorator]
def check() -> AnyResponse:
    """Let the group's service ask somebody who is signed in once more."""
    here = services().groups.of(current_user.person.id)
    if here is None:
        raise GroupGone
    wanted = safe_path(request.form.get("next")) or ""
    try:
        return _go(services().single_sign_on.of_group(here.group), again=True, next=wanted)
    except (SsoFailed, CannotOpen):
        raise UserError(_out_of_order(), 503) from None


@blueprint.get("/sign-in/sso/back")
@limiter.limit("30 per minute")
def back() -> AnyResponse:
    """Where the service sends people: find out who it is, and let them on."""
    held = session.pop(_KEY, None)
    if held is None:
        raise UserError(gettext("That took too long. Please sign in again from the beginning."), 403)
    trip = Trip(**held["trip"])
    try:
        service = services().single_sign_on.of_group(held["group"])
        who = services().oidc.finish(_side(service), trip, request.args.to_dict())
        tie = services().ties.to(who.issuer, who.subject)
        arrival = services().arrivals.find(service.group, who.email, tie)
    except (SsoFailed, CannotOpen, NotTheirs):
        note("sign-in-failed")
        raise UserError(_nobody(), 403) from None
    except AnotherPerson:
        note("sign-in-failed")
        raise
    if trip.again:
        return _checked(arrival.account if arrival.state == "member" else 0, tie, held["next"])
    if arrival.state == "elsewhere":
        raise UserError(gettext("Your account is in another group. Sign in and leave that one first."), 409)
    person = services().accounts.person(arrival.account) if arrival.state == "member" else None
    if person is None:
        return arrive(service.group, arrival.account, who.email, who.name, tie, held["next"])
    return first_step_done(person, stay=False, wanted=held["next"], tie=tie)


def _checked(account: int, tie: Tie, wanted: str) -> AnyResponse:
    """The service has asked for the password again: it must be the very person who is signed in."""
    if not current_user.is_authenticated or account != current_user.person.id:
        flash(gettext("That was somebody else."), "error")
        return redirect(url_for("checking.page", next=wanted), 303)
    services().ties.bind(account, tie)
    return redirect(proved(wanted, strong=False), 303)


def _go(service: SignInService, *, next: str, again: bool = False) -> AnyResponse:
    """Show where the way leads. Raises `SsoFailed`."""
    address, trip = services().oidc.begin(_side(service), again=again)
    session[_KEY] = {"group": service.group, "trip": trip.packed(), "next": next}
    return GoPage(group=service.name, host=urlsplit(address).netloc, address=address).render()


def _side(service: SignInService) -> RelyingSide:
    return RelyingSide(service.issuer, service.client, service.secret, f"{origin()}{url_for('sso.back')}")


def _nobody() -> str:
    return str(gettext("The sign-in service did not tell us who you are. Nothing has happened here."))


def _out_of_order() -> str:
    return str(gettext("The organisation’s sign-in service does not answer as it should. Try again later."))
