"""Joining a group: by a link, or because of the domain of one's address. First it is said what that means."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.groups.invitations import Offer
from onmeet.groups.membership import Membership
from onmeet.web.groups import words
from onmeet.web.groups.asking import guard, me
from onmeet.web.groups.contexts import JoinPage
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("joining", __name__)
guard(blueprint)


@blueprint.get("/join/<token>")
@limiter.limit("60 per minute; 300 per hour")
def look(token: str) -> Response:
    """What a link leads into. Somebody who is not signed in may read it first."""
    offer = services().invitations.offer(token, clock.now())
    return _show(offer, url_for("joining.join", token=token))


@blueprint.post("/join/<token>")
@limiter.limit("30 per minute; 100 per hour")
@login_required  # type: ignore[untyped-decorator]
def join(token: str) -> AnyResponse:
    """Go in by a link."""
    return _welcome(services().invitations.accept(token, me(), clock.now()))


@blueprint.get("/group/offers/<int:number>")
@login_required  # type: ignore[untyped-decorator]
def look_by_domain(number: int) -> Response:
    """What the domain of one's address leads into."""
    offer = services().domains.offer(me(), number).offer
    return _show(offer, url_for("joining.join_by_domain", number=number))


@blueprint.post("/group/offers/<int:number>")
@limiter.limit("30 per minute; 100 per hour")
@login_required  # type: ignore[untyped-decorator]
def join_by_domain(number: int) -> AnyResponse:
    """Go in because of it."""
    return _welcome(services().domains.accept(me(), number, clock.now().date()))


def _show(offer: Offer, action: str) -> Response:
    behind = services()
    here = behind.groups.of(me()) if current_user.is_authenticated else None
    erased = sorted(each for each in offer.policy.withheld if each.startswith("account."))
    return JoinPage(
        name=offer.name,
        role=str(words.ROLES[offer.role]),
        sees=words.seen(behind.policy, language()),
        tightens=words.tightened(offer.policy, language()),
        erases=words.names(erased, language()),
        sign_in=behind.single_sign_on.demanded_by(offer.group),
        action=action,
        elsewhere=here.name if here is not None else "",
    ).render()


def _welcome(here: Membership) -> AnyResponse:
    behind = services()
    withheld = behind.groups.policy_of(here.account).withheld
    behind.erasure.categories(here.account, withheld, clock.now())
    flash(gettext("You are in the group %(name)s now.", name=here.name))
    return redirect(url_for("groups.home"), 303)
