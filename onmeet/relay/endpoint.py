"""The one UDP port for everybody: an IPv4 and an IPv6 socket, drained in batches on the event loop.

A datagram finds its peer by first byte (RFC 7983) and source address. Media goes straight to the peer's
`SrtpReceiver`; connectivity checks and DTLS records are rare and may cost a little more.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from functools import partial

from onmeet.clock import Clock
from onmeet.errors import ConfigError
from onmeet.relay.ice import Address, Agent, Directory
from onmeet.relay.settings import MediaSettings
from onmeet.relay.srtp import PacketBuffer, SendTo
from onmeet.relay.transport import PeerTransport

__all__ = ["Endpoint"]

BATCH = 96
"""Datagrams taken in one wake-up before timers and other sockets get their turn."""
SOCKET_BUFFER = 4 << 20
"""Bytes asked for in each direction; the kernel gives what `net.core.*mem_max` allows."""
PORT_TRIES = 8


class Endpoint:
    """The sockets, and who is behind which address."""

    def __init__(self, sockets: list[socket.socket], clock: Clock) -> None:
        self._sockets = sockets
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._agents: dict[Agent, PeerTransport] = {}
        self._media: dict[Address, Callable[[int], None]] = {}
        self._peers: dict[Address, PeerTransport] = {}
        self._send: dict[int, SendTo] = {}
        self.ice = Directory()
        self.inbox = PacketBuffer()
        self.outbox = PacketBuffer()
        self.received = 0
        self.dropped = 0
        for sock in sockets:
            # IPv4 addresses are pairs, IPv6 ones have four parts: the length tells the family.
            self._send[2 if sock.family == socket.AF_INET else 4] = sock.sendto
            self._loop.add_reader(sock.fileno(), partial(self._drain, sock))

    @classmethod
    def open(cls, settings: MediaSettings, clock: Clock) -> Endpoint:
        """Bind the sockets and start to listen. Raises ConfigError when no address can be bound."""
        return cls(_bind_all(settings), clock)

    @property
    def port(self) -> int:
        """The port that everybody uses."""
        port: int = self._sockets[0].getsockname()[1] if self._sockets else 0
        return port

    @property
    def families(self) -> frozenset[int]:
        """The address families that are bound (`socket.AF_INET`, `socket.AF_INET6`)."""
        return frozenset(sock.family for sock in self._sockets)

    @property
    def addresses(self) -> int:
        """How many source addresses lead to a peer."""
        return len(self._media)

    def attach(self, agent: Agent, transport: PeerTransport) -> None:
        """Hand the verdicts on `agent` to `transport` from now on."""
        self._agents[agent] = transport

    def detach(self, agent: Agent) -> None:
        """Forget the agent: its checks are refused from now on."""
        self.ice.remove(agent)
        self._agents.pop(agent, None)

    def route(self, address: Address, transport: PeerTransport) -> None:
        """Hand what comes from `address` to `transport`."""
        self._media[address] = transport.receiver.receive
        self._peers[address] = transport

    def unroute(self, address: Address, transport: PeerTransport) -> None:
        """Undo `route`, unless the address meanwhile belongs to somebody else."""
        if self._peers.get(address) is transport:
            del self._peers[address], self._media[address]

    def sendto(self, address: Address) -> SendTo:
        """The sending function of the socket of that address's family."""
        return self._send[len(address)]

    def close(self) -> None:
        """Stop to listen and close the sockets. Idempotent."""
        for sock in self._sockets:
            self._loop.remove_reader(sock.fileno())
            sock.close()
        self._sockets = []
        self._media.clear()
        self._peers.clear()
        self._agents.clear()

    def _drain(self, sock: socket.socket) -> None:
        receive, memory = sock.recvfrom_into, self.inbox.memory
        routes = self._media.get
        for taken in range(BATCH):
            try:
                size, address = receive(memory)
            except (BlockingIOError, InterruptedError):
                self.received += taken
                return
            except OSError:
                continue  # an error of an earlier send, reported here; the socket lives on
            if size and 128 <= memory[0] < 192:
                media = routes(address)
                if media is not None:
                    media(size)
                else:
                    self.dropped += 1
            else:
                self._rare(size, address)
        self.received += BATCH

    def _rare(self, size: int, address: Address) -> None:
        """Take anything that is not media: a check, a DTLS record, or noise."""
        datagram = bytes(self.inbox.view[:size])
        first = datagram[0] if datagram else 255
        if first < 4:
            self._check(datagram, address)
        elif 20 <= first < 64 and address in self._peers:
            self._peers[address].dtls.receive(datagram)
        else:
            self.dropped += 1

    def _check(self, datagram: bytes, address: Address) -> None:
        verdict = self.ice.receive(datagram, address, self._clock())
        if verdict.reply is None:
            self.dropped += 1
            return
        try:
            self.sendto(address)(verdict.reply, address)
        except OSError:
            return  # the browser checks again
        if verdict.agent is not None:
            self._agents[verdict.agent].checked(address)


def _bind_all(settings: MediaSettings) -> list[socket.socket]:
    """One socket for each bindable address, all on the same port."""
    for _ in range(PORT_TRIES):
        sockets: list[socket.socket] = []
        failure: OSError | None = None
        port = settings.port
        for host in settings.bind:
            try:
                sockets.append(_bind(host, port))
            except OSError as error:
                failure = error
                if error.errno == errno.EADDRINUSE:
                    break
                continue  # a machine without IPv6, or without IPv4
            port = sockets[0].getsockname()[1]
        in_use = failure is not None and failure.errno == errno.EADDRINUSE
        if sockets and not in_use:
            return sockets
        for sock in sockets:
            sock.close()
        if not in_use or settings.port:
            break
    raise ConfigError(
        f"UDP port {settings.port} for media cannot be used: "
        "another program has it, or no address of ours can be bound. Set ONMEET_MEDIA_PORT."
    )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
