"""The WebSocket route: is this our page, may this browser enter, then pump until the end.

A refusal is a close code after the handshake, because a page cannot see the status of a handshake
that failed. Each socket holds one thread of the server; `Doorkeeper` keeps threads free for pages.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import structlog
from flask import Blueprint, Flask, current_app, request
from flask.blueprints import BlueprintSetupState
from flask_sock import Sock
from simple_websocket import Server
from werkzeug.exceptions import HTTPException
from wsproto.utilities import RemoteProtocolError

from onmeet.clock import Clock, monotonic
from onmeet.errors import UserError
from onmeet.signalling import closing
from onmeet.signalling.allowance import Allowance
from onmeet.signalling.client import RelayLink, RelayUnreachable
from onmeet.signalling.closing import Closing
from onmeet.signalling.ticket import Ticket
from onmeet.web.entrance import account_id, ticket_for
from onmeet.web.limits import client, limiter
from onmeet.web.noting import note
from onmeet.web.pump import Browser, pump
from onmeet.web.security import same_origin
from onmeet.web.services import services

__all__ = ["MAX_SOCKETS", "Doorkeeper", "alarm_of", "blueprint", "close_sockets"]

MAX_SOCKETS = 208
"""Sockets served at once; gunicorn_conf.py has more threads than this, so that pages stay served."""

_EXTENSION = "onmeet.sockets"
_KNOCKS = (10.0, 600.0)  # new sockets from one client: a second, burst (a restart brings all back at once)
_CLIENTS = 4096
_SHARE = 0.75  # of all sockets, at most for one client: nobody keeps everybody else out alone

_BAD_ORIGIN = Closing(closing.FORBIDDEN.code, "bad-origin")

log = structlog.get_logger()
sock = Sock()
blueprint = Blueprint("socket", __name__)
limiter.exempt(blueprint)  # refused by close codes instead


class Doorkeeper:
    """Counts the sockets of this process, limits newcomers, and closes everything at the end."""

    def __init__(self, most: int = MAX_SOCKETS, clock: Clock = monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._open = 0
        self._open_by: Counter[str] = Counter()
        self._knocks: dict[str, Allowance] = {}
        # Never read: one byte wakes every selector that watches it.
        self.alarm, self._bell = os.pipe()

    @property
    def open(self) -> int:
        """Sockets that are served now."""
        return self._open

    @contextmanager
    def admitting(self, who: str) -> Iterator[Closing | None]:
        """Count a socket from client `who` while the block runs; gives why not, or None."""
        with self._lock:
            why_not = self._refusal(who)
            if why_not is None:
                self._open += 1
                self._open_by[who] += 1
        try:
            yield why_not
        finally:
            if why_not is None:
                self._leave(who)

    def close_all(self) -> None:
        """Close every socket with 1012; safe in a signal handler."""
        os.write(self._bell, b"!")

    def _leave(self, who: str) -> None:
        with self._lock:
            self._open -= 1
            self._open_by[who] -= 1
            if not self._open_by[who]:
                del self._open_by[who]

    def _refusal(self, who: str) -> Closing | None:
        now = self._clock()
        if len(self._knocks) >= _CLIENTS:
            self._knocks = {k: a for k, a in self._knocks.items() if not a.full(now)}
        if len(self._knocks) >= _CLIENTS and who not in self._knocks:
            return closing.UNAVAILABLE
        if not self._knocks.setdefault(who, Allowance(*_KNOCKS, now)).take(1, now):
            return closing.TOO_MANY
        full = self._open >= self._most or self._open_by[who] >= self._most * _SHARE
        return closing.FULL if full else None


class _NoThread:
    """What flask-sock starts for reading a socket: nothing, because `pump` reads it."""

    def __init__(self, target: Any) -> None:
        self.name = ""

    def start(self) -> None:
        """Do nothing."""


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": _NoThread}
    state.app.extensions[_EXTENSION] = Doorkeeper()


def alarm_of(app: Flask) -> int:
    """A descriptor that becomes readable when the app stops serving sockets."""
    return cast(Doorkeeper, app.extensions[_EXTENSION]).alarm


def close_sockets(app: Flask) -> None:
    """Close the app's sockets with 1012: the server ends. Safe in a signal handler."""
    keeper = app.extensions.get(_EXTENSION)
    if isinstance(keeper, Doorkeeper):
        keeper.close_all()


@blueprint.before_request
def _refuse_compression() -> None:
    """Sealed payloads do not shrink, and compressing secrets next to chosen text gives them away."""
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


@blueprint.errorhandler(RemoteProtocolError)
@blueprint.errorhandler(OSError)
def _bad_handshake(_error: Exception) -> tuple[str, int]:
    """No WebSocket after all, or the browser went away meanwhile."""
    return "", 400


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
        link = why_not or _link(code)
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
    if refusal.reason == _BAD_ORIGIN.reason:
        note("foreign-origin")
    elif refusal is closing.TOO_MANY:
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
    origin = request.headers.get("Origin", "")
    if not same_origin(origin, services().config.public_url):  # RFC 6455 §10.2
        return _BAD_ORIGIN
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
