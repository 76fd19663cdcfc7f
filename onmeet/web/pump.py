"""The pump between one browser's WebSocket and the relay: one thread, one writer, bounded buffers.

The WebSocket's bytes are wsproto's (RFC 6455); reading, writing and closing happen in one selector loop on
two sockets that never block. So nothing is sent from two threads, a browser that does not read stops
only itself, and the end of the relay or of this process reaches the browser at once.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable, Mapping
from typing import Any

from wsproto import WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from onmeet.clock import Clock, monotonic
from onmeet.signalling import closing
from onmeet.signalling.allowance import Allowance
from onmeet.signalling.client import RelayLink, RelayUnreachable
from onmeet.signalling.closing import Closing
from onmeet.signalling.wire import UP_LIMIT, Kind, unpack_close

__all__ = ["CLOSE_SECONDS", "WELCOME_SECONDS", "Browser", "BrowserGone", "pump"]

_READ = 64 * 1024
_HIGH_WATER = 1024 * 1024
"""Bytes towards one side above which nothing more is read from the other."""

EVENTS = (200.0, 4000.0)
"""Frames, and parts of them, that a browser may send: a second, burst.

The relay counts messages more strictly; this also counts pings and empty frames, which never reach it.
"""

STALL_SECONDS = 20.0
"""How long a browser may take nothing while something waits for it."""

CLOSE_SECONDS = 2.0
"""How long a closed browser is waited for."""

WELCOME_SECONDS = 5.0
"""How long somebody whose account is deleted stays in a meeting."""

_LOOK_SECONDS = 5.0  # at a stalled browser, and at who may have become unwelcome


class BrowserGone(Exception):
    """The TCP connection has ended."""


class Browser:
    """A WebSocket after its handshake, over a socket that does not block.

    After `receive`, `farewell` tells the close code that the browser gave, and `wrong` how to close
    when it broke the protocol.
    """

    def __init__(self, protocol: WSConnection, connection: socket.socket, clock: Clock = monotonic) -> None:
        self.farewell: int | None = None
        self.wrong: Closing | None = None
        self._protocol = protocol
        self._socket = connection
        self._unsent = bytearray()
        self._parts: list[str] = []
        self._size = 0
        self._clock = clock
        self._events = Allowance(*EVENTS, clock())

    @property
    def unsent(self) -> int:
        """Bytes that wait for the browser to read."""
        return len(self._unsent)

    @property
    def closed(self) -> bool:
        """Whether both sides have said goodbye."""
        return self._protocol.state is ConnectionState.CLOSED

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def send(self, text: bytes) -> None:
        """Queue a text message."""
        self._queue(TextMessage(data=text.decode()))

    def close(self, how: Closing) -> None:
        """Queue the close frame."""
        self._queue(CloseConnection(code=how.code, reason=how.reason))

    def turn_away(self, how: Closing) -> None:
        """Close at once, without waiting for anything: the server's lingering close sees to the rest."""
        self.close(how)
        with contextlib.suppress(BrowserGone):
            self.flush()

    def drop(self) -> None:
        """Close the connection, for whoever owns it."""
        self._socket.close()

    def flush(self) -> bool:
        """Write as much as fits; whether anything moved. Raises BrowserGone."""
        if not self._unsent:
            return False
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return False
        except OSError:
            raise BrowserGone from None
        del self._unsent[:sent]
        return sent > 0

    def receive(self) -> list[bytes]:
        """The whole messages that have come. Raises BrowserGone at the end of the stream."""
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data or self.closed:
            raise BrowserGone
        self._protocol.receive_data(data)
        texts: list[bytes] = []
        now = self._clock()
        try:
            for event in self._protocol.events():
                if not self._events.take(1, now):
                    self.wrong = closing.TOO_MANY
                    break
                self._take(event, texts)
                if self.wrong is not None:
                    break
        except RemoteProtocolError as error:
            hint = error.event_hint
            self.wrong = Closing(int(hint.code) if isinstance(hint, CloseConnection) else 1002, "")
        return texts

    def _take(self, event: object, texts: list[bytes]) -> None:
        match event:
            case TextMessage(data=part):
                self._parts.append(part)
                self._size += len(part)
                if self._size > UP_LIMIT:
                    self.wrong = closing.PROTOCOL
                elif event.message_finished:
                    self._finish("".join(self._parts).encode(), texts)
            case BytesMessage():
                self.wrong = closing.PROTOCOL
            case Ping():
                self._queue(event.response())
            case CloseConnection(code=code):
                self._queue(event.response())
                self.farewell = int(code)

    def _finish(self, text: bytes, texts: list[bytes]) -> None:
        self._parts, self._size = [], 0
        if len(text) > UP_LIMIT:
            self.wrong = closing.PROTOCOL
        else:
            texts.append(text)

    def _queue(self, event: TextMessage | CloseConnection | Pong) -> None:
        try:
            self._unsent += self._protocol.send(event)
        except LocalProtocolError:
            return  # already closing: whatever this was, nobody waits for it


