"""Views that need more than a sign-in: a fresh proof that its owner is there, or an operator.

    @blueprint.post("/account/…")
    @fresh_required
    def change() -> AnyResponse: ...

Whoever lacks the proof gives it on the page of `checking` and comes back: to a page that was opened, or,
where something was to be done, to the page named by `back`, where it can be done again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, cast

from flask import abort, current_app, flash, jsonify, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from onmeet.web.security import safe_path
from onmeet.web.services import services

__all__ = [
    "OPERATOR", "ProofMissing", "fresh_required", "is_fresh", "is_operator", "operator_required",
    "password_counts", "prove", "prove_first",
]  # fmt: skip

P = ParamSpec("P")
View = Callable[P, AnyResponse]

OPERATOR = "operator"
"""The role that opens the operator's pages."""

OVERVIEW = "factors.overview"


class ProofMissing(Exception):
    """What was asked for needs a fresh proof; `back` names the view to return to with it."""

    def __init__(self, back: str) -> None:
        super().__init__("a fresh proof is needed")
        self.back = back


def is_fresh() -> bool:
    """Whether who is signed in has proved to be there within the last ten minutes."""
    return bool(current_user.is_authenticated) and services().factors.is_fresh(current_user.checked_at)


def is_operator() -> bool:
    """Whether who is signed in has the operator's role."""
    return bool(current_user.is_authenticated) and current_user.person.role == OPERATOR


def password_counts() -> bool:
    """Whether the password proves who is there.

    It proves little where more is asked for at each sign-in, and nothing for an operator's pages.
    """
    if not current_user.is_authenticated:
        return True
    held = services().factors.of(current_user.person.id)
    return held.password and not held.asks_second and not (is_operator() and held.strong)


def prove_first(back: str) -> None:
    """Inside a view: raises `ProofMissing` unless there is a fresh proof."""
    if not is_fresh():
        raise ProofMissing(back)


def fresh_required(view: View[P] | None = None, *, back: str = OVERVIEW) -> Callable[..., Any]:
    """Only for who is signed in and has proved to be there within the last ten minutes."""
    if view is None:
        return lambda each: fresh_required(each, back=back)

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> AnyResponse:
        return view(*args, **kwargs) if is_fresh() else prove(back)

    return cast(View[P], login_required(guarded))


def operator_required(view: View[P] | None = None, *, back: str = OVERVIEW) -> Callable[..., Any]:
    """Only for an operator who came with a passkey or a second factor, and has just proved to be there.

    For everybody else there is no such page.
    """
    if view is None:
        return lambda each: operator_required(each, back=back)

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> AnyResponse:
        if not is_operator():
            abort(404)
        if current_user.strong and is_fresh():
            return view(*args, **kwargs)
        if services().factors.of(current_user.person.id).strong:
            return prove(back)
        flash(gettext("An operator needs a passkey or an authenticator app. Please set one up."), "error")
        return redirect(url_for(OVERVIEW), 303)

    return cast(View[P], login_required(guarded))


def prove(back: str) -> AnyResponse:
    """The way to the page that asks, and from there to where this was."""
    path = request.full_path.rstrip("?") if request.method == "GET" else request.path
    here = safe_path(path) if _opens(request.path) else None
    there = url_for("checking.page", next=here or url_for(back))
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        answer = jsonify(next=there)
        answer.status_code = 401
        return answer
    return redirect(there, 303)


def _opens(path: str) -> bool:
    """Whether a page can be opened there."""
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return True
