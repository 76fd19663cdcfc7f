"""What the sockets need to be told."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Literal, Protocol

from sip.interface import TransportName
from sip.wire.buckets import Rate

__all__ = ["Limits", "Options", "Upstream"]


class Upstream(Protocol):
    """As much of a trunk as concerns sockets; `onmeet.phone.settings.Trunk` is one."""

    @property
    def name(self) -> str:
        """By which everybody calls it."""

    @property
    def host(self) -> str:
        """Its domain."""

    @property
    def proxy(self) -> str:
        """Where requests go instead of `host`; "" without."""

    @property
    def transport(self) -> TransportName | Literal["auto"]:
        """Over which they go."""

    @property
    def port(self) -> int | None:
        """At which; None asks DNS."""

    @property
    def allow(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Networks from which it may call, besides those that its names resolve to."""

    @property
    def keep_alive(self) -> float:
        """Seconds between keep-alives, 0 for none."""

    @property
    def tls_authority(self) -> str:
        """File of the CA of its certificate; "" for those of the system."""


_INVITES = Rate(20, 60)
_ALL_INVITES = Rate(60, 200)
_MESSAGES = Rate(300, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one source, and all of them, may do to us.

    invites, all_invites: INVITEs of one IP address and in all. messages: of any kind, of one address.
    connections: open ones of one address; all_connections: in all. handshake, stall: seconds for a TLS
    handshake and from the first byte of a message to its last. silent: seconds until a new connection
    has sent its first message; idle: between two. backlog: bytes that a far side may leave unread.
    """

    invites: Rate = _INVITES
    all_invites: Rate = _ALL_INVITES
    messages: Rate = _MESSAGES
    connections: int = 32
    all_connections: int = 256
    handshake: float = 5.0
    stall: float = 10.0
    silent: float = 30.0
    idle: float = 3600.0
    backlog: int = 256 * 1024
    connect: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sockets of ours.

    bind: "0.0.0.0" for IPv4, "::" for both, or one address. port: of UDP and TCP, 0 takes any free one.
    tls_port: None takes the next one. advertised: our address as far sides see it, "" finds out.
    certificate, key: files in PEM; without them nothing listens for TLS.
    """

    bind: str = "127.0.0.1"
    port: int = 5060
    tls_port: int | None = None
    advertised: str = ""
    certificate: str = ""
    key: str = ""
    limits: Limits = Limits()

    @property
    def local(self) -> bool:
        """Whether only this machine can reach us."""
        return ipaddress.ip_address(self.bind).is_loopback

    @property
    def families(self) -> tuple[int, ...]:
        """Of addresses that we can reach."""
        address = ipaddress.ip_address(self.bind)
        if address.version == 4:
            return (socket.AF_INET,)
        return (socket.AF_INET6, socket.AF_INET) if address.is_unspecified else (socket.AF_INET6,)
