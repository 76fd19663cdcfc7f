"""Via, the way back (RFC 3261 §20.42, §18.2; RFC 3581), and CSeq (§20.16)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sip.core.parsing import MessageError, params, write_params
from sip.core.uri import host_port, write_host

__all__ = ["MAGIC_COOKIE", "CSeq", "Via"]

MAGIC_COOKIE = "z9hG4bK"
"""With which the branch of an RFC 3261 element begins (§8.1.1.7)."""

_SENT = re.compile(
    r"SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+([^;]+)(.*)", re.I | re.DOTALL
)
_CSEQ = re.compile(r"0*([0-9]{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)")


@dataclass(frozen=True, slots=True)
class Via:
    """One hop. transport: upper case. host: without brackets. port: None when it is the transport's own."""

    transport: str
    host: str
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one value. Raises MessageError (400)."""
        match = _SENT.fullmatch(text.strip())
        if match is None:
            raise MessageError(400, "Malformed Via")
        host, port = host_port(match[2].strip())
        return cls(match[1].upper(), host, port, params(match[3]))

    @property
    def branch(self) -> str | None:
        """The transaction's name; only unique in itself when it begins with the magic cookie."""
        return self.params.get("branch")

    @property
    def modern(self) -> bool:
        """Whether the branch can be relied on (§17.2.3); else match as RFC 2543 did."""
        branch = self.branch or ""
        return branch[:7].lower() == MAGIC_COOKIE.lower() and len(branch) > 7

    @property
    def sent_by(self) -> str:
        """Host and port as they are compared (§17.2.3)."""
        return write_host(self.host, self.port).lower()

    def received_from(self, remote: tuple[str, int]) -> Via:
        """As a server stamps it: `received` where the address differs, `rport` when it was asked for."""
        seen = dict(self.params)
        if "rport" in seen:
            seen["rport"] = str(remote[1])
        if "rport" in seen or self.host.lower() != remote[0].lower():
            seen["received"] = remote[0]
        return replace(self, params=seen)

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {write_host(self.host, self.port)}{write_params(self.params)}"

    def __repr__(self) -> str:
        return f"<Via {self.transport}>"


@dataclass(frozen=True, slots=True)
class CSeq:
    """A sequence number, less than 2³¹, and the method that it counts."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Raises MessageError (400)."""
        match = _CSEQ.fullmatch(text)
        if match is None or int(match[1]) >= 1 << 31:
            raise MessageError(400, "Malformed CSeq")
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
