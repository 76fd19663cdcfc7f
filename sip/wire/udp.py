"""SIP over UDP: one socket for all, one message a datagram (RFC 3261 §18)."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable

from sip.interface import TransportName
from sip.wire.addresses import Address, plain, spelled

__all__ = ["UdpFlow", "UdpSocket"]

_LARGEST = 65_535
_AT_ONCE = 64
"""Datagrams taken before others of the event loop have their turn."""
_MOST_FLOWS = 1024


class UdpFlow:
    """The way to one remote address."""

    __slots__ = ("_remote", "_socket")

    transport: TransportName = "udp"
    open = True

    def __init__(self, udp: UdpSocket, remote: Address) -> None:
        self._socket = udp
        self._remote = remote

    @property
    def local(self) -> Address:
        """Our address and port, as the far side reaches them."""
        return self._socket.local_for(self._remote[0])

    @property
    def remote(self) -> Address:
        """Where the other side sends from."""
        return self._remote

    def send(self, data: bytes) -> None:
        """Send one datagram; what cannot be sent is lost, as UDP may lose anything."""
        self._socket.send(data, self._remote)

    def __repr__(self) -> str:
        return "<UdpFlow>"


class UdpSocket:
    """The socket, read whenever the loop says that something is there.

    receive: is told each datagram and the address that it came from. local_for: our address and port
    as a remote host reaches them.
    """

    def __init__(
        self,
        bound: socket.socket,
        receive: Callable[[bytes, Address], None],
        local_for: Callable[[str], Address],
    ) -> None:
        self._bound = bound
        self._receive = receive
        self.local_for = local_for
        self._flows: OrderedDict[Address, UdpFlow] = OrderedDict()
        bound.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(bound.fileno(), self._read)

    def flow(self, remote: Address) -> UdpFlow:
        """The flow to an address: the same one as long as it is in use."""
        flow = self._flows.get(remote)
        if flow is None:
            flow = self._flows[remote] = UdpFlow(self, remote)
            if len(self._flows) > _MOST_FLOWS:
                self._flows.popitem(last=False)
        self._flows.move_to_end(remote)
        return flow

    def send(self, data: bytes, remote: Address) -> None:
        """Send one datagram. Never raises."""
        if self._bound.fileno() < 0:
            return
        try:
            self._bound.sendto(data, spelled(remote, self._bound.family))
        except (OSError, ValueError, OverflowError):
            # A full buffer, no route, a far side that answered ICMP before: retransmissions see to it.
            return

    def close(self) -> None:
        """Stop. Nothing is received or sent any more."""
        if self._bound.fileno() >= 0:
            self._loop.remove_reader(self._bound.fileno())
            self._bound.close()

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            if self._bound.fileno() < 0:
                return
            try:
                data, remote = self._bound.recvfrom(_LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP error of something that was sent before
            self._receive(data, plain(remote))
