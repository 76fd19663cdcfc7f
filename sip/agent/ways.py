"""From a call's next hops to flows: its own where that leads there, else by DNS; in order, and cached."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Generic, TypeVar

from sip.agent.rim import Wire
from sip.core.uri import Uri
from sip.interface import Flow
from sip.wire.resolve import DEFAULT_PORTS, Unreachable

__all__ = ["Ways"]

MAX_WAYS = 8
Way = tuple[str, int | None, str]
T = TypeVar("T")


class Ways(Generic[T]):
    """Where requests inside of one call go. flow: of the call; what waits for a way keeps its order.

    put: sends something on a flow. lost: hears of what has no way.
    """

    def __init__(
        self,
        wire: Wire,
        flow: Flow,
        trunk: str | None,
        put: Callable[[T, Flow], None],
        lost: Callable[[T], None],
    ) -> None:
        self.flow = flow
        self._wire, self._trunk, self._put, self._lost = wire, trunk, put, lost
        self._known: dict[Way, Flow] = {}
        self._waiting: dict[Way, list[T]] = {}

    def send(self, what: T, hop: Uri) -> bool:
        """Send, if the way is known; False when somebody must run `find` for this hop."""
        flow = self._at_hand(hop)
        if flow is not None:
            self._put(what, flow)
            return True
        way = _way(hop)
        first = way not in self._waiting
        self._waiting.setdefault(way, []).append(what)
        return not first

    async def find(self, hop: Uri) -> None:
        """Find the way to a hop, and send what waits for it."""
        flow, way = await self._connected(hop), _way(hop)
        waiting = self._waiting.pop(way, [])
        if flow is not None:
            if len(self._known) >= MAX_WAYS:
                self._known.clear()
            self._known[way] = flow
        for what in waiting:
            if flow is not None:
                self._put(what, flow)
            else:
                self._lost(what)

    def _at_hand(self, hop: Uri) -> Flow | None:
        """The flow to a hop, as far as it is known without asking DNS or connecting."""
        flow = self.flow
        if flow.open and (self._trunk is None or _leads(flow, hop)):
            return flow
        known = self._known.get(_way(hop))
        return known if known is not None and known.open else None

    async def _connected(self, hop: Uri) -> Flow | None:
        """A flow to a hop; when there is no way, the one that the call has."""
        mine = self.flow if self.flow.open else None
        try:
            targets = await self._wire.targets(hop, trunk=self._trunk)
        except Unreachable:
            return mine
        if mine is not None and any(
            target.transport == mine.transport and _is_at(target.host, target.port, mine)
            for target in targets
        ):
            return mine  # of several machines behind a name, the one that has the call
        for target in targets:
            try:
                return await self._wire.flow_to(target, trunk=self._trunk)
            except Unreachable:
                continue
        return mine


def _way(hop: Uri) -> Way:
    return hop.host.lower(), hop.port, f"{hop.scheme}:{hop.params.get('transport') or ''}".lower()


def _is_at(host: str, port: int, flow: Flow) -> bool:
    """Whether an address is the other end of a flow; of a connection its port does not matter (RFC 5923)."""
    return host == flow.remote[0] and (flow.transport != "udp" or port == flow.remote[1])


def _leads(flow: Flow, hop: Uri) -> bool:
    """Whether a hop is at the other end of a flow, or in a private network that only that end can reach."""
    try:
        there, here = ipaddress.ip_address(hop.host), ipaddress.ip_address(flow.remote[0])
    except ValueError:
        return False
    if here.is_global and not there.is_global:
        return True  # behind a NAT, where only the flow leads
    wanted = (hop.params.get("transport") or ("tls" if hop.scheme == "sips" else "")).lower()
    if wanted not in {"", flow.transport}:
        return False
    return there == here and _is_at(flow.remote[0], hop.port or DEFAULT_PORTS["udp"], flow)
