"""From a domain to the machines that serve it, in the order in which to try them (RFC 3263, RFC 2782).

targets = await Resolver().targets(Destination("sip.example.net", transport="auto"))
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdata
import dns.resolver
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from onmeet.clock import Clock, monotonic
from onmeet.errors import ProviderError
from sip.core.uri import Uri
from sip.interface import TransportName
from sip.wire.addresses import literal

__all__ = ["DEFAULT_PORTS", "Destination", "Resolver", "Target", "Unreachable"]

DEFAULT_PORTS: dict[TransportName, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}  # RFC 3261 §19.1.2

_SERVICES: dict[str, TransportName] = {"sip+d2u": "udp", "sip+d2t": "tcp", "sips+d2t": "tls"}  # RFC 3263 §4.1
_SRV_LABELS: dict[TransportName, str] = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_MOST_TARGETS = 32
_MOST_KNOWN = 256
_LONGEST = 3600.0
_SHORTEST = 5.0
_STALE_SECONDS = 86_400.0
"""How long old answers serve when DNS is silent: better an address of yesterday than no telephone."""


class Unreachable(ProviderError):
    """No machine of a destination could be found or reached."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What a URI, a Route or a trunk's setting says. host: a name or an address.

    transport: "auto" leaves it to DNS; secure (sips) then permits TLS alone.
    """

    host: str
    port: int | None = None
    transport: TransportName | Literal["auto"] = "auto"
    secure: bool = False

    @classmethod
    def of(cls, uri: Uri) -> Destination:
        """Of a sip or sips URI (RFC 3263 §4: maddr before host). Raises `Unreachable` for other schemes."""
        if uri.scheme not in ("sip", "sips") or not uri.host:
            raise Unreachable("only sip and sips URIs name a machine")
        wish = (uri.params.get("transport") or "auto").lower()
        transport = wish if wish in ("udp", "tcp", "tls") else "auto"
        host = uri.params.get("maddr") or uri.host
        return cls(host.lower(), uri.port, cast(Any, transport), secure=uri.scheme == "sips")


@dataclass(frozen=True, slots=True)
class Target:
    """One machine. name: what its certificate must show (RFC 5922 §7.1: the domain asked for, not the one
    that DNS answered)."""

    host: str
    port: int
    transport: TransportName
    name: str

    @property
    def address(self) -> tuple[str, int]:
        """For sockets."""
        return self.host, self.port


@dataclass(frozen=True, slots=True)
class _Known:
    targets: tuple[Target, ...]
    asked: float
    ttl: float


class Resolver:
    """Asks DNS and remembers for as long as it says.

    nameservers: (address, port) to ask, those of the system without. hosts: whether to ask the system
    (/etc/hosts, mDNS) for names without records. families: of the sockets that we have.
    """

    def __init__(
        self,
        *,
        nameservers: Sequence[tuple[str, int]] = (),
        hosts: bool = True,
        families: Iterable[int] = (socket.AF_INET, socket.AF_INET6),
        seconds: float = 5.0,
        clock: Clock = monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._nameservers = tuple(nameservers)
        self._hosts = hosts
        self._families = tuple(families)
        self._seconds = seconds
        self._clock = clock
        self._chance = chance or random.SystemRandom()
        self._known: OrderedDict[Destination, _Known] = OrderedDict()
        self._dns: dns.asyncresolver.Resolver | None = None

    async def targets(self, destination: Destination) -> tuple[Target, ...]:
        """All machines, best first; weights (RFC 2782) are drawn anew with every look-up.

        Raises `Unreachable` when there is none.
        """
        now = self._clock()
        known = self._known.get(destination)
        if known is not None and now - known.asked < known.ttl:
            return known.targets
        look_up = _LookUp(self._asker(), self._families, self._chance, hosts=self._hosts)
        try:
            async with asyncio.timeout(self._seconds * 2):
                found = await look_up.find(destination)
        except TimeoutError:
            found = ()
            look_up.silent = True
        targets = tuple(dict.fromkeys(found))[:_MOST_TARGETS]
        if not targets and look_up.silent and known is not None and now - known.asked < _STALE_SECONDS:
            return known.targets
        if not targets:
            why = "DNS does not answer" if look_up.silent else "DNS knows no machine for it"
            raise Unreachable(f"the other side's domain cannot be resolved: {why}")
        self._remember(destination, _Known(targets, now, look_up.ttl))
        return targets

    def _remember(self, destination: Destination, known: _Known) -> None:
        self._known[destination] = known
        self._known.move_to_end(destination)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def _asker(self) -> dns.asyncresolver.Resolver | None:
        if self._dns is None:
            try:
                self._dns = dns.asyncresolver.Resolver(configure=not self._nameservers)
            except dns.resolver.NoResolverConfiguration:
                return None  # a machine without DNS: addresses and /etc/hosts still work
            if self._nameservers:
                self._dns.nameservers = [
                    dns.nameserver.Do53Nameserver(host, port) for host, port in self._nameservers
                ]
            self._dns.lifetime = self._seconds
        return self._dns


class _LookUp:
    """One look-up. ttl: seconds for which all of its answers hold. silent: a server did not answer."""

    def __init__(
        self,
        resolver: dns.asyncresolver.Resolver | None,
        families: tuple[int, ...],
        chance: random.Random,
        *,
        hosts: bool,
    ) -> None:
        self._resolver = resolver
        self._families = families
        self._chance = chance
        self._hosts = hosts
        self.ttl = _LONGEST
        self.silent = False
        self._refused = False

    async def find(self, destination: Destination) -> tuple[Target, ...]:
        """RFC 3263 §4.1 and §4.2."""
        host = destination.host
        chosen = self._chosen(destination)
        address = literal(host)
        if address is not None:
            transport = chosen or "udp"
            port = destination.port or DEFAULT_PORTS[transport]
            return (Target(address, port, transport, address),)
        if destination.port is not None:
            transport = chosen or "udp"
            addresses = await self._addresses(host)
            return tuple(Target(one, destination.port, transport, host) for one in addresses)
        services = (
            [(chosen, f"{_SRV_LABELS[chosen]}.{host}")] if chosen else await self._services(destination)
        )
        found = [target for transport, name in services for target in await self._srv(name, transport, host)]
        if found or self._refused:
            return tuple(found)
        transport = chosen or "udp"
        port = DEFAULT_PORTS[transport]
        return tuple(Target(one, port, transport, host) for one in await self._addresses(host))

    @staticmethod
    def _chosen(destination: Destination) -> TransportName | None:
        if destination.secure:
            return "tls"
        return None if destination.transport == "auto" else destination.transport

    async def _services(self, destination: Destination) -> list[tuple[TransportName, str]]:
        """Transports and names of SRV records by NAPTR; without any, those that one may guess."""
        records = [one for one in await self._ask(destination.host, "NAPTR") if isinstance(one, NAPTR)]
        usable = [
            (one.order, one.preference, _SERVICES[service], one.replacement.to_text(omit_final_dot=True))
            for one in records
            if one.flags.lower() == b"s"
            and (service := one.service.decode("ascii", "replace").lower()) in _SERVICES
        ]
        if usable:
            return [(transport, name) for *_, transport, name in sorted(usable, key=lambda one: one[:2])]
        return [(transport, f"{label}.{destination.host}") for transport, label in _SRV_LABELS.items()]

    async def _srv(self, name: str, transport: TransportName, domain: str) -> list[Target]:
        records = [one for one in await self._ask(name, "SRV") if isinstance(one, SRV)]
        if records and all(one.target == dns.name.root for one in records):
            self._refused = True  # RFC 2782: the service is decidedly not available at this domain
            return []
        ordered = _by_weight([one for one in records if one.target != dns.name.root], self._chance)
        found = []
        for one in ordered[:_MOST_TARGETS]:
            for address in await self._addresses(one.target.to_text(omit_final_dot=True)):
                found.append(Target(address, one.port, transport, domain))
        return found

    async def _addresses(self, host: str) -> list[str]:
        found: list[str] = []
        for kind, family in (("AAAA", socket.AF_INET6), ("A", socket.AF_INET)):
            if family in self._families:
                found += [record.to_text() for record in await self._ask(host, kind)]
        if found or not self._hosts:
            return found
        try:
            known = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError:
            return []
        self.ttl = min(self.ttl, 60.0)
        return [str(entry[4][0]) for entry in known if entry[0] in self._families]

    async def _ask(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        if self._resolver is None:
            return []
        try:
            answer = await self._resolver.resolve(name, kind, search=False, raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return []
        except (dns.exception.DNSException, OSError):
            self.silent = True
            return []
        if answer.rrset is None:
            return []
        self.ttl = max(_SHORTEST, min(self.ttl, float(answer.rrset.ttl)))
        return list(answer.rrset)


def _by_weight(records: list[SRV], chance: random.Random) -> list[SRV]:
    """In the order in which to try them: by priority, within one drawn by weight (RFC 2782)."""
    ordered: list[SRV] = []
    for priority in sorted({one.priority for one in records}):
        # Weight 0 first, as the RFC says: these have a small chance of their own.
        left = sorted((one for one in records if one.priority == priority), key=lambda one: one.weight)
        while left:
            drawn = chance.randint(0, sum(one.weight for one in left))
            for one in left:
                drawn -= one.weight
                if drawn <= 0:
                    break
            left.remove(one)
            ordered.append(one)
    return ordered
