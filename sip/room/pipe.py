"""A SOCK_SEQPACKET socket on the event loop: whole packets, open descriptors beside them."""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

from sip.room.wire import LIMIT

__all__ = ["Pipe", "receive"]

_MAX_FDS = 4
_WAITING_LIMIT = 1024


def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """One packet and its descriptors; empty at the end of the stream. Raises BlockingIOError and OSError.

    A packet that was longer than the limit, or brought more descriptors than anybody sends, counts as the
    end: the two ends are not of one version.
    """
    space = socket.CMSG_SPACE(_MAX_FDS * array.array("i").itemsize)
    data, ancillary, flags, _ = connection.recvmsg(LIMIT, space, socket.MSG_CMSG_CLOEXEC)
    fds = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        for fd in fds:
            os.close(fd)
        return b"", []
    return data, fds.tolist()


class Pipe:
    """One end. Callbacks come from the loop; `on_end` comes once, and nothing after it."""

    def __init__(
        self,
        connection: socket.socket,
        on_packet: Callable[[bytes, list[int]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._socket = connection
        self._on_packet = on_packet
        self._on_end = on_end
        self._waiting: deque[tuple[bytes, tuple[int, ...]]] = deque()
        self._open = True
        connection.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connection.fileno(), self._read)

    def send(self, packet: bytes, fds: Sequence[int] = ()) -> None:
        """Send a packet, now or when the other side has read; nothing after the end.

        The descriptors are duplicated first: the caller may close its own at once.
        """
        if not self._open:
            return
        copies = tuple(os.dup(fd) for fd in fds)
        self._waiting.append((packet, copies))
        if len(self._waiting) > _WAITING_LIMIT:
            self._end()  # it has not read for long: it hangs
        elif len(self._waiting) == 1:
            self._flush()

    def close(self) -> None:
        """Hang up; `on_end` does not come."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        while self._waiting:
            _close_all(self._waiting.popleft()[1])

    def _read(self) -> None:
        try:
            data, fds = receive(self._socket)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, fds = b"", []
        if data:
            self._on_packet(data, fds)
        else:
            _close_all(fds)
            self._end()

    def _flush(self) -> None:
        while self._open and self._waiting:
            packet, fds = self._waiting[0]
            try:
                socket.send_fds(self._socket, [packet], fds)
            except (BlockingIOError, InterruptedError):
                self._loop.add_writer(self._socket.fileno(), self._flush)
                return
            except OSError:
                # The end is read, too: after the other side's last words.
                self._loop.remove_writer(self._socket.fileno())
                return
            self._waiting.popleft()
            _close_all(fds)
        if self._open:
            self._loop.remove_writer(self._socket.fileno())

    def _end(self) -> None:
        if self._open:
            self.close()
            self._on_end()


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)
