"""Arriving from an organisation's sign-in service for the first time: first it is said what that means.

Nobody joins a group, and no account is made, before a button is pressed (N1.11, N2.2).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Blueprint, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.errors import UserError
from onmeet.groups.arrivals import NotTheirs
from onmeet.groups.ties import Tie
from onmeet.notices import wording
from onmeet.web import consent_texts
from onmeet.web.factors.contexts import WelcomePage
from onmeet.web.factors.forms import WelcomeForm
from onmeet.web.factors.second import first_step_done
from onmeet.web.groups import words
from onmeet.web.groups.asking import guard
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.notice_change import label_in_force
from onmeet.web.services import services

__all__ = ["arrive", "blueprint"]

blueprint = Blueprint("welcome", __name__, url_prefix="/sign-in/sso/welcome")
guard(blueprint)

SECONDS = 900

_KEY = "arrival"


@dataclass(frozen=True, slots=True)
class _Guest:
    """Whom the service has identified. account: 0 where one is to be made."""

    group: int
    account: int
    email: str
    name: str
    tie: Tie
    next: str


def arrive(group: int, account: int, email: str, name: str, tie: Tie, wanted: str) -> AnyResponse:
    """Remember in this browser who came, and ask."""
    held = asdict(_Guest(group, account, email, name, tie, wanted))
    session[_KEY] = {**held, "ends": _now() + SECONDS}
    return redirect(url_for("welcome.page"), 303)


@blueprint.get("")
def page() -> AnyResponse:
    """What joining means."""
    return _page(_guest(), _form(formdata=None))


@blueprint.post("")
@limiter.limit("20 per minute; 60 per hour")
def enter() -> AnyResponse:
    """Make the account, or let the one that there is join; then in."""
    guest, form, asked = _guest(), _form(), dict(consent_texts.before_account())
    agreed = asked.keys() <= set(request.form.getlist("agree"))
    if not form.validate_on_submit() or (not guest.account and not agreed):
        return _page(guest, form, 422, refused=not agreed)
    account = guest.account or _made(guest, asked)
    if guest.account:
        services().arrivals.join(guest.group, guest.account)
        withheld = services().groups.policy_of(account).withheld
        services().erasure.categories(account, withheld, clock.now())
    session.pop(_KEY)
    person = services().accounts.person(account)
    if person is None:
        raise _too_late()
    return first_step_done(person, stay=False, wanted=guest.next, suspicious=False, tie=guest.tie)


def _made(guest: _Guest, asked: dict[str, str]) -> int:
    """A new account, with the name that the service gave where it may be kept. Raises `UserError`."""
    behind = services()
    withheld = behind.groups.policy(guest.group).withheld
    name = guest.name if behind.policy.stores("account.name") and "account.name" not in withheld else ""
    try:
        return behind.arrivals.make(
            guest.group,
            guest.email,
            name,
            guest.tie,
            language=language(),
            notice=label_in_force(),
            consents=asked,
        )
    except NotTheirs:
        raise _too_late() from None


def _form(**options: object) -> WelcomeForm:
    form = WelcomeForm(**options)
    if not services().policy.notice.minimum_age or _guest().account:
        del form.old_enough
    return form


def _page(guest: _Guest, form: WelcomeForm, status: int = 200, *, refused: bool = False) -> AnyResponse:
    behind = services()
    policy, new = behind.policy, not guest.account
    if new and behind.config.registration != "open":
        raise UserError(gettext("New accounts are made by the operator of this server."), 403)
    service = behind.single_sign_on.of_group(guest.group)
    asked = (policy.item(category) for category in ("account.email", "account.name"))
    whys = dict.fromkeys(wording.purpose(item.purpose, language()) for item in asked if item is not None)
    return WelcomePage(
        form=form,
        group=service.name,
        email=guest.email,
        new=new,
        sees=words.seen(policy, language()),
        tightens=words.tightened(behind.groups.policy(guest.group), language()),
        purposes=wording.listing(list(whys), language()),
        minimum_age=policy.notice.minimum_age,
        asked=consent_texts.before_account() if new else [],
        refused=refused,
    ).render(status)


def _guest() -> _Guest:
    """Who came from the service a moment ago. Raises `UserError`."""
    held = dict(session.get(_KEY) or {})
    if held.pop("ends", 0) <= _now():
        session.pop(_KEY, None)
        raise _too_late()
    return _Guest(**{**held, "tie": Tie(**held["tie"])})


def _too_late() -> UserError:
    return UserError(gettext("That took too long. Please sign in again from the beginning."), 403)


def _now() -> int:
    return int(services().accounts.now().timestamp())
