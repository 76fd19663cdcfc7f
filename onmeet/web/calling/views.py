"""Personal pages and calling: whoever may not call gets the same page as for an address that is nobody's."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, url_for
from flask_babel import gettext
from flask_login import current_user, login_required

from onmeet import clock
from onmeet.accounts.contact import Unreachable, Way
from onmeet.accounts.sharing import Audience, Shown
from onmeet.errors import UserError
from onmeet.notices import wording
from onmeet.web import entrance
from onmeet.web.calling.contexts import ContactsPage, PersonPage, TakePage, UnreachablePage
from onmeet.web.calling.forms import CallForm
from onmeet.web.calling.ringing import offered, switchboard
from onmeet.web.calling.switchboard import About, Caller, TooManyCalls
from onmeet.web.language import language
from onmeet.web.limits import client, limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("calling", __name__)

LOOKING = limiter.limit("60 per minute; 600 per hour")


@blueprint.after_request
def _for_nobodys_index(response: Response) -> Response:
    """People are nobody's search result."""
    response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response


@blueprint.get("/u/<handle>")
@blueprint.get("/u/<handle>/<code>")
@LOOKING
def person(handle: str, code: str = "") -> Response:
    """Somebody's page, with the button that calls them."""
    try:
        way = _way(handle, code)
    except Unreachable:
        return UnreachablePage().render(404)
    shown = services().sharing.shown(way.account_id, _audience(way))
    mine = _caller_shows()
    return PersonPage(
        handle=handle,
        code=code,
        title=shown.name or handle,
        shown=shown,
        country=wording.country(shown.country, language()) if shown.country else "",
        picture=url_for("calling.picture", handle=handle, code=code or "-") if shown.picture else "",
        name=mine.name,
        guest=not current_user.is_authenticated,
    ).render()


@blueprint.get("/u/<handle>/<code>/picture")
@LOOKING
def picture(handle: str, code: str) -> Response:
    """The picture of whoever can be called, if this caller may see it; `-` stands for no code."""
    try:
        way = _way(handle, "" if code == "-" else code)
    except Unreachable:
        abort(404)
    return _webp(services().sharing.picture(way.account_id, _audience(way)))


@blueprint.post("/u/<handle>/call")
@limiter.limit("10 per minute; 60 per hour")
def call(handle: str) -> Response:
    """Begin a call. Answers `{"call": …, "room": …}`; it rings once the page opens the call's socket."""
    form = CallForm()
    valid = form.validate_on_submit()
    try:
        way = _way(handle, form.code.data or "")
    except Unreachable:
        raise UserError(gettext("Nobody can be reached here."), 404) from None
    about = _about(form, way)
    if not valid or (about.guest and not about.name):
        raise UserError(gettext("Please say who is calling."), 422)
    room = entrance.code_for_now()
    try:
        name = switchboard().prepare(way.account_id, _caller(), about, room)
    except TooManyCalls:
        raise UserError(gettext("Too many calls at once. Please wait a minute."), 429) from None
    entrance.remember_started(room)
    if services().config.start != "anyone":
        switchboard().keep_room(room)
    return jsonify(call=name, room=room)


@blueprint.get("/ringing/take")
@login_required  # type: ignore[untyped-decorator]
def take() -> Response:
    """A tab of its own for a call that was accepted beside a meeting; only its script learns which."""
    return TakePage().render()


@blueprint.post("/ringing/<call>/block")
@login_required  # type: ignore[untyped-decorator]
def block(call: str) -> Response:
    """Decline a call that rings, and refuse every further one of this caller."""
    me = int(current_user.person.id)
    caller = switchboard().caller_of(call, me)
    if caller is None:
        abort(404)
    if caller.account_id is not None:
        services().contact.block(me, caller.account_id)
    switchboard().refuse(call, me)
    return jsonify()


@blueprint.get("/ringing/<call>/picture")
@login_required  # type: ignore[untyped-decorator]
def caller_picture(call: str) -> Response:
    """The picture of somebody who is calling right now."""
    caller = switchboard().caller_of(call, int(current_user.person.id))
    if caller is None or caller.account_id is None:
        abort(404)
    return _webp(services().sharing.picture(caller.account_id, "called"))


@blueprint.get("/contacts")
def contacts() -> Response:
    """The page of a list that this server never sees (N1.4)."""
    return ContactsPage(reachable=offered()).render()


def _way(handle: str, code: str) -> Way:
    """How this browser may call. Raises `Unreachable`."""
    caller = _caller()
    way = services().contact.way(handle, code, caller.account_id, clock.now())
    if not offered() or switchboard().hushed(way.account_id, caller):
        raise Unreachable
    return way


def _caller() -> Caller:
    return Caller(entrance.account_id(), client())


def _audience(way: Way) -> Audience:
    return "callers" if way.by_code else "visitors"


def _caller_shows() -> Shown:
    """What whoever is signed in shows when they call."""
    account = entrance.account_id()
    return Shown() if account is None else services().sharing.shown(account, "called")


def _about(form: CallForm, way: Way) -> About:
    mine = _caller_shows()
    return About(
        name=mine.name or (form.name.data or "").strip(),
        guest=not current_user.is_authenticated,
        label=way.label,
        email=mine.email,
        phone=mine.phone,
        country=mine.country,
        picture=mine.picture,
    )


def _webp(content: bytes | None) -> Response:
    if content is None:
        abort(404)
    return Response(content, mimetype="image/webp")
