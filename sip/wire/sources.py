"""Who may send us anything at all: the networks of trunks, and this machine itself. Pure.

What comes from anywhere else is dropped without an answer, so that nobody finds a telephone exchange here by
knocking.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from sip.wire.addresses import Address, is_loopback

__all__ = ["KEPT_SECONDS", "Source", "Sources"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

KEPT_SECONDS = 3600.0
"""How long an address counts after DNS named it last: providers hand out a part of their addresses at a time,
and calls go on while records change."""

_MOST_ADDRESSES = 256
"""Of one trunk."""


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody who may send. trunks: names of those that it may be, several when they share a provider;
    none for a softphone on this machine."""

    trunks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Known:
    networks: tuple[Network, ...]
    resolved: dict[str, tuple[float, set[int]]] = field(default_factory=dict)


class Sources:
    """The allow-list. local: whether we listen on loopback alone: then softphones of this machine count."""

    def __init__(self, trunks: Iterable[tuple[str, tuple[Network, ...]]], *, local: bool) -> None:
        self._trunks = {name: _Known(networks) for name, networks in trunks}
        self._local = local

    def learn(self, trunk: str, addresses: Iterable[Address], now: float) -> None:
        """A trunk's names resolve to these addresses and ports."""
        known = self._trunks.get(trunk)
        if known is None:
            return
        for host, port in addresses:
            ports = known.resolved.pop(host, (now, set[int]()))[1]
            known.resolved[host] = (now, {*ports, port})
        while len(known.resolved) > _MOST_ADDRESSES:
            del known.resolved[next(iter(known.resolved))]

    def who(self, remote: Address, now: float, *, datagram: bool = True) -> Source | None:
        """Whom an address belongs to; None for a stranger.

        A datagram from this machine is only taken for a trunk's when its port is the trunk's: otherwise it is
        a softphone that stands beside a PBX. Connections come from any port.
        """
        host, port = remote
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return None
        here = self._local and is_loopback(host)
        exact = tuple(name for name, known in self._trunks.items() if self._at(known, host, now, port))
        if exact or (here and datagram and not self._allowed(address)):
            return Source(exact)
        names = tuple(
            name
            for name, known in self._trunks.items()
            if self._at(known, host, now) or any(address in network for network in known.networks)
        )
        return Source(names) if names or here else None

    def _allowed(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return any(address in network for known in self._trunks.values() for network in known.networks)

    @staticmethod
    def _at(known: _Known, host: str, now: float, port: int | None = None) -> bool:
        found = known.resolved.get(host)
        return found is not None and now - found[0] <= KEPT_SECONDS and (port is None or port in found[1])
