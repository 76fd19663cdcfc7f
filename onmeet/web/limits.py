"""How often one client may ask. Counted in memory only, forgotten with the minute or hour it is about."""

from __future__ import annotations

import ipaddress

from flask import request
from flask_limiter import Limiter

__all__ = ["client", "limiter"]


def client() -> str:
    """Where a request comes from: the IPv4 address or the IPv6 /64, which one household shares."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 6:
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


limiter = Limiter(
    client, default_limits=["1200 per minute"], storage_uri="memory://", strategy="moving-window"
)
