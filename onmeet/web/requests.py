"""Requests about one's data by anybody, with or without an account (GDPR Art. 12 to 22)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.errors import UserError
from onmeet.notices.requests import Filed, RequestGone
from onmeet.web.contexts import RequestConfirmPage, RequestPage, RequestStatePage
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.own_forms import RequestForm
from onmeet.web.own_view import request_line
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("requests", __name__, url_prefix="/privacy/requests")


@blueprint.get("")
def form() -> Response:
    """The form, and where to complain."""
    return _page(RequestForm(formdata=None), filed=session.pop("filed", False))


@blueprint.post("")
@limiter.limit("5 per minute; 20 per hour")
def file() -> AnyResponse:
    """Take a request. The answer is the same whether anything is held or not."""
    known = current_user.is_authenticated
    filled = RequestForm()
    if known:
        del filled.email
    if not filled.validate_on_submit():
        return _page(filled, status=422)
    services().requests.file(
        filled.kind.data,
        filled.text.data or "",
        clock.now(),
        email=current_user.person.email if known else filled.email.data,
        account_id=int(current_user.person.id) if known else None,
        language=language(),
    )
    if known:
        flash(gettext("Your request is here. You find its state below."))
        return redirect(url_for("my_data.rights"), 303)
    session["filed"] = True
    return redirect(url_for("requests.form"), 303)


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> AnyResponse:
    """Where the mailed link leads: a button, because mail programs follow links by themselves."""
    filed = _known(token)
    if filed.state != "unverified":
        return redirect(url_for("requests.state", token=token))
    return RequestConfirmPage(token=token, request_line=request_line(filed)).render()


@blueprint.post("/confirm/<token>")
@limiter.limit("20 per minute")
def confirmed(token: str) -> AnyResponse:
    """Open the request."""
    try:
        services().requests.confirm(token, clock.now())
    except RequestGone:
        raise _gone() from None
    return redirect(url_for("requests.state", token=token), 303)


@blueprint.get("/state/<token>")
@limiter.limit("60 per minute")
def state(token: str) -> Response:
    """How far it has come, by the mailed link."""
    filed = _known(token)
    if filed.state == "unverified":
        raise _gone()
    return RequestStatePage(
        request_line=request_line(filed), authority=services().policy.notice.authority
    ).render()


def _page(filled: RequestForm, *, filed: bool = False, status: int = 200) -> Response:
    notice = services().policy.notice
    return RequestPage(
        form=filled,
        known=bool(current_user.is_authenticated),
        minimum_age=notice.minimum_age,
        authority=notice.authority,
        officer=notice.officer,
        filed=filed,
    ).render(status)


def _known(token: str) -> Filed:
    try:
        return services().requests.by_link(token)
    except RequestGone:
        raise _gone() from None


def _gone() -> UserError:
    return UserError(gettext("This link is no longer good. You can file your request again."), 404)
