"""Meetings: start one, keep some, enter the room, and what comes after it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.errors import UserError
from onmeet.meetings.service import TooManyMeetings
from onmeet.web import entrance, just_in_time, presence, telephone
from onmeet.web.contexts import EditMeetingPage, LeftPage, MyMeetingsPage, RoomPage
from onmeet.web.farewell import farewell
from onmeet.web.forms import MeetingForm
from onmeet.web.limits import limiter
from onmeet.web.services import services
from onmeet.web.site import assets

__all__ = ["blueprint"]

blueprint = Blueprint("meetings", __name__)


@blueprint.post("/m")
@limiter.limit("60 per minute")
def start() -> Response:
    """Mint a code for a meeting now; this browser is its host. Answers `{"code": …}`."""
    meetings = services().meetings
    if services().config.start == "anyone":
        code = meetings.free_code()
        entrance.remember_started(code)
    elif current_user.is_authenticated:
        code = _create(gettext("Meeting"))
    else:
        raise entrance.Forbidden(gettext("Please sign in to start a meeting."))
    return jsonify(code=code)


@blueprint.get("/m/<code:code>")
def room(code: str) -> Response:
    """Pre-join and room. The secret part of the link stays in the browser."""
    role = entrance.role_in(code)
    entrance.admit()
    signed_in = bool(current_user.is_authenticated)
    config, phone = services().config, telephone.of_room(code, role)
    return RoomPage(
        code=code,
        socket_path=f"/m/{code}/socket",
        role=role,
        name=current_user.person.name if signed_in else "",
        signed_in=signed_in,
        operator=config.operator,
        limit=config.max_participants,
        static_root=assets().root_url,
        notice_lines=just_in_time.notice_lines(telephone=phone is not None),
        hints=just_in_time.hints(),
        first_use=just_in_time.rules(),
        presence_url=url_for("meetings.present", code=code) if presence.offered() else "",
        telephone=phone,
        open_to_phone=telephone.open_to_phone(),
    ).render()


@blueprint.get("/m/<code:code>/present")
def present(code: str) -> Response:
    """Who is in: `{"names": […]}`, for the page before joining; 404 where the notice shows nobody."""
    return jsonify(names=presence.names_in(code))


@blueprint.get("/m/<code:code>/left")
def left(code: str) -> Response:
    """The page after the meeting; `why` is the reason."""
    return LeftPage(code=code, farewell=farewell(request.args.get("why", ""))).render()


@blueprint.get("/meetings")
@login_required  # type: ignore[untyped-decorator]
def mine() -> Response:
    """The meetings that this account keeps."""
    return _list(MeetingForm(formdata=None), session.pop("fresh", ""))


@blueprint.post("/meetings")
@login_required  # type: ignore[untyped-decorator]
def create() -> AnyResponse:
    """Keep a new meeting; the page that follows makes its link."""
    form = MeetingForm()
    if not form.validate_on_submit():
        return _list(form, status=422)
    session["fresh"] = _create(form.title.data)
    return redirect(url_for("meetings.mine"), 303)


@blueprint.get("/meetings/<code:code>")
@login_required  # type: ignore[untyped-decorator]
def edit(code: str) -> Response:
    """Rename or delete one meeting."""
    meeting = services().meetings.get(_owner(), code)
    return _edit(code, MeetingForm(formdata=None, title=meeting.title))


@blueprint.post("/meetings/<code:code>/rename")
@login_required  # type: ignore[untyped-decorator]
def rename(code: str) -> AnyResponse:
    """Give the meeting another title."""
    form = MeetingForm()
    if not form.validate_on_submit():
        return _edit(code, form, 422)
    kept = services().meetings.get(_owner(), code)
    services().planning.change(
        _owner(),
        code,
        title=form.title.data,
        description=kept.description,
        schedule=kept.schedule,
        lobby=kept.lobby,
    )
    return redirect(url_for("meetings.mine"), 303)


@blueprint.post("/meetings/<code:code>/delete")
@login_required  # type: ignore[untyped-decorator]
def delete(code: str) -> AnyResponse:
    """Erase the meeting."""
    services().meetings.delete(_owner(), code)
    flash(gettext("The meeting is deleted."))
    return redirect(url_for("meetings.mine", deleted=code), 303)


def _owner() -> int:
    return int(current_user.person.id)


def _create(title: str) -> str:
    try:
        return services().meetings.create(_owner(), title).code
    except TooManyMeetings:
        raise UserError(
            gettext("You keep as many meetings as one account may. Delete one first."), 409
        ) from None


def _list(form: MeetingForm, fresh_code: str = "", status: int = 200) -> Response:
    meetings = services().meetings.of(_owner())
    return MyMeetingsPage(meetings=meetings, form=form, fresh_code=fresh_code).render(status)


def _edit(code: str, form: MeetingForm, status: int = 200) -> Response:
    return EditMeetingPage(
        meeting=services().meetings.get(_owner(), code),
        form=form,
        code_stays_a_room=services().config.start == "anyone",
        telephone=telephone.of_room(code, "host"),
    ).render(status)
