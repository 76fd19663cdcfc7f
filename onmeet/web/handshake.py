"""What every WebSocket route here does with a handshake: uncompressed, from our own page, or refused.

A refusal is a close code after the handshake, because a page cannot see the status of one that failed.
"""

from __future__ import annotations

from flask import Blueprint, request
from wsproto.utilities import RemoteProtocolError

from onmeet.signalling import closing
from onmeet.signalling.closing import Closing
from onmeet.web.limits import limiter
from onmeet.web.noting import note
from onmeet.web.security import same_origin
from onmeet.web.services import services

__all__ = ["foreign", "socket_blueprint"]

_BAD_ORIGIN = Closing(closing.FORBIDDEN.code, "bad-origin")


def socket_blueprint(name: str) -> Blueprint:
    """A blueprint for WebSocket routes."""
    made = Blueprint(name, __name__)
    limiter.exempt(made)  # refused by close codes instead
    made.before_request(_refuse_compression)
    made.register_error_handler(RemoteProtocolError, _bad_handshake)
    made.register_error_handler(OSError, _bad_handshake)
    return made


def foreign() -> Closing | None:
    """Another site's page may not use a socket of ours (RFC 6455 §10.2); None for a page of ours."""
    if same_origin(request.headers.get("Origin", ""), services().config.public_url):
        return None
    note("foreign-origin")
    return _BAD_ORIGIN


def _refuse_compression() -> None:
    """Sealed payloads do not shrink, and compressing secrets next to chosen text gives them away."""
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


def _bad_handshake(_error: Exception) -> tuple[str, int]:
    """No WebSocket after all, or the browser went away meanwhile."""
    return "", 400
