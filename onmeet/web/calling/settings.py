"""The page about being called: address, who may call, codes, what is shared, blocks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_babel import format_date, gettext, lazy_gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.accounts.contact import HeldCode, Reach, TooManyCodes
from onmeet.accounts.handles import word_of
from onmeet.accounts.sharing import AUDIENCES, Audience
from onmeet.errors import UserError
from onmeet.notices import wording
from onmeet.web.calling.contexts import AudienceLine, BlockLine, CallsPage, CodeLine
from onmeet.web.calling.forms import CodeForm, HandleForm, ReachForm
from onmeet.web.calling.ringing import offered
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("calls_settings", __name__, url_prefix="/account/calls")

_AUDIENCES: dict[Audience, tuple[object, object]] = {
    "callers": (
        lazy_gettext("People with one of my codes"),
        lazy_gettext("They see it on your page, before they call."),
    ),
    "called": (
        lazy_gettext("People whom I call"),
        lazy_gettext("They see it while it rings."),
    ),
    "visitors": (
        lazy_gettext("Everybody else who opens my page"),
        lazy_gettext("Only while anyone may call you; otherwise they see nothing at all."),
    ),
}


@blueprint.before_request
def _only_where_offered() -> None:
    if not offered():
        abort(404)


@blueprint.get("")
@login_required  # type: ignore[untyped-decorator]
def page() -> Response:
    """How one can be called."""
    return _page()


@blueprint.post("/handle")
@limiter.limit("10 per minute; 30 per hour")
@login_required  # type: ignore[untyped-decorator]
def choose_handle() -> AnyResponse:
    """Make a personal page, or give it another address."""
    form = HandleForm()
    word = word_of(form.word.data or "") if form.validate_on_submit() else ""
    if not word:
        if not form.word.errors:
            form.word.errors = [gettext("Please give a word of letters or digits.")]
        return _page(handle_form=form, status=422)
    services().handles.choose(_me(), word)
    return _done(gettext("This is your address now. An earlier one leads nowhere."))


@blueprint.post("/handle/drop")
@login_required  # type: ignore[untyped-decorator]
def drop_handle() -> AnyResponse:
    """Take the personal page away."""
    services().handles.drop(_me())
    return _done(gettext("Your page is gone. Nobody can call you."))


@blueprint.post("/reach")
@login_required  # type: ignore[untyped-decorator]
def choose_reach() -> AnyResponse:
    """Who may call."""
    form = ReachForm()
    if not form.validate_on_submit():
        return _page(reach_form=form, status=422)
    services().contact.set_reach(_me(), cast(Reach, form.reach.data))
    return _done(gettext("Saved."))


@blueprint.post("/codes")
@limiter.limit("30 per minute; 120 per hour")
@login_required  # type: ignore[untyped-decorator]
def add_code() -> AnyResponse:
    """A new code."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(code_form=form, status=422)
    try:
        services().contact.add_code(_me(), form.label.data.strip(), form.days.data or None, clock.now())
    except TooManyCodes:
        raise UserError(gettext("You have as many codes as one account may. End one first."), 409) from None
    return _done(gettext("The code is ready. Give its link to whom it is for."))


@blueprint.post("/codes/<int:number>/revoke")
@login_required  # type: ignore[untyped-decorator]
def revoke_code(number: int) -> AnyResponse:
    """End a code."""
    try:
        services().contact.revoke(_me(), number)
    except LookupError:
        abort(404)
    return _done(gettext("The code opens nothing any more."))


@blueprint.post("/shares")
@login_required  # type: ignore[untyped-decorator]
def share() -> AnyResponse:
    """What each audience sees."""
    services().sharing.choose(_me(), {audience: request.form.getlist(audience) for audience in AUDIENCES})
    return _done(gettext("Saved."))


@blueprint.post("/blocks/<int:number>/lift")
@login_required  # type: ignore[untyped-decorator]
def lift_block(number: int) -> AnyResponse:
    """Let somebody call again."""
    try:
        services().contact.unblock(_me(), number)
    except LookupError:
        abort(404)
    return _done(gettext("They may call you again, as everybody else may."))


def _me() -> int:
    return int(current_user.person.id)


def _done(said: str) -> AnyResponse:
    flash(said)
    return redirect(url_for("calls_settings.page"), 303)


def _page(
    *,
    handle_form: HandleForm | None = None,
    reach_form: ReachForm | None = None,
    code_form: CodeForm | None = None,
    status: int = 200,
) -> Response:
    behind, me = services(), _me()
    handle = behind.handles.of(me)
    item = behind.policy.item("account.settings")
    return CallsPage(
        handle=handle,
        address=_address(handle) if handle else "",
        purpose=wording.purpose(item.purpose, language()) if item is not None else "",
        handle_form=handle_form or HandleForm(formdata=None, word=handle.rpartition("-")[0]),
        reach_form=reach_form or ReachForm(formdata=None, reach=behind.contact.reach(me)),
        code_form=code_form or CodeForm(formdata=None, days=30),
        codes=[_code_line(handle, held) for held in behind.contact.codes(me, clock.now())],
        audiences=_audiences(),
        blocks=_blocks(),
    ).render(status)


def _address(handle: str, code: str = "") -> str:
    """The whole address where the operator has said what it is; else the page's script completes the path."""
    path = url_for("calling.person", handle=handle, code=code or None)
    return f"{services().config.public_url or ''}{path}"


def _code_line(handle: str, held: HeldCode) -> CodeLine:
    until = "" if held.expires is None else _day(held.expires)
    return CodeLine(held.id, _address(handle, held.code) if handle else "", held.label, until)


def _day(seconds: int) -> str:
    return str(format_date(datetime.fromtimestamp(seconds, UTC).date(), "long"))


def _audiences() -> list[AudienceLine]:
    sharing = services().sharing
    chosen = sharing.chosen(_me())
    return [
        AudienceLine(
            audience,
            str(_AUDIENCES[audience][0]),
            str(_AUDIENCES[audience][1]),
            [
                (field, wording.category(f"account.{field}", language()), field in chosen[audience])
                for field in sharing.fields
            ],
        )
        for audience in AUDIENCES
        if sharing.fields
    ]


def _blocks() -> list[BlockLine]:
    behind = services()
    return [
        BlockLine(block.id, behind.sharing.shown(block.account_id, "called").name)
        for block in behind.contact.blocks(_me())
    ]
