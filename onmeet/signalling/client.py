"""The web process's end of the Unix socket: a link for one browser, and queries. Synchronous."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onmeet.errors import ProtocolError, ProviderError
from onmeet.signalling import wire
from onmeet.signalling.ticket import Ticket

__all__ = ["RelayLink", "RelayUnreachable", "query"]

CONNECT_SECONDS = 2.0
_READ = 64 * 1024


class RelayUnreachable(ProviderError):
    """The relay is not up, does not answer in time, or spoke nonsense."""


class RelayLink:
    """One browser's way to the relay.

    After `open` the socket does not block: wait for `fileno()` with a selector, then call `receive`
    or `flush`.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._decoder = wire.Decoder(wire.DOWN_LIMIT)
        self._unsent = bytearray()

    @classmethod
    def open(cls, path: Path, ticket: Ticket, timeout: float = CONNECT_SECONDS) -> RelayLink:
        """Connect and show the ticket. Raises RelayUnreachable within `timeout` seconds."""
        connection = _connect(path, timeout)
        try:
            connection.sendall(wire.encode(wire.Kind.TICKET, ticket.to_json()))
        except OSError:
            connection.close()
            raise RelayUnreachable("the relay hung up") from None
        connection.setblocking(False)
        return cls(connection)

    @property
    def unsent(self) -> int:
        """Bytes that wait for the relay to read."""
        return len(self._unsent)

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def send(self, text: bytes) -> None:
        """Queue a browser's message; `flush` writes it."""
        self._unsent += wire.encode(wire.Kind.MESSAGE, text)

    def hang_up(self, code: int, reason: str = "") -> None:
        """Queue the news that the browser's socket closed with `code`."""
        self._unsent += wire.encode(wire.Kind.CLOSE, wire.pack_close(code, reason))

    def flush(self) -> None:
        """Write as much as fits. When the relay is gone, `receive` says so, after its last words."""
        if not self._unsent:
            return
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._unsent)
        del self._unsent[:sent]

    def receive(self) -> list[wire.Frame]:
        """The frames that have come. Raises RelayUnreachable at the end of the stream."""
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            raise RelayUnreachable("the relay is gone")
        try:
            return list(self._decoder.feed(data))
        except ProtocolError:
            raise RelayUnreachable("the relay spoke nonsense") from None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def query(path: Path, question: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Ask the relay something: `{"query": "health"}` or `{"query": "metrics"}`.

    Raises RelayUnreachable within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    decoder = wire.Decoder(wire.DOWN_LIMIT)
    with _connect(path, timeout) as connection:
        try:
            connection.sendall(wire.encode(wire.Kind.QUERY, json.dumps(question).encode()))
            while data := connection.recv(_READ):
                for frame in decoder.feed(data):
                    return _reply(frame)
                connection.settimeout(max(0.001, deadline - time.monotonic()))
        except (OSError, ValueError, ProtocolError):
            pass
    raise RelayUnreachable("no answer to a query")


def _reply(frame: wire.Frame) -> dict[str, Any]:
    answer = json.loads(frame.payload) if frame.kind is wire.Kind.REPLY else None
    if not isinstance(answer, dict):
        raise ProtocolError("bad-frame", "not a reply")
    return answer


def _connect(path: Path, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise RelayUnreachable("the relay is not up") from None
    return connection
