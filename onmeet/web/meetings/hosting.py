"""Co-hosts: an owner hands out a link, somebody follows it and says yes."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.errors import UserError
from onmeet.meetings.hosts import TooManyHosts
from onmeet.web import entrance
from onmeet.web.limits import limiter
from onmeet.web.meetings.contexts import HostInvitationPage
from onmeet.web.meetings.routes import blueprint, owner
from onmeet.web.services import services

__all__ = ["accept", "close_link", "host", "leave", "new_link", "remove"]


@blueprint.post("/meetings/<code:code>/hosts/link")
@login_required  # type: ignore[untyped-decorator]
def new_link(code: str) -> AnyResponse:
    """Make the link, or another one in its place."""
    services().hosts.new_link(owner(), code)
    return _back(code)


@blueprint.post("/meetings/<code:code>/hosts/close")
@login_required  # type: ignore[untyped-decorator]
def close_link(code: str) -> AnyResponse:
    """Take the link away."""
    services().hosts.close_link(owner(), code)
    flash(gettext("The link makes nobody a co-host any more."))
    return _back(code)


@blueprint.post("/meetings/<code:code>/hosts/<int:number>/remove")
@login_required  # type: ignore[untyped-decorator]
def remove(code: str, number: int) -> AnyResponse:
    """Somebody is a co-host no more."""
    services().hosts.remove(owner(), code, number)
    return _back(code)


@blueprint.get("/meetings/<code:code>/host/<token>")
@limiter.limit("60 per minute")
def host(code: str, token: str) -> Response:
    """Asks whether one wants to be a co-host; without an account it shows the way to one."""
    kept = services().hosts.invited(code, token)
    signed_in = bool(current_user.is_authenticated)
    return HostInvitationPage(
        code=code,
        token=token,
        title=kept.title if signed_in else "",
        signed_in=signed_in,
        already=signed_in and entrance.role_in(code) == "host",
    ).render()


@blueprint.post("/meetings/<code:code>/host/<token>")
@limiter.limit("60 per minute")
@login_required  # type: ignore[untyped-decorator]
def accept(code: str, token: str) -> AnyResponse:
    """Become a co-host."""
    try:
        services().hosts.join(owner(), code, token)
    except TooManyHosts:
        raise UserError(gettext("This meeting has as many co-hosts as it may."), 409) from None
    flash(gettext("You are a host of this meeting now."))
    return redirect(url_for("meetings.mine"), 303)


@blueprint.post("/meetings/<code:code>/hosts/leave")
@login_required  # type: ignore[untyped-decorator]
def leave(code: str) -> AnyResponse:
    """Be a co-host no more."""
    services().hosts.leave(owner(), code)
    flash(gettext("You are not a host of that meeting any more."))
    return redirect(url_for("meetings.mine"), 303)


def _back(code: str) -> AnyResponse:
    return redirect(url_for("meetings.edit", code=code, _anchor="hosts"), 303)
