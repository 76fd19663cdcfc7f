"""How often one client may ask. Counted in memory only, forgotten with the minute or hour it is about."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

from flask import request
from flask_limiter import Limiter

__all__ = ["client", "limiter"]


_KEY = secrets.token_bytes(32)
"""Of this process alone: what is counted leads back to nobody's address."""


def client() -> str:
    """Who asks, under an opaque name: the IPv4 address or the IPv6 /64, which one household shares."""
    return hashlib.blake2b(
        _household(request.remote_addr or "").encode(), key=_KEY, digest_size=12
    ).hexdigest()


def _household(remote: str) -> str:
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return "unknown"
    if address.version == 6:
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


# Not the moving window: in memory that one keeps the name of every client for as long as the process lives.
limiter = Limiter(
    client, default_limits=["1200 per minute"], storage_uri="memory://", strategy="sliding-window-counter"
)
