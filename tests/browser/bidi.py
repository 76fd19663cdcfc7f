"""A small WebDriver BiDi client: commands and events as JSON over one WebSocket.

https://w3c.github.io/webdriver-bidi/ — single-threaded on purpose: events that arrive while a
command waits for its answer are handed to the subscribers before `command` returns.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from websockets.sync.client import connect

Json = dict[str, Any]


class BiDiError(Exception):
    """The browser answered a command with an error."""


class BiDi:
    """One session with one browser; `url` is the address that the browser printed at its start."""

    def __init__(self, url: str) -> None:
        self._exit = ExitStack()
        self._socket = self._exit.enter_context(
            connect(f"{url}/session", proxy=None, max_size=None, ping_interval=None)
        )
        self._ids = itertools.count(1)
        self._subscribers: list[Callable[[str, Json], None]] = []
        self.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})

    def command(self, method: str, *, deadline: float = 60.0, **params: Any) -> Json:
        """Send one command and return its result; raise BiDiError or TimeoutError."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        ends = time.monotonic() + deadline
        while True:
            message = self._receive(max(0.0, ends - time.monotonic()))
            if message.get("id") != number:
                continue
            if message["type"] == "error":
                raise BiDiError(f"{method}: {message['error']}: {message['message']}")
            result: Json = message["result"]
            return result

    def subscribe(self, *events: str) -> None:
        """Ask the browser for these events, of all its windows."""
        self.command("session.subscribe", events=list(events))

    def on_event(self, subscriber: Callable[[str, Json], None]) -> None:
        """Have `subscriber(method, params)` called for every event."""
        self._subscribers.append(subscriber)

    def pump(self, seconds: float) -> None:
        """Let events arrive for that long."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            try:
                self._receive(left)
            except TimeoutError:
                return

    def close(self) -> None:
        """End the connection; the browser itself is its starter's to end."""
        self._exit.close()

    def _receive(self, timeout: float) -> Json:
        message: Json = json.loads(self._socket.recv(timeout=timeout))
        if message["type"] == "event":
            for subscriber in self._subscribers:
                subscriber(message["method"], message["params"])
        return message
