"""The views of this package, for the app."""

from __future__ import annotations

from flask import Flask

from onmeet.web.factors import apps, checking, overview, passkeys, second, single_sign_on, welcome
from onmeet.web.factors.guards import ProofMissing, prove

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Give `app` these pages."""
    for module in (overview, passkeys, apps, second, checking, single_sign_on, welcome):
        app.register_blueprint(module.blueprint)
    app.register_error_handler(ProofMissing, lambda missing: prove(missing.back))
