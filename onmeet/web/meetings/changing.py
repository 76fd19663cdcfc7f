"""Change a kept meeting, or delete it."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask_babel import gettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.meetings.kept import KeptMeeting
from onmeet.web import telephone
from onmeet.web.meetings.contexts import EditMeetingPage, HostLine
from onmeet.web.meetings.forms import MeetingForm
from onmeet.web.meetings.mine import permitted, purposes
from onmeet.web.meetings.routes import blueprint, owner
from onmeet.web.services import services

__all__ = ["change", "delete", "edit"]


@blueprint.get("/meetings/<code:code>")
@login_required  # type: ignore[untyped-decorator]
def edit(code: str) -> Response:
    """Everything about one meeting."""
    kept = services().meetings.get(owner(), code)
    return _edit(kept, permitted(MeetingForm.of(kept, clock.now().date())))


@blueprint.post("/meetings/<code:code>/change")
@login_required  # type: ignore[untyped-decorator]
def change(code: str) -> AnyResponse:
    """Save it; what stood there before is erased."""
    kept = services().meetings.get(owner(), code)
    form = permitted(MeetingForm())
    if not form.validate_on_submit():
        return _edit(kept, form, 422)
    changed = services().planning.change(
        owner(),
        code,
        title=form.title.data,
        description=(form.description.data or "") if "description" in form else kept.description,
        schedule=form.schedule if "planned" in form else kept.schedule,
        lobby=form.lobby.data,
    )
    if changed.sequence == kept.sequence:
        flash(gettext("Saved."))
        return redirect(url_for("meetings.mine"), 303)
    flash(gettext("Saved. Hand out the new calendar file, so that other calendars change too."))
    return redirect(url_for("meetings.invitation", code=code), 303)


@blueprint.post("/meetings/<code:code>/delete")
@login_required  # type: ignore[untyped-decorator]
def delete(code: str) -> AnyResponse:
    """Erase the meeting."""
    services().meetings.delete(owner(), code)
    flash(gettext("The meeting is deleted."))
    return redirect(url_for("meetings.mine", deleted=code), 303)


def _edit(kept: KeptMeeting, form: MeetingForm, status: int = 200) -> Response:
    link = url_for("meetings.host", code=kept.code, token=kept.hosting) if kept.hosting else ""
    return EditMeetingPage(
        meeting=kept,
        form=form,
        purposes=purposes(form),
        code_stays_a_room=services().config.start == "anyone",
        telephone=telephone.of_room(kept.code, "host"),
        hosts=_hosts(kept.code),
        host_link=link,
    ).render(status)


def _hosts(code: str) -> list[HostLine]:
    """The co-hosts as their owner sees them: by the name that the account gives."""
    behind = services()
    return [
        HostLine(each.number, behind.own.details(each.account_id).name or gettext("without a name"))
        for each in behind.hosts.of(owner(), code)
    ]
