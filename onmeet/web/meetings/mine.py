"""The list of meetings, and new ones."""

from __future__ import annotations

from flask import Response, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.meetings.service import TooManyMeetings
from onmeet.notices import wording
from onmeet.web.groups.tightening import my_policy
from onmeet.web.language import language
from onmeet.web.meetings.contexts import MyMeetingsPage, PlanPage
from onmeet.web.meetings.forms import MeetingForm
from onmeet.web.meetings.lines import SEARCH_FROM, arrange
from onmeet.web.meetings.routes import blueprint, keep, most, owner, too_many
from onmeet.web.services import services

__all__ = ["create", "mine", "permitted", "personal", "plan", "purposes"]


@blueprint.get("/meetings")
@login_required  # type: ignore[untyped-decorator]
def mine() -> Response:
    """The meetings that this account keeps, and those that it is a co-host of."""
    return _list(MeetingForm(formdata=None), session.pop("fresh", ""))


@blueprint.get("/meetings/new")
@login_required  # type: ignore[untyped-decorator]
def plan() -> Response:
    """Plan a meeting: title, date, repetition, who comes in how."""
    return _plan(permitted(MeetingForm.fresh(clock.now().date())))


@blueprint.post("/meetings")
@login_required  # type: ignore[untyped-decorator]
def create() -> AnyResponse:
    """Keep a new meeting, from either form; the page that follows makes its link."""
    form = permitted(MeetingForm())
    if not form.validate_on_submit():
        return _plan(form, 422) if "zone" in request.form else _list(form, status=422)
    description = form.description.data if "description" in form else ""
    kept = keep(form.title.data, description=description or "", schedule=form.schedule, lobby=form.lobby.data)
    session["fresh"] = kept.code
    if form.schedule is not None:
        return redirect(url_for("meetings.invitation", code=kept.code), 303)
    return redirect(url_for("meetings.mine"), 303)


@blueprint.post("/meetings/personal")
@login_required  # type: ignore[untyped-decorator]
def personal() -> AnyResponse:
    """Make the personal room."""
    name = current_user.person.name
    title = gettext("%(name)s’s room", name=name) if name else gettext("My room")
    try:
        session["fresh"] = services().planning.personal_room(owner(), title, most=most()).code
    except TooManyMeetings:
        raise too_many() from None
    return redirect(url_for("meetings.mine"), 303)


def permitted(form: MeetingForm) -> MeetingForm:
    """The form without what the notice in force, or a group, does not let us keep."""
    policy = my_policy()
    if not policy.stores("meeting.description"):
        del form.description
    if not policy.stores("meeting.times"):
        del form.planned
    return form


def purposes(form: MeetingForm) -> str:
    """What a meeting's details are used for, in words."""
    policy = services().policy
    fields = {"title": "meeting.topic", "description": "meeting.description", "planned": "meeting.times"}
    items = (policy.item(category) for field, category in fields.items() if field in form)
    whys = dict.fromkeys(wording.purpose(item.purpose, language()) for item in items if item is not None)
    return wording.listing(list(whys), language())


def _list(form: MeetingForm, fresh_code: str = "", status: int = 200) -> Response:
    behind, me = services(), owner()
    lists = arrange(behind.meetings.of(me), behind.hosts.helping(me), clock.now())
    return MyMeetingsPage(
        lists=lists,
        form=form,
        fresh_code=fresh_code,
        search=lists.count > SEARCH_FROM,
        plans=behind.policy.stores("meeting.times"),
    ).render(status)


def _plan(form: MeetingForm, status: int = 200) -> Response:
    return PlanPage(form=form, purposes=purposes(form)).render(status)