def pump(
    browser: Browser,
    relay: RelayLink,
    alarm: int,
    clock: Clock,
    welcome: Callable[[], bool] | None = None,
) -> Closing:
    """Carry messages both ways until either side ends; gives how the browser's socket was closed.

    alarm: a descriptor that becomes readable when this process stops serving sockets. welcome: asked every
    `WELCOME_SECONDS` whether this browser may stay; None where nothing but the meeting decides that.
    """
    with selectors.PollSelector() as selector:
        how = _carry(browser, relay, alarm, selector, clock, welcome)
        _say_goodbye(browser, relay, how, selector, clock)
    return how


def _carry(
    browser: Browser,
    relay: RelayLink,
    alarm: int,
    selector: selectors.BaseSelector,
    clock: Clock,
    welcome: Callable[[], bool] | None,
) -> Closing:
    selector.register(alarm, selectors.EVENT_READ)
    moved = asked = clock()
    try:
        while True:
            # Answers to pings wait there too: who does not read them is not listened to.
            _listen(selector, browser, browser.unsent, max(relay.unsent, browser.unsent))
            _listen(selector, relay, relay.unsent, browser.unsent)
            patience = _LOOK_SECONDS if browser.unsent or welcome is not None else None
            ready = {key.fileobj: events for key, events in selector.select(patience)}
            if alarm in ready:
                return closing.RESTART
            if (how := _move(browser, relay, ready)) is not None:
                return how
            now = clock()
            if welcome is not None and now - asked >= WELCOME_SECONDS:
                asked = now
                if not welcome():
                    return closing.FORBIDDEN
            if browser.flush() or not browser.unsent:
                moved = now
            elif now - moved > STALL_SECONDS:
                return closing.TIMEOUT
            relay.flush()
    except BrowserGone:
        return Closing(1006, "")
    except RelayUnreachable:
        return closing.RESTART


def _move(browser: Browser, relay: RelayLink, ready: Mapping[Any, int]) -> Closing | None:
    """Take what came from either side; gives how to close when one of them ends."""
    if ready.get(browser, 0) & selectors.EVENT_READ:
        for text in browser.receive():
            relay.send(text)
        if browser.farewell is not None:
            return Closing(browser.farewell, "")
        if browser.wrong is not None:
            return browser.wrong
    if ready.get(relay, 0) & selectors.EVENT_READ:
        for frame in relay.receive():
            if frame.kind is Kind.CLOSE:
                return Closing(*unpack_close(frame.payload))
            browser.send(frame.payload)
    return None


def _listen(selector: selectors.BaseSelector, side: Browser | RelayLink, unsent: int, across: int) -> None:
    """Wait for what this side can do now: take bytes when some wait, give when there is room."""
    events = selectors.EVENT_WRITE if unsent else 0
    if across < _HIGH_WATER:
        events |= selectors.EVENT_READ
    try:
        selector.get_key(side)
    except KeyError:
        if events:
            selector.register(side, events)
        return
    if events:
        selector.modify(side, events)
    else:
        selector.unregister(side)


def _say_goodbye(
    browser: Browser, relay: RelayLink, how: Closing, selector: selectors.BaseSelector, clock: Clock
) -> None:
    """Tell both sides, write what waits, take the browser's close frame; all of it briefly."""
    for key in tuple(selector.get_map().values()):
        selector.unregister(key.fileobj)
    relay.hang_up(how.code)
    if browser.farewell is None and how.code != 1006:
        browser.close(how)
    deadline = clock() + CLOSE_SECONDS
    try:
        while (left := deadline - clock()) > 0:
            relay.flush()
            browser.flush()
            if browser.closed and not browser.unsent and not relay.unsent:
                return
            _listen(selector, browser, browser.unsent, 0)
            _listen(selector, relay, relay.unsent, _HIGH_WATER)
            if selector.select(left):
                browser.receive()
    except BrowserGone:
        relay.flush()
