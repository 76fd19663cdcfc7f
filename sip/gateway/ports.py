"""UDP sockets for one leg: an even port for RTP and the next one for RTCP (RFC 3550 §11)."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
from collections.abc import Sequence

__all__ = ["NoPort", "facing", "open_pair"]

TRIES = 64
"""Where the system chooses the port, which may be an odd one or have a taken one beside it."""


class NoPort(OSError):
    """Every port of the range is taken."""


def facing(peer: str, bound: str) -> str:
    """Our address as `peer` reaches it: the bound one, or what routing says where that is a wildcard."""
    if not ipaddress.ip_address(bound).is_unspecified:
        return bound
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer, 9))  # sends nothing
        return str(probe.getsockname()[0])


def open_pair(address: str, ports: tuple[int, int] | None) -> tuple[socket.socket, socket.socket]:
    """Two bound, non-blocking sockets at `address` in a range of ports, None for any. Raises `NoPort`.

    The port is drawn at random, so that a stranger has to guess where sound is expected.
    """
    for port in _candidates(ports):
        rtp = _bound(address, port)
        if rtp is None:
            continue
        number = rtp.getsockname()[1]
        rtcp = _bound(address, number + 1) if number % 2 == 0 else None
        if rtcp is not None:
            return rtp, rtcp
        rtp.close()
    raise NoPort("no free pair of ports in ONMEET_RTP_PORTS")


def _candidates(ports: tuple[int, int] | None) -> Sequence[int]:
    """Every even port of the range once, in random order: the last free pair is found, too."""
    if ports is None:
        return [0] * TRIES
    even = list(range(ports[0] + ports[0] % 2, ports[1], 2))
    secrets.SystemRandom().shuffle(even)
    return even


def _bound(address: str, port: int) -> socket.socket | None:
    if port > 65535:
        return None
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        one.setblocking(False)
        one.bind((address, port))
        return one
    one.close()
    return None
