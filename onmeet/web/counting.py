"""Which opened pages are counted: of those who may be counted, where the notice permits it (N2.9, N4.8)."""

from __future__ import annotations

from flask import Flask, Response, request

from onmeet.web.cookie_choice import statistics_allowed
from onmeet.web.noting import notes
from onmeet.web.services import Services

__all__ = ["init_app"]


def init_app(app: Flask, behind: Services) -> None:
    """Count what `app` shows; where the notice permits no counts, no page takes a step more."""
    if behind.policy.stores("usage.aggregate"):
        app.after_request(_count)


def _count(response: Response) -> Response:
    if (
        request.method == "GET"
        and response.status_code == 200
        and response.mimetype == "text/html"
        and request.url_rule is not None
        and "Upgrade" not in request.headers  # a WebSocket, whose end looks like an empty page
        and statistics_allowed()
    ):
        notes().opened(request.url_rule.rule, request.headers.get("User-Agent", ""))
    return response
