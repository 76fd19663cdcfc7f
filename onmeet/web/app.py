"""The web process: extensions and blueprints, joined to one Flask app."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from onmeet.config import Config
from onmeet.db import HIGHEST_NUMBER, Base
from onmeet.meetings.codes import PATTERN
from onmeet.migrations import tables as _tables  # noqa: F401 - declares every table
from onmeet.notices.columns import check_declared
from onmeet.web import (
    accounts,
    admin,
    cookie_choice,
    counting,
    errors,
    health,
    holdings,
    just_in_time,
    language,
    letters,
    limits,
    meetings,
    my_data,
    notice_change,
    notice_pages,
    noting,
    pages,
    proving,
    receipts,
    requests,
    security,
    site,
    socket,
    telephone,
    usage,
)
from onmeet.web.assets import Assets
from onmeet.web.billing import views as billing
from onmeet.web.billing import webhook
from onmeet.web.calling import ringing
from onmeet.web.calling import settings as calls_settings
from onmeet.web.calling import sockets as calls
from onmeet.web.calling import views as calling
from onmeet.web.cookies import SessionCookie
from onmeet.web.factors import routes as factor_routes
from onmeet.web.groups import joining as joining_groups
from onmeet.web.groups import running as running_groups
from onmeet.web.groups import views as group_views
from onmeet.web.limits import limiter
from onmeet.web.services import Services, build
from onmeet.web.signing import confirming, details, forgotten, moving, picture
from onmeet.web.signing.entering import LONG
from onmeet.web.signing.users import login_manager

__all__ = ["create_app"]

MAX_BODY = 64 * 1024
"""Bytes that a request may carry: forms here are small."""


def create_app(config: Config, services: Services | None = None) -> Flask:
    """The app for `config`. `services` replaces what it would build itself (in tests).

    Raises `ConfigError` when a stored column is not declared.
    """
    check_declared(Base.metadata)
    app = Flask("onmeet.web", template_folder=str(site.STATIC.parent / "templates"), static_folder=None)
    app.config.from_mapping(_flask_settings(config))
    app.session_interface = SessionCookie()
    app.url_map.converters.update(code=CodeConverter, int=NumberConverter)
    behind = services or build(config)
    behind.attach(app)
    holdings.init_app(app, behind)
    noting.init_app(app, behind)
    counting.init_app(app, behind)
    receipts.init_app(app, behind)
    ringing.init_app(app)
    picture.init_app(app)
    _extend(app, config)
    for module in (
        pages,
        notice_pages,
        holdings,
        receipts,
        accounts,
        confirming,
        forgotten,
        details,
        moving,
        picture,
        my_data,
        usage,
        requests,
        meetings,
        health,
        socket,
        cookie_choice,
        notice_change,
        just_in_time,
        letters,
        proving,
        telephone,
        billing,
        webhook,
        group_views,
        joining_groups,
        running_groups,
        calling,
        calls,
        calls_settings,
        admin,
    ):
        app.register_blueprint(module.blueprint)
    factor_routes.init_app(app)
    return app


class CodeConverter(BaseConverter):
    """A meeting code in an address; anything else there is no address of ours."""

    regex = PATTERN

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(url_map, *args, **kwargs)


class NumberConverter(IntegerConverter):
    """The number of a row in an address. A longer one names nothing, and no database can look for it."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=HIGHEST_NUMBER)


def _extend(app: Flask, config: Config) -> None:
    files = Assets(site.STATIC)
    errors.init_app(app)
    security.init_app(app, config)
    language.init_app(app)
    limiter.init_app(app)
    CSRFProtect(app)
    login_manager.init_app(app)
    site.init_app(app, config, files)
    cookie_choice.init_app(app)
    app.wsgi_app = files.in_front_of(app.wsgi_app)  # type: ignore[assignment, method-assign]
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=0
        )


def _flask_settings(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        **limits.settings(config),
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY,
        "MAX_FORM_PARTS": 50,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": LONG,
        "PROPAGATE_EXCEPTIONS": False,
        # A token lives as long as its session; the Referer that flask-wtf would check over https is never
        # sent under our Referrer-Policy, so `security` looks at Origin and Sec-Fetch-Site instead.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "WTF_CSRF_SECRET_KEY": f"{config.secret_key}/csrf",
    }
