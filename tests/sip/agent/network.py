"""A network in memory that loses, repeats and reorders, and a transport of the agent on it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sip.core.uri import Uri
from sip.interface import Flow, TransportName
from sip.wire.resolve import Destination, Target, Unreachable

__all__ = ["Address", "MemoryFlow", "MemoryTransport", "Network"]

Address = tuple[str, int]
Receiver = Callable[[bytes, Address], None]


@dataclass
class Network:
    """Datagrams between addresses. loss, twice: shares; jitter: seconds that a datagram may be late."""

    seed: int = 1
    loss: float = 0.0
    twice: float = 0.0
    jitter: float = 0.0
    delay: float = 0.01
    hosts: dict[Address, Receiver] = field(default_factory=dict)
    carried: list[tuple[Address, Address, bytes]] = field(default_factory=list)
    keep: bool = True
    veto: Callable[[Address, Address, bytes], bool] = lambda source, target, data: False

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    def post(self, source: Address, target: Address, data: bytes) -> None:
        """Send; `veto` drops what it says yes to, and chance drops its share."""
        if self.keep:
            self.carried.append((source, target, data))
        if self.veto(source, target, data):
            return
        for _ in range(2 if self._rng.random() < self.twice else 1):
            if self._rng.random() >= self.loss:
                late = self.delay + self._rng.random() * self.jitter
                asyncio.get_running_loop().call_later(late, self._arrive, source, target, data)

    def _arrive(self, source: Address, target: Address, data: bytes) -> None:
        receiver = self.hosts.get(target)
        if receiver is not None:
            receiver(data, source)


class MemoryFlow:
    """The way from one address to another."""

    def __init__(self, network: Network, local: Address, remote: Address, transport: TransportName) -> None:
        self._network = network
        self.local, self.remote, self.transport = local, remote, transport
        self.open = True

    def send(self, data: bytes) -> None:
        if self.open:
            self._network.post(self.local, self.remote, data)


class MemoryTransport:
    """What `sip.wire.transport.Transport` is to the agent. trunks: the addresses of each, best first."""

    def __init__(
        self,
        network: Network,
        address: Address,
        trunks: dict[str, Sequence[Address]] | None = None,
        transport: TransportName = "udp",
    ) -> None:
        self.network, self.address, self.kind = network, address, transport
        self.known = {name: list(addresses) for name, addresses in (trunks or {}).items()}
        self.on_message: Callable[[bytes, Flow], None] = lambda data, flow: None
        self.on_excess: Callable[[bytes, Flow], None] = lambda data, flow: None
        self.on_closed: Callable[[Flow], None] = lambda flow: None
        self.flows: dict[Address, MemoryFlow] = {}
        self.names: dict[str, list[Address]] = {}
        self.blamed: list[Address] = []
        self.refuses: set[Address] = set()

    async def open(self) -> None:
        self.network.hosts[self.address] = self._arrived

    async def close(self) -> None:
        self.network.hosts.pop(self.address, None)

    async def targets(self, to: Uri | Destination | None, *, trunk: str | None = None) -> Sequence[Target]:
        await asyncio.sleep(0)
        if to is None:
            found = self.known.get(trunk or "", [])
            if not found:
                raise Unreachable("nothing is known of it")
            return [Target(host, port, self.kind, host) for host, port in found]
        if to.host in self.names:
            return [Target(host, port, self.kind, to.host) for host, port in self.names[to.host]]
        if not to.host[:1].isdigit():
            raise Unreachable("no such name")
        return [Target(to.host, to.port or 5060, self.kind, to.host)]

    async def flow_to(self, target: Target, *, trunk: str | None = None) -> Flow:
        await asyncio.sleep(0)
        if target.address in self.refuses:
            raise Unreachable("refused")
        return self.flow(target.address)

    def failed(self, flow: Flow) -> None:
        self.blamed.append(flow.remote)

    def trunks(self, flow: Flow) -> tuple[str, ...]:
        return tuple(
            name
            for name, addresses in self.known.items()
            if flow.remote[0] in {host for host, _ in addresses}
        )

    def flow(self, remote: Address) -> MemoryFlow:
        flow = self.flows.get(remote)
        if flow is None or not flow.open:
            flow = self.flows[remote] = MemoryFlow(self.network, self.address, remote, self.kind)
        return flow

    def cut(self, remote: Address) -> None:
        """End the connection to a far side."""
        flow = self.flows[remote]
        flow.open = False
        self.on_closed(flow)

    def _arrived(self, data: bytes, remote: Address) -> None:
        self.on_message(data, self.flow(remote))
