"""The one UDP port for everybody: its sockets, drained in batches on the event loop.

A datagram finds its peer by first byte (RFC 7983) and source address. Media goes straight to the peer's
`SrtpReceiver`; connectivity checks and DTLS records are rare and may cost a little more.

There is a socket for each family, and one more for each advertised address that is the machine's own:
an answer must leave from the address that was asked, which a wildcard socket does not promise.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterable
from functools import partial

from onmeet.clock import Clock
from onmeet.errors import ConfigError
from onmeet.relay.ice import Address, Agent, Directory, Path
from onmeet.relay.settings import MediaSettings
from onmeet.relay.srtp import PacketBuffer, SendTo
from onmeet.relay.transport import PeerTransport

__all__ = ["Endpoint"]

BATCH = 96
"""Datagrams taken in one wake-up before timers and other sockets get their turn."""
SOCKET_BUFFER = 4 << 20
"""Bytes asked for in each direction; the kernel gives what `net.core.*mem_max` allows."""
PORT_TRIES = 8


class _Port:
    """One socket: who is behind which address, as seen from it."""

    __slots__ = ("media", "number", "peers", "sock")

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.sock = sock
        self.media: dict[Address, Callable[[int], None]] = {}
        self.peers: dict[Address, PeerTransport] = {}


class Endpoint:
    """All sockets of the relay's port, and the agents that are reached through them."""

    def __init__(self, sockets: list[socket.socket], clock: Clock) -> None:
        self._ports = [_Port(number, sock) for number, sock in enumerate(sockets)]
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._agents: dict[Agent, PeerTransport] = {}
        self._closed = False
        self.port: int = sockets[0].getsockname()[1]
        self.families = frozenset(sock.family for sock in sockets)
        self.ice = Directory()
        self.inbox = PacketBuffer()
        self.outbox = PacketBuffer()
        self.received = 0
        self.dropped = 0
        for port in self._ports:
            self._loop.add_reader(port.sock.fileno(), partial(self._drain, port))

    @classmethod
    def open(cls, settings: MediaSettings, clock: Clock) -> Endpoint:
        """Bind the sockets and start to listen. Raises ConfigError when no address can be bound."""
        return cls(_bind_all(settings), clock)

    @property
    def routes(self) -> int:
        """How many paths lead to a peer."""
        return sum(len(port.media) for port in self._ports)

    @property
    def agents(self) -> int:
        """How many transports are attached."""
        return len(self._agents)

    def attach(self, agent: Agent, transport: PeerTransport) -> None:
        """Hand the verdicts on `agent` to `transport` from now on."""
        self._agents[agent] = transport

    def detach(self, agent: Agent) -> None:
        """Forget the agent: its checks are refused from now on."""
        self.ice.remove(agent)
        self._agents.pop(agent, None)

    def route(self, path: Path, transport: PeerTransport) -> None:
        """Hand what comes on `path` to `transport`."""
        port = self._ports[path[0]]
        port.media[path[1]] = transport.receiver.receive
        port.peers[path[1]] = transport

    def unroute(self, path: Path, transport: PeerTransport) -> None:
        """Undo `route`, unless the path meanwhile belongs to somebody else."""
        port = self._ports[path[0]]
        if port.peers.get(path[1]) is transport:
            del port.peers[path[1]], port.media[path[1]]

    def sendto(self, path: Path) -> SendTo:
        """The sending function of the path's socket."""
        return self._ports[path[0]].sock.sendto

    def close(self) -> None:
        """Stop to listen and close the sockets. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for port in self._ports:
            self._loop.remove_reader(port.sock.fileno())
            port.sock.close()
            port.media.clear()
            port.peers.clear()
        self._agents.clear()

    def _drain(self, port: _Port) -> None:
        receive, memory = port.sock.recvfrom_into, self.inbox.memory
        routes = port.media.get
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
                self._rare(port, size, address)
        self.received += BATCH

    def _rare(self, port: _Port, size: int, address: Address) -> None:
        """Take anything that is not media: a check, a DTLS record, or noise."""
        datagram = bytes(self.inbox.view[:size])
        first = datagram[0] if datagram else 255
        if first < 4:
            self._check(port, datagram, address)
        elif 20 <= first < 64 and address in port.peers:
            port.peers[address].dtls.receive(datagram)
        else:
            self.dropped += 1

    def _check(self, port: _Port, datagram: bytes, address: Address) -> None:
        path = (port.number, address)
        verdict = self.ice.receive(datagram, path, self._clock())
        if verdict.reply is None:
            self.dropped += 1
            return
        try:
            port.sock.sendto(verdict.reply, address)
        except OSError:
            return  # the browser checks again
        if verdict.agent is not None:
            self._agents[verdict.agent].checked(path)


def _bind_all(settings: MediaSettings) -> list[socket.socket]:
    """Every socket of the port. Raises ConfigError when it cannot be had."""
    for _ in range(PORT_TRIES if settings.port == 0 else 1):
        try:
            sockets = _bind_families(settings.bind, settings.port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise ConfigError(f"No address of ONMEET_MEDIA_IP can be bound: {error}") from error
        return sockets + _bind_own(sockets, settings)
    raise ConfigError(f"UDP port {settings.port} is taken: stop the other program, or set ONMEET_MEDIA_PORT.")


def _bind_families(hosts: Iterable[str], port: int) -> list[socket.socket]:
    """One socket an address, all on one port; a family that the machine lacks is left out."""
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for host in hosts:
        try:
            sockets.append(_bind(host, port))
        except OSError as error:
            failure = error
            if error.errno == errno.EADDRINUSE:
                break
        else:
            port = sockets[0].getsockname()[1]
    if failure is not None and (not sockets or failure.errno == errno.EADDRINUSE):
        for sock in sockets:
            sock.close()
        raise failure
    return sockets


def _bind_own(sockets: list[socket.socket], settings: MediaSettings) -> list[socket.socket]:
    """A socket for each advertised address that is this machine's and not bound by name already."""
    own: list[socket.socket] = []
    port = sockets[0].getsockname()[1]
    for sock in sockets:
        # Set only now: with it the first bind would share the port with another program.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    families = {sock.family for sock in sockets}
    for host in dict.fromkeys(settings.advertise):
        if host not in settings.bind and _family(host) in families:
            try:
                own.append(_bind(host, port, share=True))
            except OSError:
                continue  # an address of the router in front of us: the wildcard socket hears it
    return own


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bind(host: str, port: int, share: bool = False) -> socket.socket:
    family = _family(host)
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(share))
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
