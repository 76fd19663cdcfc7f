"""The sockets of everybody who can be called: one thread serves them all.

A signed-in browser keeps such a socket for as long as a page is open, so they must not hold a thread of the
server each. The view takes the connection out of gunicorn's hands (`handed_over`) and returns; from then on a
selector loop reads, writes and pings.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import structlog
from simple_websocket import Server

from onmeet.clock import Clock, monotonic
from onmeet.errors import ProtocolError
from onmeet.signalling import closing
from onmeet.signalling.closing import Closing
from onmeet.web.pump import CLOSE_SECONDS, Browser, BrowserGone

__all__ = ["PING_SECONDS", "Connection", "Exchange", "Party", "handed_over"]

PING_SECONDS = 25.0  # proxies cut a connection that says nothing for a minute
SILENCE_SECONDS = 70.0
LONGEST = 2_000  # bytes of a message: the longest holds a sealed link
MOST_UNSENT = 64 * 1024
WELCOME_SECONDS = 10.0
_TICK_SECONDS = 1.0
_FAREWELL_SECONDS = 0.2

log = structlog.get_logger()


class Party(Protocol):
    """Whoever is at a socket. All of it runs on the exchange's thread."""

    def arrived(self) -> bool:
        """The socket is served from now on; False: it is to be closed."""

    def heard(self, message: Mapping[str, Any]) -> None:
        """A message has come. Raises `ProtocolError`."""

    def gone(self) -> None:
        """The socket has closed."""

    def welcome(self) -> bool:
        """Whether the socket may stay, asked now and then."""


def handed_over(ws: Server) -> Browser:
    """The connection of a finished handshake, which gunicorn from now on takes for closed."""
    connection = socket.socket(fileno=ws.sock.detach())
    connection.setblocking(False)
    ws.connected = False  # nothing is left for flask-sock to close
    return Browser(ws.ws, connection)


class Connection:
    """A `Line` of the switchboard: one socket, and who is at it."""

    def __init__(self, browser: Browser, exchange: Exchange) -> None:
        self.browser = browser
        self.party: Party | None = None
        self.release: Callable[[], object] = lambda: None
        self.heard_at = self.pinged_at = self.asked_at = 0.0
        self.leaves_at: float | None = None
        self._exchange = exchange

    def fileno(self) -> int:
        """For a selector."""
        return self.browser.fileno()

    def post(self, message: Mapping[str, Any]) -> None:
        """Send a message; from any thread."""
        self._exchange.post(self, json.dumps(message).encode())

    def hang_up(self) -> None:
        """Close once everything is sent; from any thread."""
        self._exchange.post(self, closing.LEFT)


