"""What all templates share: the frame's context, the addresses of static files, the import map."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from flask import Flask, current_app, request
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from onmeet.config import SETTINGS, Config
from onmeet.web import cookie_choice
from onmeet.web.assets import Assets
from onmeet.web.contexts import Site
from onmeet.web.cookies import THEME, read_choice
from onmeet.web.language import LANGUAGES, language
from onmeet.web.security import csp_nonce, safe_path
from onmeet.web.services import services

__all__ = ["STATIC", "THEMES", "assets", "init_app", "operator_name", "page_behind"]

STATIC = Path(__file__).parent.parent.parent / "static"

THEMES = ("auto", "light", "dark")
_SCHEMES = {"auto": "light dark", "light": "light", "dark": "dark"}


def init_app(app: Flask, config: Config, files: Assets) -> None:
    """Give the templates of `app` what `base.html` uses."""
    app.extensions["onmeet.assets"] = files
    app.context_processor(lambda: {"site": _site(config)})
    app.add_template_global(files.url, "static_url")
    app.add_template_global(_module, "module")
    app.add_template_global(_import_map, "import_map")


def assets() -> Assets:
    """The static files of this app."""
    return cast(Assets, current_app.extensions["onmeet.assets"])


def operator_name(config: Config) -> str:
    """Who runs this instance, or empty when nobody has said so yet."""
    unnamed = next(row.default for row in SETTINGS if row.name == "ONMEET_OPERATOR")
    return "" if config.operator == unnamed else config.operator


def _site(config: Config) -> Site:
    theme = read_choice(THEME, THEMES) or "auto"
    names = {"auto": gettext("Auto"), "light": gettext("Light"), "dark": gettext("Dark")}
    return Site(
        language=language(),
        languages=list(LANGUAGES.items()),
        theme=theme,
        themes=list(names.items()),
        color_scheme=_SCHEMES[theme],
        here=_here(),
        operator=operator_name(config),
        registration_open=config.registration == "open",
        chooses_cookies=bool(cookie_choice.optional_cookies()),
        asks_cookies=cookie_choice.must_ask(),
        shows_usage=services().usage.offered,
        has_groups=services().groups.offered,
        sells_plans=services().selling.sold,
    )


def page_behind() -> str:
    """The page that a form was on, as near as its address tells: `/account/calls` for `/account/calls/codes`.

    Empty when no beginning of the path is a page.
    """
    visits = current_app.url_map.bind("")
    path = request.path
    while path.strip("/"):
        try:
            visits.match(path, method="GET")
        except HTTPException:
            path = path.rpartition("/")[0]
        else:
            return safe_path(path) or ""
    return ""


def _here() -> str:
    """The address to return to after a choice in the footer; the start page when nothing is known."""
    if request.endpoint is None:
        return "/"
    if request.method != "GET":
        return page_behind() or "/"
    return safe_path(request.full_path.rstrip("?")) or "/"


def _module(path: str) -> Markup:
    return assets().module(path, csp_nonce())


def _import_map() -> Markup:
    """The integrity of every module, before the first of them is loaded."""
    return Markup('<script type="importmap" nonce="{}">{}</script>').format(csp_nonce(), assets().import_map)
