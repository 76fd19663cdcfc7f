"""How often one client may ask. Forgotten with the minute or hour it is about.

Counted in this process's memory, or in Redis where the operator has one. Neither sees an address: clients
have opaque names, in Redis under a key that all workers derive from the instance's secret, another each day.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from typing import Any

from flask import current_app, request
from flask_limiter import Limiter

from onmeet.config import Config
from onmeet.notices import outlets

__all__ = ["client", "limiter", "settings"]

_KEY = secrets.token_bytes(32)
"""Of this process alone: what is counted leads back to nobody's address."""

_SHARED = "ONMEET_LIMITS_KEY"
_SECONDS = 1.0
"""How long a page waits for Redis before it counts in memory instead."""
_DAY = 86_400


def settings(config: Config) -> dict[str, Any]:
    """What Flask-Limiter reads from the app's configuration."""
    if config.redis_url is None:
        return {"RATELIMIT_STORAGE_URI": "memory://", _SHARED: None}
    return {
        "RATELIMIT_STORAGE_URI": config.redis_url,
        "RATELIMIT_STORAGE_OPTIONS": {
            "key_prefix": outlets.LIMITS,
            "socket_timeout": _SECONDS,
            "socket_connect_timeout": _SECONDS,
        },
        _SHARED: hmac.digest(config.secret_key.encode(), b"names of clients in rate limits", "sha256"),
    }


def client() -> str:
    """Who asks, under an opaque name: the IPv4 address or the IPv6 /64, which one household shares."""
    shared: bytes | None = current_app.config[_SHARED]
    key = _KEY if shared is None else hmac.digest(shared, str(int(time.time() // _DAY)).encode(), "sha256")
    household = _household(request.remote_addr or "")
    return hashlib.blake2b(household.encode(), key=key, digest_size=12).hexdigest()


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
    client,
    default_limits=["1200 per minute"],
    strategy="sliding-window-counter",
    in_memory_fallback_enabled=True,
)
