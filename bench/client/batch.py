"""Batched datagram reception with kernel timestamps (Linux: recvmmsg, SO_TIMESTAMPNS).

A generator that reads one datagram a system call would need more time than the server that it measures, and
a user-space clock would add its own sleeping to the latency. Both are solved here, in one file.
"""

from __future__ import annotations

import socket
from struct import Struct
from typing import Any

from cffi import FFI  # type: ignore[import-untyped]

SLOTS = 64
SLOT_BYTES = 2048
_CONTROL_BYTES = 64
_CMSG_HEADER_BYTES = 16  # struct cmsghdr on 64-bit Linux; the timestamp is the only control message asked for
_TIMESPEC = Struct("=qq")
_MSG_DONTWAIT = 0x40
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
NS = 1_000_000_000

_ffi: Any = FFI()
_ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags, void *timeout);
    """
)
_libc: Any = _ffi.dlopen(None)


class Batch:
    """Fixed receive slots, reused for every socket of a process.

    `buffer` is the writable memory of all slots, slot `i` starting at `i * SLOT_BYTES`; `address` is the same
    memory for libsrtp, which decrypts in place.
    """

    def __init__(self) -> None:
        self._memory = _ffi.new("char[]", SLOTS * SLOT_BYTES)
        self._control = _ffi.new("char[]", SLOTS * _CONTROL_BYTES)
        self._vectors = _ffi.new("struct iovec[]", SLOTS)
        self._messages = _ffi.new("struct mmsghdr[]", SLOTS)
        self.address = int(_ffi.cast("uintptr_t", self._memory))
        self.buffer = memoryview(_ffi.buffer(self._memory))
        self._control_view = memoryview(_ffi.buffer(self._control))
        for i in range(SLOTS):
            self._vectors[i].iov_base = self._memory + i * SLOT_BYTES
            self._vectors[i].iov_len = SLOT_BYTES
            header = self._messages[i].msg_hdr
            header.msg_iov = self._vectors + i
            header.msg_iovlen = 1
            header.msg_control = self._control + i * _CONTROL_BYTES
            header.msg_controllen = _CONTROL_BYTES

    def receive(self, fd: int) -> int:
        """Fill the slots from a socket without waiting; the number of datagrams (0 when there is none)."""
        count = _libc.recvmmsg(fd, self._messages, SLOTS, _MSG_DONTWAIT, _ffi.NULL)
        return count if count > 0 else 0

    def take(self, slot: int) -> tuple[int, int]:
        """Length and kernel arrival (ns since the epoch) of a filled slot; makes the slot reusable."""
        message = self._messages[slot]
        message.msg_hdr.msg_controllen = _CONTROL_BYTES
        seconds, nanoseconds = _TIMESPEC.unpack_from(
            self._control_view, slot * _CONTROL_BYTES + _CMSG_HEADER_BYTES
        )
        return message.msg_len, seconds * NS + nanoseconds

    def put(self, slot: int, datagram: bytes) -> None:
        """Place a datagram into a slot by hand (delayed or repeated by a scripted network)."""
        start = slot * SLOT_BYTES
        self.buffer[start : start + len(datagram)] = datagram


def open_socket(address: tuple[str, int]) -> socket.socket:
    """A non-blocking UDP socket connected to `address`, stamping arrivals, with room for a burst."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * 1024 * 1024)
    sock.connect(address)
    return sock
