"""The room: start a meeting now, enter it, and what comes after it."""

from __future__ import annotations

from flask import Response, jsonify, request, url_for
from flask_babel import gettext
from flask_login import current_user

from onmeet.web import entitled, entrance, just_in_time, presence, telephone
from onmeet.web.contexts import LeftPage, RoomPage
from onmeet.web.farewell import farewell
from onmeet.web.limits import limiter
from onmeet.web.meetings.routes import blueprint, keep
from onmeet.web.services import services
from onmeet.web.site import assets

__all__ = ["left", "present", "room", "start"]


@blueprint.post("/m")
@limiter.limit("60 per minute")
def start() -> Response:
    """Mint a code for a meeting now; this browser is its host. Answers `{"code": …}`."""
    if services().config.start == "anyone":
        code = entrance.code_for_now()
        entrance.remember_started(code)
    elif current_user.is_authenticated:
        code = keep(gettext("Meeting")).code
    else:
        raise entrance.Forbidden(gettext("Please sign in to start a meeting."))
    return jsonify(code=code)


@blueprint.get("/m/<code:code>")
def room(code: str) -> Response:
    """Pre-join and room. The secret part of the link stays in the browser."""
    role = entrance.role_in(code)
    grant = entitled.of_meeting(code, role, entrance.account_id())
    entitled.check(code, grant)
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
        limit=grant.limits.participants,
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
