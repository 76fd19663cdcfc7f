"""The one way in: whoever has been identified, by whatever means, gets a new session here."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, request, session, url_for
from flask_login import current_user, login_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.accounts.people import SignedIn
from onmeet.mail.queue import enqueue
from onmeet.notices.page_counts import OTHER, families
from onmeet.web.notice_change import shown_first
from onmeet.web.security import safe_path
from onmeet.web.services import services
from onmeet.web.signing.users import User

__all__ = ["LONG", "SHORT", "days", "device", "enter", "known_here", "onwards", "renew"]

LONG = timedelta(days=30)
SHORT = timedelta(hours=12)


def days(stay: bool) -> float:
    """How long a sign-in lasts, for `Accounts.begin`. stay: *Stay signed in on this device* was ticked."""
    return (LONG if stay else SHORT) / timedelta(days=1)


def device() -> str:
    """What the owner will see of this browser in the list; empty where the notice does not permit that.

    Families of browser and system, such as `Firefox, Linux`, or `other`.
    """
    if not services().policy.stores("account.sign_in"):
        return ""
    known = [each for each in families(request.headers.get("User-Agent", "")) if each != OTHER]
    return ", ".join(known) or OTHER


def known_here(mark: str) -> bool:
    """Whether this browser has signed in to the account before. mark: `Accounts.mark` of its address."""
    return bool(session.get("known") == mark)


def enter(signed_in: SignedIn, mark: str, stay: bool, *, suspicious: bool | None = None) -> None:
    """Give this browser a new session for a sign-in that `Accounts.begin` has begun.

    mark: `Accounts.mark` of the account's address. The owner is told by mail when the browser does not know
    the account. suspicious: tell them anyway (True), or not at all (False).
    """
    if suspicious is None:
        suspicious = not known_here(mark)
    # Nothing that somebody may have planted in this browser's session survives the sign-in
    session.clear()
    session.permanent = stay
    session["known"] = mark
    standing = services().accounts.standing(signed_in.token)
    assert standing is not None, "it has just begun"
    login_user(User.of(standing, signed_in.token))
    session.pop("_id", None)  # a hash of address and browser, which nothing reads
    if suspicious:
        with services().database.writing() as writing:
            enqueue(writing, "new-sign-in", clock.now(), account=signed_in.person.id)


def renew() -> None:
    """Give this browser's sign-in another token, so that copies of its cookie are worth nothing."""
    accounts = services().accounts
    token = accounts.sign_ins.renew(current_user.token)
    standing = accounts.standing(token)
    if standing is not None:
        login_user(User.of(standing, token))
        session.pop("_id", None)


def onwards(wanted: str | None) -> AnyResponse:
    """Where somebody goes who has just entered: `wanted` if it is a path of ours, past a changed notice."""
    return redirect(shown_first(safe_path(wanted) or url_for("meetings.mine")), 303)
