"""The cookies: the signed session, the language, the theme, and where the notice asks, the choice of cookies.

All of them are needed by what they do, but the one for statistics, which `cookie_choice` sets after consent.

Over https every name carries the `__Host-` prefix: the browser then takes the cookie only from this very
host, over https, for the whole site, so that no neighbour under the same domain can plant one.
"""

from __future__ import annotations

from flask import Flask, Response, has_request_context, request
from flask.sessions import SecureCookieSessionInterface

__all__ = [
    "CHOICES", "LANGUAGE", "SESSION", "STATISTICS", "THEME", "SessionCookie", "forget", "keep", "keep_choice",
    "read_choice",
]  # fmt: skip

SESSION = "onmeet"
LANGUAGE = "onmeet_language"
THEME = "onmeet_theme"
CHOICES = "onmeet_choices"
STATISTICS = "onmeet_statistics"

YEAR = 365 * 86_400


class SessionCookie(SecureCookieSessionInterface):
    """Flask's signed session, whose name and Secure flag follow the scheme of the request."""

    def get_cookie_name(self, app: Flask) -> str:
        return _name(SESSION)

    def get_cookie_secure(self, app: Flask) -> bool:
        return _secure()


def keep_choice(response: Response, name: str, value: str) -> None:
    """Remember a choice (language, theme, cookies) in the browser for a year."""
    keep(response, name, value, YEAR)


def keep(response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that ends after so many seconds, or with the browser's session."""
    response.set_cookie(
        _name(name), value, max_age=seconds, secure=_secure(), httponly=True, samesite="Lax", path="/"
    )


def forget(response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(_name(name), secure=_secure(), httponly=True, samesite="Lax", path="/")


def read_choice(name: str, allowed: tuple[str, ...]) -> str | None:
    """The choice that the browser remembers, when it is one that exists."""
    value = request.cookies.get(_name(name))
    return value if value in allowed else None


def _secure() -> bool:
    return has_request_context() and request.is_secure


def _name(base: str) -> str:
    return f"__Host-{base}" if _secure() else base
