"""Closing sockets slowly, aside: gunicorn's threaded worker does it on the thread that accepts.

RFC 9112 §9.6: after the last response the server half-closes, reads on until the client closes or some
seconds have passed, then closes; otherwise unread bytes may destroy the response under way. In gunicorn
26.0–27.0.1 (gthread) five clients that never close keep everybody else waiting for ten seconds.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections import deque

__all__ = ["LingeringCloser"]

LINGER_SECONDS = 2.0
_MOST = 65536  # bytes read from a client that should have stopped


class LingeringCloser:
    """One thread that waits for all closing sockets together."""

    def __init__(self) -> None:
        self._new: deque[socket.socket] = deque()
        self._wake_end, self._bell = os.pipe()
        os.set_blocking(self._wake_end, False)
        os.set_blocking(self._bell, False)
        threading.Thread(target=self._run, name="lingering-close", daemon=True).start()

    def close(self, connection: socket.socket) -> None:
        """Take a socket over and close it properly. Returns at once, from any thread."""
        self._new.append(connection)
        with contextlib.suppress(BlockingIOError):  # then it is ringing already
            os.write(self._bell, b"!")

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_end, selectors.EVENT_READ)
            waiting: dict[socket.socket, _Linger] = {}
            while True:
                for key, _events in selector.select(self._patience(waiting)):
                    if key.data is None:
                        self._take_over(selector, waiting)
                    elif key.data.finished():
                        self._release(selector, waiting, key.data)
                now = time.monotonic()
                for linger in [each for each in waiting.values() if each.until <= now]:
                    self._release(selector, waiting, linger)

    def _take_over(self, selector: selectors.BaseSelector, waiting: dict[socket.socket, _Linger]) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_end, 4096)
        while self._new:
            linger = _Linger(self._new.popleft())
            if linger.begin():
                selector.register(linger.connection, selectors.EVENT_READ, linger)
                waiting[linger.connection] = linger

    @staticmethod
    def _release(
        selector: selectors.BaseSelector, waiting: dict[socket.socket, _Linger], linger: _Linger
    ) -> None:
        del waiting[linger.connection]
        selector.unregister(linger.connection)
        linger.connection.close()

    @staticmethod
    def _patience(waiting: dict[socket.socket, _Linger]) -> float | None:
        # Each waits equally long and a dict keeps its order: the first is the first to be due.
        first = next(iter(waiting.values()), None)
        return None if first is None else max(0.0, first.until - time.monotonic())


class _Linger:
    """One socket on its way out."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.until = time.monotonic() + LINGER_SECONDS
        self._read = 0

    def begin(self) -> bool:
        """Half-close; False when the socket is closed already."""
        try:
            self.connection.setblocking(False)
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.connection.close()
            return False
        return True

    def finished(self) -> bool:
        """Read what came; whether that was the end."""
        try:
            data = self.connection.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True
        self._read += len(data)
        return not data or self._read >= _MOST
