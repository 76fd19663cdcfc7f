"""Invite people to a meeting, hand out its calendar file, and cancel it or one of its dates."""

from __future__ import annotations

from datetime import date

from flask import Response, flash, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.errors import UserError
from onmeet.meetings.planning import NoSuchDate
from onmeet.web import telephone
from onmeet.web.meetings.contexts import InvitationPage
from onmeet.web.meetings.invitation import date_lines, invitation_to
from onmeet.web.meetings.routes import blueprint, owner
from onmeet.web.services import services

__all__ = ["cancel", "date_off", "date_on", "invitation"]


@blueprint.get("/meetings/<code:code>/invitation")
@login_required  # type: ignore[untyped-decorator]
def invitation(code: str) -> Response:
    """What to send to people; the browser puts the whole link into it."""
    kept = services().meetings.get(owner(), code)
    fresh = session.pop("fresh", "") if session.get("fresh") == code else ""
    return InvitationPage(
        meeting=kept,
        invitation=invitation_to(kept, current_user.person.name or "", telephone.of_room(code, "host")),
        dates=date_lines(kept, clock.now()),
        fresh_code=fresh,
    ).render()


@blueprint.post("/meetings/<code:code>/cancel")
@login_required  # type: ignore[untyped-decorator]
def cancel(code: str) -> AnyResponse:
    """The meeting does not take place, or (`cancelled=no`) does so after all."""
    cancelled = request.form.get("cancelled") != "no"
    services().planning.cancel(owner(), code, cancelled)
    said = (
        gettext("The meeting is cancelled.") if cancelled else gettext("The meeting takes place after all.")
    )
    return _told(code, said)


@blueprint.post("/meetings/<code:code>/dates/<day>/off")
@login_required  # type: ignore[untyped-decorator]
def date_off(code: str, day: str) -> AnyResponse:
    """One date does not take place."""
    try:
        services().planning.leave_out(owner(), code, _day(day))
    except NoSuchDate:
        raise _no_such_date() from None
    return _told(code, gettext("This date is cancelled."))


@blueprint.post("/meetings/<code:code>/dates/<day>/on")
@login_required  # type: ignore[untyped-decorator]
def date_on(code: str, day: str) -> AnyResponse:
    """A cancelled date takes place after all."""
    try:
        services().planning.take_back(owner(), code, _day(day))
    except NoSuchDate:
        raise _no_such_date() from None
    return _told(code, gettext("This date takes place after all."))


def _told(code: str, said: str) -> AnyResponse:
    flash(said + " " + gettext("Hand out the new calendar file, so that other calendars change too."))
    return redirect(url_for("meetings.invitation", code=code), 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _no_such_date() from None


def _no_such_date() -> UserError:
    return UserError(gettext("The meeting does not take place on this day."), 404)
