"""After a sign-in: the notice has changed since you were here. What is different, and what is asked anew."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.errors import ConfigError
from onmeet.notices import versions
from onmeet.notices.change_words import told
from onmeet.notices.consents import Consents
from onmeet.notices.notice import Notice
from onmeet.web import consent_texts
from onmeet.web.contexts import NoticeChangedPage
from onmeet.web.language import language
from onmeet.web.notice_pages import with_contacts
from onmeet.web.security import safe_path
from onmeet.web.services import services

__all__ = ["blueprint", "consents", "label_in_force", "shown_first"]

blueprint = Blueprint("notice_change", __name__)


def consents() -> Consents:
    """The consents of accounts under the notice in force."""
    return Consents(services().database, services().policy)


def label_in_force() -> str:
    """What an account remembers of the notice that this process obeys."""
    return versions.label_of(services().policy.notice)


def shown_first(wanted: str) -> str:
    """Where somebody who has just signed in goes: `wanted`, after a look at a changed notice."""
    person = current_user.person
    if person.notice == label_in_force():
        return wanted
    if not person.notice and _nothing_before():
        services().accounts.saw_notice(person.id, label_in_force())
        return wanted
    return url_for("notice_change.show", next=wanted)


@blueprint.get("/notice-changed")
@login_required  # type: ignore[untyped-decorator]
def show() -> Response:
    """What changed since this person last looked, consents to tick, and three honest ways on."""
    before, now = _seen(), services().policy.notice
    return NoticeChangedPage(
        changes=told(with_contacts(before), with_contacts(now), language()) if before is not None else (),
        known=before is not None,
        version=now.version,
        asked=[(consent.name, consent_texts.sentence(consent)) for consent in consents().needed(_account())],
        next=safe_path(request.args.get("next")) or "",
    ).render()


@blueprint.post("/notice-changed")
@login_required  # type: ignore[untyped-decorator]
def go_on() -> AnyResponse:
    """Keep the boxes that were ticked, and remember that this notice was shown."""
    ticked = set(request.form.getlist("agree"))
    service, now = consents(), clock.now()
    for consent in service.needed(_account()):
        if consent.name in ticked:
            service.give(_account(), consent.name, consent_texts.sentence(consent), now)
    services().accounts.saw_notice(_account(), label_in_force())
    if ticked:
        flash(gettext("Your choice is kept. You can change it in your account at any time."))
    return redirect(safe_path(request.form.get("next")) or url_for("meetings.mine"), 303)


def _account() -> int:
    return int(current_user.person.id)


def _seen() -> Notice | None:
    """The notice that this person was shown last, as far as it can still be read."""
    name, _, number = current_user.person.notice.partition("/")
    with services().database.reading() as session:
        found = versions.find(session, name, number)
    try:
        return found.notice() if found is not None else None
    except ConfigError:
        return None


def _nothing_before() -> bool:
    with services().database.reading() as session:
        return len(versions.history(session)) < 2
