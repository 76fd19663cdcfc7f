"""All ways in and out: messages from permitted sources go to `on_message`, flows lead to where requests go.

transport = Transport(Options(bind="0.0.0.0"), upstreams=settings.trunks)
transport.on_message = agent.receive          # (data, flow), one whole message each
await transport.open()
flow = await transport.flow(None, trunk="sipgate")
flow.send(request)
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from onmeet.clock import Clock, monotonic
from onmeet.errors import ConfigError
from sip.core.uri import Uri
from sip.interface import Flow, TransportName
from sip.wire.addresses import Address, own_address
from sip.wire.connecting import Connector
from sip.wire.gate import Gate
from sip.wire.listening import Listener, bind_both, bind_one, unusable
from sip.wire.options import Options, Upstream
from sip.wire.resolve import Destination, Resolver, Target, Unreachable
from sip.wire.stream import PING, Connection
from sip.wire.tls import Certificate
from sip.wire.udp import UdpFlow, UdpSocket

__all__ = ["Transport"]

log = structlog.get_logger()

_LEARN_SECONDS = 300.0
_LEARN_AGAIN_SECONDS = 20.0
_FIRST_LOOK_SECONDS = 3.0
_AVOID_SECONDS = 60.0


class Transport:
    """The sockets of the gateway.

    on_message: called with each whole message and the flow that it came on. on_excess: called in its place
    for an INVITE over the limits (503 would be polite; silence is the default). on_closed: a connection
    has ended. dropped: what was thrown away since the start, by words of ours, for figures.
    """

    def __init__(
        self,
        options: Options,
        *,
        upstreams: Iterable[Upstream] = (),
        resolver: Resolver | None = None,
        clock: Clock = monotonic,
    ) -> None:
        self.on_message: Callable[[bytes, Flow], None] = _nobody
        self.on_excess: Callable[[bytes, Flow], None] = _nobody
        self.on_closed: Callable[[Flow], None] = _nobody_cares
        self._options = options
        self._limits = options.limits
        self._upstreams = {one.name: one for one in upstreams}
        self._resolver = resolver or Resolver(families=options.families)
        self._clock = clock
        self._gate = Gate(options, self._upstreams.values(), clock())
        self.dropped = self._gate.dropped
        self._connections: set[Connection] = set()
        self._none_left = asyncio.Event()
        self._avoided: dict[tuple[Address, TransportName], float] = {}
        self._kept: dict[str, UdpFlow] = {}
        self._ports: dict[TransportName, int] = {}
        self._udp: UdpSocket | None = None
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._connector = Connector(self, self._limits)

    # life

    async def open(self) -> None:
        """Bind everything and learn who may send. Raises `ConfigError` when a port or file cannot be used.

        A trunk whose names cannot be resolved yet is no error: it is tried again for as long as it takes.
        """
        certificate = None
        if self._options.certificate:
            certificate = Certificate(self._options.certificate, self._options.key)
        for upstream in self._upstreams.values():
            self._connector.check(upstream)
        udp, tcp = bind_both(self._options.bind, self._options.port)
        port = int(udp.getsockname()[1])
        self._ports = {"udp": port, "tcp": port}
        try:
            tls = None if certificate is None else self._bind_tls(port)
        except ConfigError:
            udp.close()
            tcp.close()
            raise
        self._udp = UdpSocket(udp, self._datagram, lambda host: self.local_for("udp", host, ("", port)))
        self._listeners.append(self._listener(tcp, "tcp"))
        if tls is not None and certificate is not None:
            self._ports["tls"] = int(tls.getsockname()[1])
            self._listeners.append(self._listener(tls, "tls", certificate))
        log.info("the telephone gateway listens", port=port)
        self._tasks += [asyncio.create_task(self._learn_for_ever(one)) for one in self._upstreams.values()]
        self._tasks += [
            asyncio.create_task(self._keep_alive(one)) for one in self._upstreams.values() if one.keep_alive
        ]
        first = [asyncio.create_task(self._learn(one)) for one in self._upstreams.values()]
        if first:
            _, late = await asyncio.wait(first, timeout=_FIRST_LOOK_SECONDS)
            self._tasks += late

    async def close(self) -> None:
        """End everything: what was sent still leaves, for at most a second."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._connector.close()
        for listener in self._listeners:
            await listener.close()
        self._listeners.clear()
        for connection in list(self._connections):
            connection.close()
        if not await self._all_ended(1.0):
            for connection in list(self._connections):
                connection.end("closed by us")
            await self._all_ended(1.0)
        if self._udp is not None:
            self._udp.close()
            self._udp = None

    async def _all_ended(self, seconds: float) -> bool:
        self._none_left.clear()
        if self._connections:
            try:
                async with asyncio.timeout(seconds):
                    await self._none_left.wait()
            except TimeoutError:
                return False
        return True

    @property
    def ports(self) -> dict[TransportName, int]:
        """Where we listen; "tls" is only there with a certificate."""
        return dict(self._ports)

    # out

    async def targets(self, to: Uri | Destination | None, *, trunk: str | None = None) -> tuple[Target, ...]:
        """Where a request could go, best first; None means the trunk's own proxy or domain.

        Those that failed lately come last. Raises `Unreachable`.
        """
        destination = self._destination(to, trunk)
        found = await self._resolver.targets(destination)
        usable = [one for one in found if self._reachable(one)]
        if not usable:
            raise Unreachable("the other side has no address of a kind that this gateway can reach")
        now = self._clock()
        if trunk is not None and to is None:
            self._gate.sources.learn(trunk, (one.address for one in usable), now)
        self._avoided = {key: until for key, until in self._avoided.items() if until > now}
        return tuple(sorted(usable, key=lambda one: (one.address, one.transport) in self._avoided))

    async def flow(self, to: Uri | Destination | None, *, trunk: str | None = None) -> Flow:
        """A flow to the first target that can be reached; connections are used again while they last.

        to: a URI (next hop: topmost Route or request URI), a `Destination`, or None for the trunk's own.
        UDP cannot tell that nobody is there: `failed` says so later. Raises `Unreachable`.
        """
        for target in await self.targets(to, trunk=trunk):
            try:
                return await self.flow_to(target, trunk=trunk)
            except Unreachable:
                self._avoid(target.address, target.transport)
        raise Unreachable("no machine of the other side answers")

    async def flow_to(self, target: Target, *, trunk: str | None = None) -> Flow:
        """A flow to exactly this target. Raises `Unreachable`."""
        if target.transport != "udp":
            upstream = self._upstreams.get(trunk or "")
            return await self._connector.connection(target, upstream)
        if self._udp is None:
            raise Unreachable("the telephone gateway is closed")
        flow = self._udp.flow(target.address)
        if trunk is not None:
            self._kept[trunk] = flow
        return flow

    def failed(self, flow: Flow, seconds: float = _AVOID_SECONDS) -> None:
        """Nothing came back from there, or 503 (RFC 3263 §4.3): for a while, others are tried first."""
        self._avoid(flow.remote, flow.transport, seconds)
        if isinstance(flow, Connection) and flow.ours:
            self._connector.forget(flow)

    def trunks(self, flow: Flow) -> tuple[str, ...]:
        """Names of the trunks that a flow may belong to; none for a softphone on this machine."""
        if isinstance(flow, Connection) and flow.trunk is not None:
            return (flow.trunk,)
        source = self._gate.sources.who(flow.remote, self._clock(), datagram=flow.transport == "udp")
        return source.trunks if source else ()

    def _destination(self, to: Uri | Destination | None, trunk: str | None) -> Destination:
        if isinstance(to, Destination):
            return to
        if to is not None:
            return Destination.of(to)
        upstream = self._upstreams.get(trunk or "")
        if upstream is None:
            raise Unreachable("there is no trunk of that name")
        return Destination(upstream.proxy or upstream.host, upstream.port, upstream.transport)

    def _reachable(self, target: Target) -> bool:
        return (socket.AF_INET6 if ":" in target.host else socket.AF_INET) in self._options.families

    def _avoid(self, address: Address, transport: TransportName, seconds: float = _AVOID_SECONDS) -> None:
        self._avoided[address, transport] = self._clock() + seconds

    # in

    def _datagram(self, data: bytes, remote: Address) -> None:
        if self._udp is None or not self._gate.knows(remote, self._clock(), datagram=True):
            return
        if data.strip(b"\r\n\0 \t"):  # else a keep-alive
            self._receive(data, self._udp.flow(remote))

    def _receive(self, data: bytes, flow: Flow) -> bool:
        """Hand up one message within the limits. False when its source has sent too many."""
        verdict = self._gate.judge(data, flow.remote, self._clock())
        if verdict in ("take", "excess"):
            hear = self.on_message if verdict == "take" else self.on_excess
            try:
                hear(data, flow)
            except Exception:
                # Whatever one message does, the next one must still be read.
                log.exception("a message could not be handled")
        return verdict != "flood"

    # what connections ask and say (sip.wire.stream.Owner)

    def received(self, data: bytes, connection: Connection) -> bool:
        """One whole message of a connection."""
        return self._receive(data, connection)

    def local_for(self, transport: TransportName, host: str, own: Address) -> Address:
        """Our address and port as a remote host reaches them.

        Where nothing listens for such connections, it is the port of this one: then a proxy finds the
        connection by its far end (RFC 5923), and nothing else leads to us anyway.
        """
        port = self._ports.get(transport, own[1])
        return own_address(host, self._options.advertised, self._options.bind), port

    def opened(self, connection: Connection) -> None:
        """A connection can be used."""
        self._connections.add(connection)

    def ended(self, connection: Connection, why: str) -> None:
        """A connection is over."""
        if connection in self._connections and not connection.ours:
            self._gate.leave(connection.remote)
        self._connections.discard(connection)
        if not self._connections:
            self._none_left.set()
        self._connector.forget(connection)
        if why not in ("closed by us", "closed by the far side"):
            self.dropped[why] += 1
        try:
            self.on_closed(connection)
        except Exception:
            log.exception("the end of a connection could not be handled")

    # tasks and sockets

    def _bind_tls(self, port: int) -> socket.socket:
        wanted = self._options.tls_port
        if wanted is None:
            wanted = port + 1 if self._options.port else 0
        try:
            return bind_one(socket.SOCK_STREAM, self._options.bind, wanted)
        except OSError as error:
            raise unusable(wanted, error) from None

    def _listener(
        self, bound: socket.socket, transport: TransportName, certificate: Certificate | None = None
    ) -> Listener:
        return Listener(
            bound,
            transport,
            admit=lambda remote: self._gate.admit(remote, self._clock()),
            leave=self._gate.leave,
            make=lambda: Connection(self, transport, self._limits),
            context=None if certificate is None else certificate.context,
            handshake=self._limits.handshake,
        )

    async def _learn(self, upstream: Upstream) -> bool:
        """Ask DNS whose calls to take for a trunk's."""
        names: Sequence[str] = [upstream.host, upstream.proxy] if upstream.proxy else [upstream.host]
        well = True
        for name in names:
            try:
                found = await self._resolver.targets(Destination(name, upstream.port, upstream.transport))
            except Unreachable:
                # The domain of a trunk with a proxy often has no machine of its own.
                well = well and name != names[-1]
                continue
            self._gate.sources.learn(upstream.name, (one.address for one in found), self._clock())
        return well

    async def _learn_for_ever(self, upstream: Upstream) -> None:
        well = True
        while True:
            await asyncio.sleep(_LEARN_SECONDS if well else _LEARN_AGAIN_SECONDS)
            well = await self._learn(upstream)

    async def _keep_alive(self, upstream: Upstream) -> None:
        """Keep the way through a NAT open to where a trunk's UDP requests went last."""
        while True:
            await asyncio.sleep(upstream.keep_alive * random.uniform(0.8, 1.0))  # noqa: S311
            flow = self._kept.get(upstream.name)
            if flow is not None:
                flow.send(PING)


def _nobody(data: bytes, flow: Flow) -> None:
    """Hears nothing."""


def _nobody_cares(flow: Flow) -> None:
    """Hears nothing."""
