"""A TCP wire between browser and server that a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType


class Wire:
    """Forwards every connection to 127.0.0.1:`port` until it is cut.

    A context manager. Media is UDP and does not pass here: cutting takes the signalling and the
    pages away and nothing else. With an `address` it is a reverse proxy that says where requests come
    from, one request a connection.
    """

    def __init__(self, port: int, *, address: str = "") -> None:
        self._target = ("127.0.0.1", port)
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._whole = True
        self.connections = 0
        """How many connections were let through so far."""

    def cut(self) -> None:
        """Break every connection (with a reset, as a lost network shows in the end); let none in."""
        with self._lock:
            self._whole = False
            ends, self._ends = self._ends, set()
        for end in ends:
            _reset(end)

    def mend(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._whole = True

    def __enter__(self) -> Wire:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target)
        except OSError:
            _reset(near)
            return
        with self._lock:
            if self._whole:
                self._ends |= {near, far}
                self.connections += 1
            else:
                _reset(near)
                _reset(far)
                return
        threading.Thread(target=self._pump, args=(near, far, self._address), daemon=True).start()
        threading.Thread(target=self._pump, args=(far, near), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, address: str = "") -> None:
        with contextlib.suppress(OSError):
            if address:
                sink.sendall(_addressed(_head(source), address))
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        with self._lock:
            done = source not in self._ends
            self._ends.discard(source)
        if not done and sink not in self._ends:
            source.close()
            sink.close()


def _head(source: socket.socket) -> bytes:
    """The first request's head, and what came with it."""
    head = b""
    while b"\r\n\r\n" not in head and (data := source.recv(65536)):
        head += data
    return head


def _addressed(request: bytes, address: str) -> bytes:
    """A request as a proxy passes it on: from whom; the last on its connection unless it is a WebSocket."""
    first, _, rest = request.partition(b"\r\n")
    if b"upgrade: websocket" not in rest.lower():
        rest = rest.replace(b"Connection: keep-alive\r\n", b"Connection: close\r\n", 1)
    return first + b"\r\nX-Forwarded-For: " + address.encode() + b"\r\n" + rest


def _reset(end: socket.socket) -> None:
    """Close with RST at once, whatever a pump is doing with it."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    end.close()
