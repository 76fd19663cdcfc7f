"""Whether the DNS says that a domain is a group's: a TXT record at the domain itself.

    example.org.  TXT  "onmeet-verification=<token>"

Only whoever runs a domain can put that there. The token is no secret: it proves nothing anywhere else.
"""

from __future__ import annotations

import re
from typing import Any, cast

import dns.exception
import dns.resolver

from onmeet.errors import ProviderError

__all__ = ["PREFIX", "DnsProof", "domain_name"]

PREFIX = "onmeet-verification="

SECONDS = 4.0
"""How long somebody waits for the page at most."""

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class DnsProof:
    """Asks the DNS, for so many seconds at most. nameserver: address and port of a resolver; None: those of
    this machine."""

    def __init__(self, nameserver: tuple[str, int] | None = None, *, seconds: float = SECONDS) -> None:
        self._nameserver = nameserver
        self._seconds = seconds

    def says(self, domain: str, token: str) -> bool:
        """Whether the record is there. Raises `ProviderError` when nobody answers, which means neither."""
        resolver = dns.resolver.Resolver(configure=self._nameserver is None)
        if self._nameserver is not None:
            host, resolver.port = self._nameserver
            resolver.nameservers = [host]
        try:
            answer = resolver.resolve(f"{domain}.", "TXT", lifetime=self._seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return False
        except (dns.exception.DNSException, OSError):
            raise ProviderError("the DNS does not answer") from None
        wanted = f"{PREFIX}{token}".encode()
        # one text may come in pieces of 255 bytes (RFC 7208 §3.3 says how to read them)
        return any(b"".join(cast(Any, record).strings) == wanted for record in answer)


def domain_name(text: str) -> str | None:
    """A domain in small ASCII letters (IDNA), or None for what is none: at least two labels."""
    try:
        name = text.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return None
    labels = name.split(".")
    usable = len(labels) > 1 and len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    return name if usable and not labels[-1].isdigit() else None
