"""One's own group: make it, see it, leave it; its members."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.web.factors.guards import fresh_required
from onmeet.web.factors.telling import tell
from onmeet.web.groups import words
from onmeet.web.groups.asking import guard, me, ruling
from onmeet.web.groups.contexts import GroupPage, MembersPage, NoGroupPage
from onmeet.web.groups.forms import NameForm
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("groups", __name__, url_prefix="/group")
guard(blueprint)


@blueprint.get("")
@login_required  # type: ignore[untyped-decorator]
def home() -> Response:
    """The group, or the way into one."""
    return _home(NameForm(formdata=None))


@blueprint.post("")
@limiter.limit("10 per hour")
@login_required  # type: ignore[untyped-decorator]
def create() -> AnyResponse:
    """Make a group and own it."""
    form = NameForm()
    if not form.validate_on_submit():
        return _home(form, 422)
    services().groups.create(me(), form.name.data, clock.now().date())
    flash(gettext("Your group is ready. Invite its members."))
    return redirect(url_for("groups.home"), 303)


@blueprint.post("/name")
@login_required  # type: ignore[untyped-decorator]
def rename() -> AnyResponse:
    """Call it something else."""
    form = NameForm()
    if not form.validate_on_submit():
        return _home(form, 422)
    services().groups.rename(me(), form.name.data)
    flash(gettext("Saved."))
    return redirect(url_for("groups.home"), 303)


@blueprint.post("/leave")
@login_required  # type: ignore[untyped-decorator]
def leave() -> AnyResponse:
    """Go; the account stays."""
    services().groups.leave(me())
    flash(gettext("You have left the group. Your account and your meetings stay yours."))
    return redirect(url_for("groups.home"), 303)


@blueprint.post("/delete")
@fresh_required(back="groups.home")
def delete() -> AnyResponse:
    """End the group."""
    services().groups.delete(me())
    flash(gettext("The group is deleted. The accounts of its members stay theirs."))
    return redirect(url_for("groups.home"), 303)


@blueprint.get("/members")
@login_required  # type: ignore[untyped-decorator]
def members() -> Response:
    """Who is in it, for those who run it."""
    here, behind = ruling(), services()
    return MembersPage(
        here=here,
        members=behind.groups.members(me()),
        seats=behind.groups.seats(here.group),
        roles={role: str(name) for role, name in words.ROLES.items()},
        tied=here.role == "owner" and bool(behind.single_sign_on.settings(me()).issuer),
    ).render()


@blueprint.post("/members/<int:number>/remove")
@login_required  # type: ignore[untyped-decorator]
def remove(number: int) -> AnyResponse:
    """Put somebody out."""
    services().groups.remove(me(), number)
    flash(gettext("Removed from the group. The account stays theirs."))
    return redirect(url_for("groups.members"), 303)


@blueprint.post("/members/<int:number>/<any(admin,member):role>")
@login_required  # type: ignore[untyped-decorator]
def set_role(number: int, role: str) -> AnyResponse:
    """Make somebody an admin, or no longer one."""
    services().groups.set_role(me(), number, "admin" if role == "admin" else "member")
    flash(gettext("Saved."))
    return redirect(url_for("groups.members"), 303)


@blueprint.post("/members/<int:number>/release")
@fresh_required(back="groups.members")
def release(number: int) -> AnyResponse:
    """Let the group's sign-in service say anew who a member is."""
    tell(services().ties.release_member(me(), number), "sign-on-released")
    flash(gettext("Released. The next sign-in there with the address of this account ties it anew."))
    return redirect(url_for("groups.members"), 303)


@blueprint.post("/members/<int:number>/owner")
@fresh_required(back="groups.members")
def hand_over(number: int) -> AnyResponse:
    """Make somebody else the owner."""
    services().groups.hand_over(me(), number)
    flash(gettext("The group has a new owner. You are one of its admins."))
    return redirect(url_for("groups.home"), 303)


def _home(form: NameForm, status: int = 200) -> Response:
    behind = services()
    here = behind.groups.of(me())
    if here is None:
        return NoGroupPage(form=form, offers=behind.domains.offers(me())).render(status)
    if not form.is_submitted():
        form.name.data = here.name
    return GroupPage(
        here=here,
        role=str(words.ROLES[here.role]),
        sees=words.seen(behind.policy, language()),
        tightens=words.tightened(behind.groups.policy(here.group), language()),
        seats=behind.groups.seats(here.group) if here.rules else None,
        form=form,
    ).render(status)
