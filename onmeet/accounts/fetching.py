"""Requests to addresses that a stranger has chosen: short, small, to the public Internet, without detours.

Whoever runs a group says where its sign-in service is. Without care they could have this server knock at its
own network, wait for ever, or fill its memory.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from onmeet.clock import monotonic
from onmeet.errors import ProviderError

if TYPE_CHECKING:
    import requests

__all__ = ["MAX_BYTES", "SECONDS", "careful"]

SECONDS = 8.0
"""How long one answer may take."""

MAX_BYTES = 512 * 1024

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def careful(session: requests.Session, *, private: bool) -> None:
    """Have a session refuse what it should not fetch: it raises `ProviderError`, or an error of requests.

    private: addresses that are not public are allowed, and this machine without https.
    """
    session.max_redirects = 0
    # A proxy would look the name up by itself, and .netrc holds passwords for others
    session.trust_env = False
    adapter = _adapter(private)
    session.mount("https://", adapter)
    session.mount("http://", adapter)


def _adapter(private: bool) -> Any:
    from requests.adapters import HTTPAdapter  # 4 MB, which only sign-in services of groups need

    class Careful(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *given: Any, **options: Any) -> requests.Response:
            _check(str(request.url), private)
            ends = monotonic() + SECONDS
            options.update(stream=True, timeout=SECONDS / 2)
            answer = super().send(request, *given, **options)
            answer._content = _body(answer, ends)
            answer._content_consumed = True
            return answer

    return Careful()


def _check(url: str, private: bool) -> None:
    """Refuse other schemes and addresses inside. Between this and the connection the name may change its
    address; then the certificate, which is checked for the name, does not fit."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (private and host in _LOOPBACK):
        raise ProviderError("not over https")
    if private:
        return
    try:
        entries = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        raise ProviderError("no such host") from None
    if not all(_is_public(str(entry[4][0])) for entry in entries):
        raise ProviderError("not a public address")


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_global
    return address.is_global and not address.is_multicast


def _body(answer: requests.Response, ends: float) -> bytes:
    """All of it, in pieces as they come: a service that drips is given up."""
    body = b""
    while piece := answer.raw.read1(65_536, decode_content=True):
        body += piece
        if len(body) > MAX_BYTES or monotonic() > ends:
            answer.close()
            raise ProviderError("too much, or too slow")
    answer.raw.release_conn()
    return body
