"""The sockets of direct calls: `/ringing` for who can be called, `/u/<handle>/call/<call>` for who calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app
from flask.blueprints import BlueprintSetupState
from flask_login import current_user
from flask_sock import Sock
from simple_websocket import Server

from onmeet.signalling import closing
from onmeet.signalling.closing import Closing
from onmeet.web.calling.exchange import Connection, Exchange, Party, handed_over
from onmeet.web.calling.ringing import switchboard
from onmeet.web.calling.switchboard import Switchboard
from onmeet.web.doorkeeper import Doorkeeper
from onmeet.web.handshake import foreign, socket_blueprint
from onmeet.web.limits import client
from onmeet.web.services import Services, services
from onmeet.web.socket import alarm_of

__all__ = ["MAX_SOCKETS", "blueprint"]

MAX_SOCKETS = 512
"""Browsers that can be rung or that call, at once: sockets without a thread of their own."""

_EXTENSION = "onmeet.calls"

sock = Sock()
blueprint = socket_blueprint("calls")


@dataclass(frozen=True, slots=True)
class _Calls:
    exchange: Exchange
    doorkeeper: Doorkeeper


@dataclass(frozen=True, slots=True)
class Callee:
    """A signed-in browser that waits for calls. `token`: of its sign-in, which may end meanwhile."""

    account_id: int
    token: str
    line: Connection
    switchboard: Switchboard
    behind: Services

    def arrived(self) -> bool:
        """Ring for what rings already, and from now on."""
        self.switchboard.join(self.account_id, self.line)
        return True

    def heard(self, message: Mapping[str, Any]) -> None:
        """Accept or decline."""
        self.switchboard.callee_says(self.account_id, self.line, message)

    def gone(self) -> None:
        """The last page was closed, or another one took over."""
        self.switchboard.leave(self.account_id, self.line)

    def welcome(self) -> bool:
        """Whether that sign-in still holds."""
        person = self.behind.accounts.by_token(self.token)
        return person is not None and person.id == self.account_id


@dataclass(frozen=True, slots=True)
class Calling:
    """Whoever calls; the name of the call is known to that browser alone."""

    call: str
    line: Connection
    switchboard: Switchboard

    def arrived(self) -> bool:
        """Ring, unless there is no such call."""
        return self.switchboard.dial(self.call, self.line)

    def heard(self, message: Mapping[str, Any]) -> None:
        """The sealed link."""
        self.switchboard.caller_says(self.call, message)

    def gone(self) -> None:
        """Hung up."""
        self.switchboard.caller_gone(self.call)

    def welcome(self) -> bool:
        """A call has a time of its own."""
        return True


def _calls() -> _Calls:
    return cast(_Calls, current_app.extensions[_EXTENSION])


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    with app.app_context():
        board = switchboard()
    app.extensions[_EXTENSION] = _Calls(Exchange(alarm_of(app), board.expire), Doorkeeper(MAX_SOCKETS))


@sock.route("/ringing", bp=blueprint)  # type: ignore[untyped-decorator]
def ringing(ws: Server) -> None:
    """One browser of somebody who can be called."""

    def party(line: Connection) -> Party | Closing:
        if not current_user.is_authenticated or not services().handles.has(current_user.person.id):
            return closing.FORBIDDEN
        return Callee(current_user.person.id, current_user.token, line, switchboard(), services())

    _serve(ws, party)


@sock.route("/u/<handle>/call/<call>", bp=blueprint)  # type: ignore[untyped-decorator]
def calling(ws: Server, handle: str, call: str) -> None:
    """The browser that calls; `call` is the secret name which its page was given when it asked to call."""
    _serve(ws, lambda line: Calling(call, line, switchboard()))


def _serve(ws: Server, party: Callable[[Connection], Party | Closing]) -> None:
    """Hand the connection over to the exchange, or close it and say why."""
    calls = _calls()
    with ExitStack() as stack:
        why_not = stack.enter_context(calls.doorkeeper.admitting(client())) or foreign()
        browser = handed_over(ws)
        line = Connection(browser, calls.exchange)
        someone = why_not or party(line)
        if isinstance(someone, Closing):
            browser.turn_away(someone)
            browser.drop()
            return
        line.release = stack.pop_all().close
        calls.exchange.serve(line, someone)