class Exchange:
    """The thread. It starts with the first connection, and ends when `alarm` becomes readable."""

    def __init__(self, alarm: int, tick: Callable[[], object], clock: Clock = monotonic) -> None:
        self._alarm = alarm
        self._tick = tick
        self._clock = clock
        self._posted: deque[tuple[Connection, bytes | Closing | Party]] = deque()
        self._connections: dict[Connection, None] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake_end, self._bell = os.pipe()
        os.set_blocking(self._wake_end, False)
        os.set_blocking(self._bell, False)

    def serve(self, connection: Connection, party: Party) -> None:
        """Take a connection over. Returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="calls", daemon=True)
                self._thread.start()
        self._put(connection, party)

    def post(self, connection: Connection, what: bytes | Closing) -> None:
        """Send a text or close; from any thread."""
        self._put(connection, what)

    def _put(self, connection: Connection, what: bytes | Closing | Party) -> None:
        self._posted.append((connection, what))
        with contextlib.suppress(BlockingIOError):  # then it rings already
            os.write(self._bell, b"!")

    # -- on the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._alarm, selectors.EVENT_READ)
            selector.register(self._wake_end, selectors.EVENT_READ)
            self._selector = selector
            while True:
                ready = selector.select(_TICK_SECONDS if self._connections else None)
                if any(key.fileobj == self._alarm for key, _ in ready):
                    self._close_all()
                    return
                self._turn([key.data for key, _ in ready if key.data is not None])

    def _turn(self, ready: list[Connection]) -> None:
        for connection in ready:
            self._guarded(connection, self._move)
        self._tick()
        for connection in list(self._connections):
            self._guarded(connection, self._look_after)
        self._deliver()

    def _deliver(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_end, 4096)
        while self._posted:
            connection, what = self._posted.popleft()
            if not isinstance(what, bytes | Closing):
                self._welcome_in(connection, what)
            elif connection in self._connections:
                self._guarded(connection, partial(self._send, what=what))

    def _welcome_in(self, connection: Connection, party: Party) -> None:
        now = self._clock()
        connection.party = party
        connection.heard_at = connection.pinged_at = connection.asked_at = now
        self._connections[connection] = None
        self._selector.register(connection, selectors.EVENT_READ, connection)
        if not party.arrived():
            self._shut(connection, closing.FORBIDDEN)

    def _guarded(self, connection: Connection, act: Callable[[Connection], None]) -> None:
        """One socket's trouble is nobody else's."""
        if connection not in self._connections:
            return
        try:
            act(connection)
        except BrowserGone:
            self._drop(connection)
        except ProtocolError:
            self._shut(connection, closing.PROTOCOL)
        except Exception:
            log.error("a socket for calls broke", exc_info=True)
            self._shut(connection, closing.INTERNAL)

    def _move(self, connection: Connection) -> None:
        browser = connection.browser
        if texts := browser.receive():
            connection.heard_at = self._clock()
        if browser.wrong is not None:
            self._shut(connection, browser.wrong)
            return
        for text in texts:
            if connection.leaves_at is None and (message := _message(text)) is not None:
                assert connection.party is not None
                connection.party.heard(message)
        self._flush(connection)
        if browser.farewell is not None:
            raise BrowserGone

    def _send(self, connection: Connection, what: bytes | Closing) -> None:
        if isinstance(what, Closing):
            self._shut(connection, what)
        elif connection.leaves_at is None:
            connection.browser.send(what)
            self._flush(connection)

    def _look_after(self, connection: Connection) -> None:
        now = self._clock()
        if connection.leaves_at is not None:
            if connection.leaves_at <= now:
                raise BrowserGone
        elif now - connection.heard_at >= SILENCE_SECONDS or connection.browser.unsent > MOST_UNSENT:
            self._shut(connection, closing.TIMEOUT)
        elif now - connection.asked_at >= WELCOME_SECONDS:
            connection.asked_at = now
            if connection.party is not None and not connection.party.welcome():
                self._shut(connection, closing.FORBIDDEN)
        elif now - connection.pinged_at >= PING_SECONDS:
            connection.pinged_at = now
            self._send(connection, b'{"type": "ping"}')

    def _flush(self, connection: Connection) -> None:
        connection.browser.flush()
        waits = selectors.EVENT_WRITE if connection.browser.unsent else 0
        self._selector.modify(connection, selectors.EVENT_READ | waits, connection)

    def _shut(self, connection: Connection, how: Closing) -> None:
        """Say goodbye, and give the browser a moment to answer."""
        if connection.leaves_at is not None:
            return
        connection.leaves_at = self._clock() + CLOSE_SECONDS
        connection.browser.close(how)
        try:
            self._flush(connection)
        except BrowserGone:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        del self._connections[connection]
        self._selector.unregister(connection)
        with contextlib.suppress(BrowserGone):
            connection.browser.flush()
        connection.browser.drop()
        connection.release()
        if connection.party is not None:
            connection.party.gone()

    def _close_all(self) -> None:
        """The server ends: every browser is told to come back."""
        for connection in list(self._connections):
            with contextlib.suppress(BrowserGone):
                connection.browser.turn_away(closing.RESTART)
        deadline = self._clock() + _FAREWELL_SECONDS
        while any(connection.browser.unsent for connection in self._connections) and self._clock() < deadline:
            self._selector.select(0.02)
            for connection in self._connections:
                with contextlib.suppress(BrowserGone):
                    connection.browser.flush()


def _message(text: bytes) -> dict[str, Any] | None:
    """The message, or None for the answer to a ping. Raises `ProtocolError`."""
    try:
        message = json.loads(text) if len(text) <= LONGEST else None
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise ProtocolError("bad-message", "no JSON object, or too long")
    return None if message.get("type") == "pong" else message
