"""Who is signed in: what flask-login is told about a request."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_login import LoginManager, UserMixin
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.people import Person, Standing
from onmeet.web.security import safe_path
from onmeet.web.services import services

__all__ = ["User", "login_manager"]

login_manager = LoginManager()
# It compares address and browser with a hash of both in the cookie: people would be signed out whenever
# their telephone changes networks in a meeting. The token is what protects the session.
login_manager.session_protection = None


class User(UserMixin):  # type: ignore[misc]
    """Who is signed in, and by which sign-in: the cookie holds the token, not the account's number.

    strong: a passkey or a second factor was used. checked_at: when they last proved to be there, in unix
    seconds.
    """

    def __init__(self, person: Person, token: str, *, strong: bool = False, checked_at: int = 0) -> None:
        self.person = person
        self.token = token
        self.strong = strong
        self.checked_at = checked_at

    @classmethod
    def of(cls, standing: Standing, token: str) -> User:
        """The user that a token stands for."""
        return cls(standing.person, token, strong=standing.strong, checked_at=standing.checked_at)

    def get_id(self) -> str:
        """What flask-login keeps in the session."""
        return self.token


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> User | None:
    standing = services().accounts.standing(token)
    return User.of(standing, token) if standing else None


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _ask_to_sign_in() -> AnyResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("accounts.sign_in", next=safe_path(wanted)))
