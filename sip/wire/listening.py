"""Sockets that wait for others: bound in pairs, and TCP connections accepted with care."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable

import structlog

from onmeet.errors import ConfigError
from sip.interface import TransportName
from sip.wire.addresses import Address, family, plain
from sip.wire.stream import Connection

__all__ = ["Listener", "bind_both", "bind_one", "refuse"]

log = structlog.get_logger()

_TRIES = 20
_BACKLOG = 128
_RECEIVE_BUFFER = 1 << 20
_RESET = struct.pack("ii", 1, 0)  # socket(7), SO_LINGER with no time: RST, and no TIME-WAIT of ours


def bind_one(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A bound socket; for "::" it takes IPv4 as well. Raises OSError."""
    bound = socket.socket(family(host), kind)
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if bound.family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        bound.setblocking(False)
        bound.bind((host, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def bind_both(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """UDP and TCP on the same port; 0 finds one that is free for both.

    Raises `ConfigError` when the port is taken or the address is not ours.
    """
    for attempt in range(_TRIES):
        udp: socket.socket | None = None
        try:
            udp = bind_one(socket.SOCK_DGRAM, host, port)
            return udp, bind_one(socket.SOCK_STREAM, host, udp.getsockname()[1])
        except OSError as error:
            if udp is not None:
                udp.close()
            if port or attempt == _TRIES - 1:
                raise unusable(port, error) from None
    raise AssertionError  # pragma: no cover - the loop returns or raises


def unusable(port: int, error: OSError) -> ConfigError:
    """What to tell the operator of a socket that cannot be bound."""
    reason = error.strerror or "unknown reason"
    return ConfigError(
        f"ONMEET_SIP_PORT: port {port} of the telephone gateway cannot be opened ({reason}): "
        "set another port, or an address of this machine as ONMEET_SIP_BIND"
    )


def refuse(sock: socket.socket) -> None:
    """Close a connection that is not wanted, without leaving anything behind."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    finally:
        sock.close()


class Listener:
    """Accepts connections on one socket.

    admit: whether a remote address may connect; for each True there is one `leave` later. make: a fresh
    `Connection`. context: of TLS, None for TCP. `leave` is called when a handshake fails; once a
    connection is made, it is the connection's end that counts.
    """

    def __init__(
        self,
        bound: socket.socket,
        transport: TransportName,
        *,
        admit: Callable[[Address], bool],
        leave: Callable[[Address], None],
        make: Callable[[], Connection],
        context: Callable[[], ssl.SSLContext] | None = None,
        handshake: float = 5.0,
    ) -> None:
        self._bound = bound
        self._transport = transport
        self._admit = admit
        self._leave = leave
        self._make = make
        self._context = context
        self._handshake = handshake
        self._shaking: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._run(), name=f"accept {transport}")

    async def close(self) -> None:
        """Accept nothing more; handshakes under way end."""
        tasks = [self._task, *self._shaking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._bound.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, name = await loop.sock_accept(self._bound)
            except OSError:
                # Out of file descriptors, most likely: others must end first.
                log.warning("a telephone connection cannot be accepted", exc_info=True)
                await asyncio.sleep(0.5)
                continue
            remote = plain(name)
            if not self._admit(remote):
                refuse(sock)
                continue
            task = asyncio.create_task(self._take(sock, remote))
            self._shaking.add(task)
            task.add_done_callback(self._shaking.discard)

    async def _take(self, sock: socket.socket, remote: Address) -> None:
        """Make a connection of an accepted socket, after the TLS handshake where there is one."""
        made: list[Connection] = []

        def make() -> Connection:
            made.append(self._make())
            return made[0]

        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop = asyncio.get_running_loop()
            if self._context is None:
                await loop.connect_accepted_socket(make, sock)
            else:
                await loop.connect_accepted_socket(
                    make,
                    sock,
                    ssl=self._context(),
                    ssl_handshake_timeout=self._handshake,
                    ssl_shutdown_timeout=2.0,
                )
        except (OSError, ssl.SSLError, ConnectionError, TimeoutError):
            pass  # a stranger to TLS, or one that went away: nothing that an operator could act on
        finally:
            if not made or not made[0].remote[0]:
                sock.close()
                self._leave(remote)
