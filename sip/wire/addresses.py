"""IP addresses as SIP needs them: in one spelling, and ours as a certain far side reaches it."""

from __future__ import annotations

import ipaddress
import socket

__all__ = ["Address", "family", "is_loopback", "literal", "own_address", "plain", "spelled"]

Address = tuple[str, int]


def literal(host: str) -> str | None:
    """The address that `host` is, in one spelling and without brackets; None when it is a name."""
    try:
        parsed = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def plain(name: tuple[object, ...]) -> Address:
    """What a socket calls an address, as (host, port): IPv4 in IPv6 clothes (::ffff:…) becomes IPv4."""
    host = str(name[0])
    return host.removeprefix("::ffff:") if "." in host else host, int(str(name[1]))


def spelled(address: Address, socket_family: int) -> tuple[str, int]:
    """`address` as a socket of that family must be told it."""
    host, port = address
    if socket_family == socket.AF_INET6 and ":" not in host:
        return f"::ffff:{host}", port
    return host, port


def family(host: str) -> socket.AddressFamily:
    """Of an address, not a name."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def is_loopback(host: str) -> bool:
    """Whether an address means this machine alone; a name never does."""
    address = literal(host)
    return address is not None and ipaddress.ip_address(address).is_loopback


def own_address(remote: str, advertised: str, bound: str) -> str:
    """The address of ours to write into messages for `remote`.

    advertised: what the operator set, for those who see us through a NAT: not for loopback, not for a PBX in
    our own private network when the advertised one is public, and only for its own family.
    bound: what our socket is bound to, perhaps a wildcard.
    """
    there = ipaddress.ip_address(remote.partition("%")[0])
    if advertised and not there.is_loopback:
        shown = ipaddress.ip_address(advertised)
        if shown.version == there.version and not (there.is_private and shown.is_global):
            return advertised
    if not ipaddress.ip_address(bound).is_unspecified:
        return bound
    return _routed(remote) or bound


def _routed(remote: str) -> str:
    """The address from which this machine would send there; "" without a route. Nothing is sent."""
    try:
        with socket.socket(family(remote), socket.SOCK_DGRAM) as probe:
            probe.connect((remote, 9))
            return plain(probe.getsockname())[0]
    except OSError:
        return ""
