"""Where the payment provider tells that something happened. Its signature stands for a sign-in."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, request
from flask.blueprints import BlueprintSetupState

from onmeet import clock
from onmeet.billing.provider import BadSignature
from onmeet.errors import ProviderError
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("billing_webhook", __name__)

MAX_BODY = 512 * 1024
"""Bytes: an invoice with many lines is long."""

log = structlog.get_logger()


@blueprint.record_once
def _need_no_form(state: BlueprintSetupState) -> None:
    """The provider has no page of ours, and so no token of a form."""
    state.app.extensions["csrf"].exempt(take)


@blueprint.post("/billing/webhook")
@limiter.exempt
def take() -> Response:
    """200 for what is done or means nothing here; 400 for a forgery; 503 when it ought to come again."""
    payments = services().selling.payments
    if payments is None:
        abort(404)
    request.max_content_length = MAX_BODY
    try:
        payments.webhooks.take(request.get_data(), request.headers.get("Stripe-Signature", ""), clock.now())
    except BadSignature:
        log.warning("a message in the name of the payment provider was refused")
        return _plain(400)
    except ProviderError:
        return _plain(503)
    return _plain(200)


def _plain(status: int) -> Response:
    return Response(status=status, mimetype="text/plain")
