"""The front door: landing page, the choices in the footer, and what robots and browsers ask for."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from onmeet.web.contexts import LandingPage
from onmeet.web.cookies import LANGUAGE, THEME, keep_choice
from onmeet.web.language import LANGUAGES
from onmeet.web.notice_pages import shown
from onmeet.web.security import safe_path
from onmeet.web.services import services
from onmeet.web.site import THEMES, assets

__all__ = ["blueprint"]

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def landing() -> Response:
    """Start a meeting, or join one."""
    open_to_all = services().config.start == "anyone"
    facts = {fact.key: fact for fact in shown(services().policy.notice).summary}
    return LandingPage(
        may_start=open_to_all or current_user.is_authenticated,
        after=facts.get("stays") or facts["nothing"],
        cookies=facts.get("choice") or facts["cookies"],
    ).render()


@blueprint.post("/language")
def set_language() -> Response:
    """Keep the language that was chosen in the footer."""
    return _choose(LANGUAGE, "language", tuple(LANGUAGES))


@blueprint.post("/theme")
def set_theme() -> Response:
    """Keep the appearance that was chosen in the footer."""
    return _choose(THEME, "theme", THEMES)


def _choose(cookie: str, field: str, allowed: tuple[str, ...]) -> Response:
    value = request.form.get(field, "")
    if value not in allowed:
        abort(400)
    answer = _as_response(redirect(safe_path(request.form.get("next")) or url_for("pages.landing"), 303))
    keep_choice(answer, cookie, value)
    return answer


def _as_response(answer: AnyResponse) -> Response:
    assert isinstance(answer, Response)
    return answer


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Meetings are nobody's search result."""
    return Response("User-agent: *\nDisallow: /m/\nDisallow: /meetings\n", mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Where browsers look without being told."""
    return _as_response(redirect(assets().url("img/favicon.svg")))


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Lets a telephone keep the site like an app."""
    icon = {"src": assets().url("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    answer = jsonify(
        name="OnMeet",
        short_name="OnMeet",
        description=gettext("Video meetings that only those who take part can see and hear."),
        start_url="/",
        display="standalone",
        background_color="#f3f5ef",
        theme_color="#14573f",
        icons=[icon],
    )
    answer.mimetype = "application/manifest+json"
    return answer
