"""The WebSocket route of meetings: is this our page, may this browser enter, then pump until the end.

Each socket holds one thread of the server; `Doorkeeper` keeps threads free for pages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import structlog
from flask import Flask, current_app
from flask.blueprints import BlueprintSetupState
from flask_sock import Sock
from simple_websocket import Server
from werkzeug.exceptions import HTTPException

from onmeet.clock import monotonic
from onmeet.errors import UserError
from onmeet.signalling import closing
from onmeet.signalling.client import RelayLink, RelayUnreachable
from onmeet.signalling.closing import Closing
from onmeet.signalling.ticket import Ticket
from onmeet.web.doorkeeper import Doorkeeper
from onmeet.web.entrance import account_id, ticket_for
from onmeet.web.handshake import foreign, socket_blueprint
from onmeet.web.limits import client
from onmeet.web.noting import note
from onmeet.web.pump import Browser, pump
from onmeet.web.services import services

__all__ = ["MAX_SOCKETS", "alarm_of", "blueprint", "close_sockets"]

MAX_SOCKETS = 208
"""Sockets served at once; gunicorn_conf.py has more threads than this, so that pages stay served."""

_EXTENSION = "onmeet.sockets"

log = structlog.get_logger()
sock = Sock()
blueprint = socket_blueprint("socket")


class _NoThread:
    """What flask-sock starts for reading a socket: nothing, because `pump` reads it."""

    def __init__(self, target: Any) -> None:
        self.name = ""

    def start(self) -> None:
        """Do nothing."""


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": _NoThread}
    state.app.extensions[_EXTENSION] = Doorkeeper(MAX_SOCKETS)


def alarm_of(app: Flask) -> int:
    """A descriptor that becomes readable when the app stops serving sockets."""
    return cast(Doorkeeper, app.extensions[_EXTENSION]).alarm


def close_sockets(app: Flask) -> None:
    """Close the app's sockets with 1012: the server ends. Safe in a signal handler."""
    keeper = app.extensions.get(_EXTENSION)
    if isinstance(keeper, Doorkeeper):
        keeper.close_all()


@sock.route("/m/<code:code>/socket", bp=blueprint)  # type: ignore[untyped-decorator]
def meeting_socket(ws: Server, code: str) -> None:
    """One browser's signalling in one meeting."""
    ws.sock.setblocking(False)
    browser = Browser(ws.ws, ws.sock)
    try:
        _serve(browser, code)
    except Exception:
        # Past the handshake an error page would be noise in the socket.
        log.error("a socket broke", exc_info=True)
    finally:
        ws.connected = False  # nothing is left for flask-sock to close
        ws.sock.setblocking(True)


def _serve(browser: Browser, code: str) -> None:
    keeper = cast(Doorkeeper, current_app.extensions[_EXTENSION])
    with keeper.admitting(client()) as why_not:
        link = why_not or foreign() or _link(code)
        if isinstance(link, Closing):
            _note(link)
            browser.turn_away(link)
            return
        try:
            pump(browser, link, keeper.alarm, monotonic, _welcome())
        finally:
            link.close()


def _welcome() -> Callable[[], bool] | None:
    """What says whether somebody who is signed in still has an account, whoever deletes or closes it."""
    account, accounts = account_id(), services().accounts
    return None if account is None else partial(accounts.is_open, account)


def _note(refusal: Closing) -> None:
    if refusal is closing.TOO_MANY:
        note("too-many-requests")
    elif refusal is closing.FORBIDDEN:
        note("socket-refused")


def _link(code: str) -> RelayLink | Closing:
    """The way to the relay, with a ticket; or why there is none."""
    ticket = _ticket(code)
    if isinstance(ticket, Closing):
        return ticket
    try:
        return RelayLink.open(services().config.relay_socket, ticket)
    except RelayUnreachable:
        return closing.UNAVAILABLE


def _ticket(code: str) -> Ticket | Closing:
    try:
        return ticket_for(code)
    except UserError as error:
        return _closing_for(error.status)
    except HTTPException as error:
        return _closing_for(error.code or 500)


def _closing_for(status: int) -> Closing:
    """The close code that says what an HTTP status says."""
    match status:
        case 404 | 410:
            return Closing(closing.FORBIDDEN.code, "no-such-meeting")
        case 423:
            return closing.LOCKED
        case 429:
            return closing.TOO_MANY
        case _ if status >= 500:
            return closing.UNAVAILABLE
        case _:
            return closing.FORBIDDEN
