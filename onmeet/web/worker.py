"""gunicorn's threaded worker, hardened: slow clients wait outside of the threads, and not for ever.

gunicorn 26.0–27.0.1 gives a thread to each connection that has just been opened, lets it wait there for the
rest of a request without end, and closes connections on the thread that accepts. A few hundred clients that
say half a request would keep all others out.
"""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from onmeet.web.lingering import LingeringCloser

__all__ = ["REQUEST_SECONDS", "Worker"]

REQUEST_SECONDS = 15.0
"""How long a request may hold a thread: reading it, answering it, and the client taking the answer."""


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn is untyped
    """All but `handle` runs on the one thread that accepts and dispatches."""

    def init_process(self) -> None:
        """Start the closing thread, in the worker's own process."""
        self.closer = LingeringCloser()
        # Connections with a thread, and until when; all have equally long, so the first is due first.
        self._served: dict[TConn, float] = {}
        self._lock = threading.Lock()
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection a thread, once its first bytes are there."""
        if not conn.initialized and not conn.data_ready:
            self._await_request(conn)
            return
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> object:
        """Serve a request of this connection; runs in a thread of the pool."""
        with self._lock:
            self._served[conn] = time.monotonic() + REQUEST_SECONDS
        try:
            return super().handle(conn)
        finally:
            with self._lock:
                self._served.pop(conn, None)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """A connection's request is done: keep it, or close it aside."""
        conn.close = partial(self._close, conn)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """gunicorn's hook for time limits, called about once a second and after every event."""
        super().murder_pending()
        self._end_overdue()
        self._make_room()

    def _await_request(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _end_overdue(self) -> None:
        """Break connections that hold a thread for too long; its read or write then fails."""
        for conn in self._overdue(time.monotonic()):
            # A socket that does not block is a WebSocket: the pump has time limits of its own.
            with contextlib.suppress(OSError):
                if conn.sock.gettimeout() != 0.0:
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def _overdue(self, now: float) -> list[TConn]:
        with self._lock:
            due = list(itertools.takewhile(lambda conn: self._served[conn] <= now, self._served))
            for conn in due:
                del self._served[conn]
        return due

    def _make_room(self) -> None:
        """Who says nothing gives way, the oldest first, before nobody can come in any more."""
        for idle in (self.pending_conns, self.keepalived_conns):
            while idle and self.nr_conns >= self.worker_connections:
                conn = idle.popleft()
                self.poller.unregister(conn.sock)
                self.nr_conns -= 1
                conn.close()

    def _close(self, conn: TConn, graceful: bool = False) -> None:
        if graceful:
            self.closer.close(conn.sock)
        else:
            conn.sock.close()
