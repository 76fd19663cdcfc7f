"""What every description of ours has in common: the session part and the transport's lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["LocalTransport", "media_line", "session_lines", "text", "transport_lines"]

HOST_PREFERENCE = 126  # RFC 8445 §5.1.2.2
COMPONENT = 1  # RTP and RTCP share it (rtcp-mux)


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our side of a peer's transport, as SDP announces it.

    candidates: (IP address, port), best first. setup: our DTLS role or `actpass`.
    """

    ufrag: str
    password: str = field(repr=False)
    fingerprint: str
    candidates: tuple[tuple[str, int], ...]
    setup: str


def text(lines: Iterable[str]) -> str:
    """Lines as one description."""
    return "\r\n".join(lines) + "\r\n"


def session_lines(identifier: int, version: int, bundle: Iterable[str]) -> Iterator[str]:
    """The session part. `version` grows with every description of the same session."""
    yield "v=0"
    yield f"o=- {identifier} {version} IN IP4 0.0.0.0"
    yield "s=-"
    yield "t=0 0"
    mids = " ".join(bundle)
    if mids:
        yield f"a=group:BUNDLE {mids}"
    yield "a=ice-lite"  # RFC 8839 §5.3
    yield "a=msid-semantic: WMS *"


def media_line(kind: str, port: int, protocol: str, formats: Iterable[int | str]) -> Iterator[str]:
    """An m-line with the connection line that belongs to it."""
    yield " ".join(("m=" + kind, str(port), protocol, *map(str, formats)))
    yield "c=IN IP4 0.0.0.0"


def transport_lines(transport: LocalTransport, with_candidates: bool) -> Iterator[str]:
    """ICE, DTLS and multiplexing. Candidates stand in the first m-line of the bundle alone."""
    yield f"a=ice-ufrag:{transport.ufrag}"
    yield f"a=ice-pwd:{transport.password}"
    yield f"a=fingerprint:sha-256 {transport.fingerprint}"
    yield f"a=setup:{transport.setup}"
    yield "a=rtcp-mux"
    yield "a=rtcp-rsize"
    if with_candidates:
        for place, (host, port) in enumerate(transport.candidates):
            priority = HOST_PREFERENCE << 24 | 65535 - place << 8 | 256 - COMPONENT
            yield f"a=candidate:{place + 1} {COMPONENT} udp {priority} {host} {port} typ host"
        yield "a=end-of-candidates"
