"""Cookies that are not essential: only after consent, refused as easily as accepted, asked anew on wish.

There is neither page nor banner where the notice in force lists no such cookie. A browser that says `DNT: 1`
or `Sec-GPC: 1` has refused: nobody asks it.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from onmeet.notices import document
from onmeet.notices.notice import Consent, Cookie
from onmeet.web import consent_texts
from onmeet.web.contexts import CookiesPage
from onmeet.web.cookies import CHOICES, STATISTICS, forget, keep, keep_choice, read_choice
from onmeet.web.language import language
from onmeet.web.security import safe_path
from onmeet.web.services import services

__all__ = [
    "blueprint", "browser_refuses", "choice", "init_app", "must_ask", "optional_cookies",
    "statistics_allowed",
]  # fmt: skip

blueprint = Blueprint("cookies", __name__)

ANSWERS = ("accepted", "refused")


def init_app(app: Flask) -> None:
    """Set and take away the statistics cookie as the choice says."""
    app.after_request(_obey)


def optional_cookies() -> tuple[Cookie, ...]:
    """The cookies of the notice in force that need consent."""
    return tuple(cookie for cookie in services().policy.notice.cookies if not cookie.essential)


def browser_refuses() -> bool:
    """Whether the browser sends a signal against tracking: Do Not Track or Global Privacy Control."""
    return request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"


def choice() -> str:
    """`accepted`, `refused`, or empty while nothing has been chosen; a signal of the browser refuses."""
    if browser_refuses():
        return "refused"
    return read_choice(CHOICES, ANSWERS) or ""


def must_ask() -> bool:
    """Whether the banner is to be shown."""
    return bool(optional_cookies()) and not choice()


def statistics_allowed() -> bool:
    """Whether this request may be counted: where the notice asks for consent, only with it.

    A browser's signal against tracking is obeyed under every notice.
    """
    if browser_refuses() or not services().policy.counts("usage.aggregate"):
        return False
    asked = any(consent.name == "statistics" for consent in services().policy.notice.consents)
    return choice() == "accepted" if asked else True


@blueprint.get("/cookies")
def settings() -> Response:
    """The cookies one by one, and the choice."""
    return _page().render()


@blueprint.post("/cookies")
def choose() -> AnyResponse:
    """Keep the choice: one step for either."""
    _refuse_without_choice()
    answer = request.form.get("choice", "")
    if answer not in ANSWERS:
        abort(400)
    done = redirect(safe_path(request.form.get("next")) or url_for("cookies.settings"), 303)
    assert isinstance(done, Response)
    keep_choice(done, CHOICES, answer)
    if answer == "accepted" and not browser_refuses():
        keep(done, STATISTICS, "yes")
    else:
        forget(done, STATISTICS)
    return done


@blueprint.post("/cookies/reset")
def reset() -> AnyResponse:
    """Forget the choice and what it allowed, then ask anew."""
    _refuse_without_choice()
    done = redirect(url_for("cookies.settings"), 303)
    assert isinstance(done, Response)
    forget(done, CHOICES)
    forget(done, STATISTICS)
    return done


@blueprint.get("/.well-known/gpc.json")
def global_privacy_control() -> Response:
    """That we honour the signal (Global Privacy Control, §5)."""
    return jsonify(gpc=True, lastUpdate=services().policy.notice.published.isoformat())


def _page() -> CookiesPage:
    _refuse_without_choice()
    notice = services().policy.notice
    return CookiesPage(
        cookies=document.sections(notice, language()).cookies,
        purposes=[consent_texts.what_for(consent) for consent in _consents()],
        choice=choice(),
        signal=browser_refuses(),
    )


def _consents() -> list[Consent]:
    wanted = {cookie.consent for cookie in optional_cookies()}
    return [consent for consent in services().policy.notice.consents if consent.name in wanted]


def _refuse_without_choice() -> None:
    if not optional_cookies():
        abort(404)


def _obey(response: Response) -> Response:
    """The statistics cookie ends with the browser's session: it comes again with the next, while allowed."""
    if request.endpoint is None or request.blueprint in ("cookies", "health", "socket"):
        return response
    has = read_choice(STATISTICS, ("yes",)) is not None
    allowed = bool(optional_cookies()) and choice() == "accepted"
    if allowed and not has and request.method == "GET":
        keep(response, STATISTICS, "yes")
    elif has and not allowed:
        forget(response, STATISTICS)
    return response
