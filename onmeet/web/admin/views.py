"""The operator's pages."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet import __version__, clock
from onmeet.accounts.addressees import Addressees
from onmeet.billing import census
from onmeet.errors import UserError
from onmeet.meetings import load
from onmeet.notices import versions
from onmeet.notices.requests import OPEN, Filed, RequestGone
from onmeet.web import health
from onmeet.web.admin.contexts import (
    AccountPage,
    ActsPage,
    NoticesPage,
    OverviewPage,
    RequestPage,
    RequestsPage,
)
from onmeet.web.admin.forms import AnswerForm, ExtendForm, FindForm
from onmeet.web.factors.guards import operator_required
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

_HOME = "admin.overview"


@blueprint.get("")
@operator_required(back=_HOME)
def overview() -> AnyResponse:
    """How the instance does."""
    return _overview(FindForm(formdata=None))


@blueprint.post("/accounts/find")
@limiter.limit("60 per minute")
@operator_required(back=_HOME)
def find() -> AnyResponse:
    """From an address to its account."""
    form = FindForm()
    if not form.validate_on_submit():
        return _overview(form, 422)
    number = services().accounts.id_of(form.email.data)
    if number is None:
        form.email.errors = [gettext("There is no account with this address.")]
        return _overview(form, 404)
    _note("account-looked-up", number)
    session["looked_up"] = number
    return redirect(url_for("admin.account", number=number), 303)


@blueprint.get("/accounts/<int:number>")
@operator_required(back=_HOME)
def account(number: int) -> AnyResponse:
    """The account that was looked up last: one does not leaf through people."""
    found = services().oversight.get(_looked_up(number))
    person = Addressees(services().database).of(number)
    if found is None or person is None:
        raise _no_account()
    mine = number == current_user.person.id
    return AccountPage(account=found, email=person.email, mine=mine).render()


@blueprint.post("/accounts/<int:number>/close")
@operator_required(back=_HOME)
def close(number: int) -> AnyResponse:
    """Close it: the terms of the notice begin."""
    return _act(number, "account-closed", services().oversight.close(_others(number)))


@blueprint.post("/accounts/<int:number>/reopen")
@operator_required(back=_HOME)
def reopen(number: int) -> AnyResponse:
    """Open it again, as long as its address has not been erased."""
    return _act(number, "account-reopened", services().oversight.reopen(_others(number)))


@blueprint.post("/accounts/<int:number>/sign-out")
@operator_required(back=_HOME)
def sign_out(number: int) -> AnyResponse:
    """End all its sign-ins: somebody says that a device was lost."""
    services().oversight.sign_out(_others(number))
    return _act(number, "account-signed-out", True)


@blueprint.get("/requests")
@operator_required(back=_HOME)
def requests() -> AnyResponse:
    """What people ask about their data, the next deadline first."""
    return RequestsPage(requests=services().requests.all(), closed=False).render()


@blueprint.get("/requests/all")
@operator_required(back=_HOME)
def all_requests() -> AnyResponse:
    """Those that are answered, too, until the notice lets them go."""
    return RequestsPage(requests=services().requests.all(closed=True), closed=True).render()


@blueprint.get("/requests/<int:number>")
@operator_required(back=_HOME)
def request_(number: int) -> AnyResponse:
    """One request."""
    return _request(_filed(number))


@blueprint.post("/requests/<int:number>/answer")
@operator_required(back=_HOME)
def answer(number: int) -> AnyResponse:
    """Answer and close it; the answer is mailed."""
    form = AnswerForm(prefix="answer")
    filed = _filed(number)
    if not form.validate_on_submit():
        return _request(filed, answer=form, status=422)
    services().requests.answer(number, form.text.data, clock.now(), refused=form.refused.data)
    _note("request-refused" if form.refused.data else "request-answered", number)
    flash(gettext("The answer is on its way."))
    return redirect(url_for("admin.requests"), 303)


@blueprint.post("/requests/<int:number>/extend")
@operator_required(back=_HOME)
def extend(number: int) -> AnyResponse:
    """Take two more months."""
    form = ExtendForm(prefix="extend")
    filed = _filed(number)
    if not form.validate_on_submit():
        return _request(filed, extend=form, status=422)
    services().requests.extend(number, form.reason.data)
    _note("request-extended", number)
    flash(gettext("The deadline is two months later. The person can read why."))
    return redirect(url_for("admin.request_", number=number), 303)


@blueprint.get("/notices")
@operator_required(back=_HOME)
def notices() -> AnyResponse:
    """Which version of the notice held when."""
    with services().database.reading() as reading:
        history = versions.history(reading)
    return NoticesPage(versions=history, now=clock.now()).render()


@blueprint.get("/acts")
@operator_required(back=_HOME)
def acts() -> AnyResponse:
    """What operators did here."""
    log = services().acts
    return ActsPage(acts=log.newest(), broken_at=log.broken_at()).render()


def _overview(form: FindForm, status: int = 200) -> AnyResponse:
    behind, now = services(), clock.now()
    with behind.database.reading() as reading:
        notice, coming = versions.in_force(reading, now), versions.coming(reading, now)
    counted = behind.policy.stores("usage.aggregate")
    return OverviewPage(
        version=__version__,
        parts=list(health.parts().items()),
        accounts=behind.oversight.counts(),
        subscriptions=census.subscriptions(behind.database) if behind.selling.sold else None,
        open_requests=len(behind.requests.all()),
        near=behind.requests.near_deadline(now),
        notice=notice,
        coming=coming,
        live=list(health.live().items()),
        load=load.hours(behind.database, now - timedelta(days=1)) if counted else None,
        log_broken_at=behind.acts.broken_at(),
        find=form,
    ).render(status)


def _request(
    filed: Filed, *, answer: AnswerForm | None = None, extend: ExtendForm | None = None, status: int = 200
) -> AnyResponse:
    return RequestPage(
        asked=filed,
        is_open=filed.state in OPEN,
        answer=answer or AnswerForm(formdata=None, prefix="answer"),
        extend=extend or ExtendForm(formdata=None, prefix="extend"),
    ).render(status)


def _filed(number: int) -> Filed:
    try:
        return services().requests.get(number)
    except RequestGone:
        raise UserError(gettext("There is no such request."), 404) from None


def _looked_up(number: int) -> int:
    if session.get("looked_up") != number:
        raise _no_account()
    return number


def _others(number: int) -> int:
    if number == current_user.person.id:
        raise UserError(gettext("These pages do not change your own account."), 409)
    return _looked_up(number)


def _act(number: int, act: str, done: bool) -> AnyResponse:
    if not done:
        raise UserError(gettext("That could not be done: the account is in another state by now."), 409)
    _note(act, number)
    flash(gettext("Done, and written into the log."))
    return redirect(url_for("admin.account", number=number), 303)


def _note(act: str, about: int) -> None:
    services().acts.record(current_user.person.id, act, about, clock.now())


def _no_account() -> UserError:
    return UserError(gettext("There is no such account, or it was not looked up just now."), 404)
