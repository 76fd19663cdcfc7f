"""Ports for servers and telephones of tests: nobody else gets them, neither the system nor another test run.

They lie below those that the system hands out by itself. Each process that asks has a block of its own, by a
lock on one byte of a common file that it holds as long as it lives: nobody else can take a port between the
look whether it is free and its use by a server.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
import threading
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import BinaryIO

__all__ = ["free_port", "free_ports"]

_FIRST = 11_000
_SIZE = 760
_BLOCKS = 25
_ROOM = 8
"""The last ports of a block, with which nothing begins."""

_one_at_a_time = threading.Lock()


class _Block:
    """Gives the ports of one block in turn, so that one that was given comes back as late as can be."""

    def __init__(self, first: int, lock: BinaryIO) -> None:
        self._first = first
        self._lock = lock  # open until the process ends
        self._at = random.randrange(_SIZE - _ROOM)

    def take(self, count: int, address: str) -> int | None:
        """The first of so many that are free, aligned to the count, or None when the next ones are not."""
        at = -(-self._at // count) * count
        first = self._first + at
        self._at = (at + count) % (_SIZE - _ROOM)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        probes.enter_context(socket.socket(family, kind)).bind((address, port))
            except OSError:
                return None
        return first


@cache
def _block() -> _Block:
    path = Path(tempfile.gettempdir()) / f"onmeet-test-ports-{os.getuid()}"
    lock = path.open("ab")
    for number in range(_BLOCKS):
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError:  # another process has it
            continue
        return _Block(_FIRST + number * _SIZE, lock)
    raise AssertionError("too many test runs at once: every block of ports is taken")


def free_port(address: str = "127.0.0.1") -> int:
    """A port on which nobody listens, by UDP or TCP."""
    return free_ports(1, address)


def free_ports(count: int = 2, address: str = "127.0.0.1") -> int:
    """The first of so many neighbouring ports, a multiple of them (2 for RTP and RTCP)."""
    with _one_at_a_time:
        for _ in range(_SIZE):
            if (first := _block().take(count, address)) is not None:
                return first
    raise AssertionError(f"no {count} free ports side by side")
