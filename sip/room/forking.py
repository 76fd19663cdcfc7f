"""The nursery: imports everything once, then forks room processes on request. It holds no key.

It is single-threaded, has no event loop and opens nothing but its control socket, so there is nothing in it
that a fork could double: no lock that another thread holds, no connection, no state of a random generator.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
from collections.abc import Callable, Iterator

import structlog

from onmeet import logs
from sip.room import hardening
from sip.room.pipe import receive
from sip.room.settings import RoomSettings

__all__ = ["Run", "Warm", "serve"]

log = structlog.get_logger()

Run = Callable[[socket.socket, str, RoomSettings], None]
"""The life of a room process: control socket, the meeting's code, settings."""

Warm = Callable[[RoomSettings], Iterator[None]]
"""Work for the time in which nobody asks for a process; it may be left undone."""


def serve(control: socket.socket, parent: int, run: Run, warm: Warm) -> None:
    """Fork until the gateway hangs up. `warm` is what children will find done, once it is."""
    hardening.end_with_parent(parent)
    hardening.keep_memory_private()
    hardening.fresh_signals()
    hardening.name_process("onmeet-nursery")
    first, _ = receive(control)
    if not first:
        return
    settings = RoomSettings.from_json(json.loads(first))
    logs.configure(settings.log_level, "room")
    _Nursery(control, settings, run).loop(warm(settings))


def _step(work: Iterator[None]) -> bool:
    """Do a piece; whether more is left."""
    try:
        if next(work, _done) is not _done:
            return True
    except Exception:
        log.exception("what all meetings share could not be prepared")
    # Children share these pages as long as nobody writes to them; a collection would write to all.
    gc.collect()
    gc.freeze()
    return False


_done = object()


class _Nursery:
    def __init__(self, control: socket.socket, settings: RoomSettings, run: Run) -> None:
        self._control = control
        self._settings = settings
        self._run = run
        self._wake, self._waker = socket.socketpair()
        for end in (self._wake, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def loop(self, work: Iterator[None]) -> None:
        """Answer, and work while there is nothing to answer."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            busy = True
            while True:
                if busy:
                    busy = _step(work)
                for key, _ in selector.select(0 if busy else None):
                    if key.fileobj is self._wake:
                        self._wake.recv(4096)
                        self._reap()
                    elif not self._order():
                        return

    def _order(self) -> bool:
        packet, fds = receive(self._control)
        if not packet or len(fds) != 1:
            return False
        code, ourselves = str(json.loads(packet)["room"]), os.getpid()
        try:
            pid = os.fork()
        except OSError:
            log.error("no process can be made for a meeting")
            pid = -1
        if pid == 0:
            self._live(fds[0], code, ourselves)
        os.close(fds[0])
        self._say({"pid": max(0, pid)})
        return True

    def _live(self, fd: int, code: str, parent: int) -> None:
        """In the child; never returns."""
        status = 1
        try:
            hardening.end_with_parent(parent)
            hardening.fresh_signals()
            hardening.keep_memory_private()
            hardening.name_process("onmeet-room")
            hardening.prefer_sound()
            os.closerange(3, fd)
            os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))
            self._run(socket.socket(fileno=fd), code, self._settings)
            status = 0
        except BaseException:
            log.critical("a room process failed", exc_info=True)
        finally:
            os._exit(status)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if status:
                self._say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})

    def _say(self, body: dict[str, int]) -> None:
        with contextlib.suppress(OSError):  # the end of the socket is read next
            self._control.send(json.dumps(body).encode())
