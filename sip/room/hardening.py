"""What a process does that will hold keys: no dump of its memory, no life without its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal

__all__ = ["end_with_parent", "fresh_signals", "keep_memory_private", "name_process", "prefer_sound"]

# linux/prctl.h
_SET_PDEATHSIG = 1
_SET_DUMPABLE = 4
_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(parent: int) -> None:
    """Be killed when the parent dies; raises SystemExit where it is dead already."""
    _prctl(_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        raise SystemExit(0)


def keep_memory_private() -> None:
    """No core file, and no look at /proc/<pid>/mem for other processes of the same user (root still can)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_SET_DUMPABLE, 0)


def fresh_signals() -> None:
    """Forget a parent's handlers. Ctrl-C reaches all processes of a terminal; only the gateway acts on it."""
    signal.set_wakeup_fd(-1)
    for each in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def prefer_sound() -> None:
    """Before others when the machine is busy, where that is permitted: 20 ms of sound cannot wait."""
    with contextlib.suppress(OSError):
        os.nice(-10)


def name_process(name: str) -> None:
    """What `ps -e` shows; at most 15 bytes, and never anything about a meeting."""
    _prctl(_SET_NAME, name.encode())


def _prctl(option: int, value: int | bytes) -> None:
    # A kernel that refuses one of these still runs the room; the socket to the gateway ends it as well.
    _libc.prctl(option, value, 0, 0, 0)
