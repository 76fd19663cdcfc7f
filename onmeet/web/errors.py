"""Errors as pages: friendly, in the visitor's language, with the way back; as JSON for scripts."""

from __future__ import annotations

import structlog
from flask import Flask, Response, jsonify, request
from flask_babel import LazyString, gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from onmeet.errors import UserError
from onmeet.meetings.service import MeetingGone
from onmeet.web.contexts import ErrorPage
from onmeet.web.site import page_behind

__all__ = ["TEXTS", "init_app"]

log = structlog.get_logger()

TEXTS: dict[int, tuple[LazyString, LazyString]] = {
    400: (
        lazy_gettext("That did not arrive well"),
        lazy_gettext("The server could not make sense of the request. Go back and try again."),
    ),
    403: (
        lazy_gettext("This door stays closed"),
        lazy_gettext("You may not do that here, or the request came from another site."),
    ),
    404: (
        lazy_gettext("There is nothing here"),
        lazy_gettext("The address may be mistyped, or the page has gone."),
    ),
    405: (
        lazy_gettext("Not this way"),
        lazy_gettext("This address exists, but it cannot be used like that."),
    ),
    413: (
        lazy_gettext("Too much at once"),
        lazy_gettext("What you sent is larger than the server takes."),
    ),
    429: (
        lazy_gettext("A little slower, please"),
        lazy_gettext("Too many requests came from your network. Wait a minute and try again."),
    ),
    500: (
        lazy_gettext("That was our fault"),
        lazy_gettext("Something went wrong on the server. It is noted, without anything about you."),
    ),
    503: (
        lazy_gettext("The server is resting"),
        lazy_gettext("A part of it is starting again. It is usually back in a few seconds."),
    ),
}

_STALE_FORM = lazy_gettext("This page was open for too long, or cookies are switched off. Load it again.")
_NO_MEETING = (
    lazy_gettext("No such meeting"),
    lazy_gettext("Nobody keeps a meeting under this code. Check the link or ask for a new one."),
)


def init_app(app: Flask) -> None:
    """Answer every error of `app`, whatever raised it."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(UserError, _user)
    app.register_error_handler(MeetingGone, _meeting_gone)
    app.register_error_handler(Exception, _bug)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value] # a redirect of the router
    headers = {}
    if status == 429:
        headers["Retry-After"] = "60"
    if status == 405:
        headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    title, text = TEXTS.get(status) or TEXTS[400 if status < 500 else 500]
    return _answer(status, title, text, headers, again=page_behind() if status == 405 else "")


def _stale(_error: CSRFError) -> Response:
    return _answer(400, TEXTS[400][0], _STALE_FORM, again=page_behind())


def _user(error: UserError) -> Response:
    title, _ = TEXTS.get(error.status) or TEXTS[400]
    return _answer(error.status, title, gettext(error.message))


def _meeting_gone(_error: MeetingGone) -> Response:
    return _answer(404, *_NO_MEETING)


def _bug(error: Exception) -> Response:
    """A mistake of ours: logged by its type and place, shown without either."""
    log.error("unhandled error", endpoint=request.endpoint, method=request.method, exc_info=error)
    return _answer(500, *TEXTS[500])


def _answer(
    status: int,
    title: LazyString | str,
    text: LazyString | str,
    headers: dict[str, str] | None = None,
    again: str = "",
) -> Response:
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        response = jsonify(error=str(text))
        response.status_code = status
        response.headers.update(headers or {})
        return response
    return ErrorPage(status=status, title=str(title), text=str(text), again=again).render(status, headers)
