"""Both ends of a wire: the transport under test with what it received, and plain sockets as far sides."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from sip.interface import Flow, TransportName
from sip.wire.options import Limits, Options
from sip.wire.resolve import Resolver
from sip.wire.transport import Transport
from tests.waiting import eventually

__all__ = ["End", "Trunk", "datagram_socket", "message", "open_end", "soon"]


def message(method: str = "OPTIONS", body: bytes = b"", **more: str) -> bytes:
    """A request with little in it."""
    lines = [f"{method} sip:onmeet@127.0.0.1 SIP/2.0", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in more.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """As much of a trunk as the wire wants to know."""

    name: str = "trunk"
    host: str = "127.0.0.1"
    proxy: str = ""
    transport: TransportName | Literal["auto"] = "udp"
    port: int | None = None
    allow: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    keep_alive: float = 0.0
    tls_authority: str = ""


@dataclass
class End:
    """A transport; all that came in, in order, and what ended."""

    transport: Transport
    got: list[tuple[bytes, Flow]] = field(default_factory=list)
    excess: list[bytes] = field(default_factory=list)
    closed: list[Flow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transport.on_message = lambda data, flow: self.got.append((data, flow))
        self.transport.on_excess = lambda data, flow: self.excess.append(data)
        self.transport.on_closed = self.closed.append

    @property
    def messages(self) -> list[bytes]:
        return [data for data, _ in self.got]

    def port(self, transport: TransportName = "udp") -> int:
        return self.transport.ports[transport]


@asynccontextmanager
async def open_end(
    *trunks: Trunk,
    bind: str = "127.0.0.1",
    limits: Limits | None = None,
    resolver: Resolver | None = None,
    files: Any = None,
    **more: Any,
) -> AsyncIterator[End]:
    """An open transport on free ports for the length of the block. files: certificate and key of its own."""
    if files is not None:
        more |= {"certificate": str(files.certificate), "key": str(files.key)}
    options = Options(bind=bind, port=0, limits=limits or Limits(), **more)
    end = End(Transport(options, upstreams=trunks, resolver=resolver))
    await end.transport.open()
    try:
        yield end
    finally:
        await end.transport.close()


soon = partial(eventually, within=30.0)
"""Let the loop go on until a check is true, and return what it says."""


@asynccontextmanager
async def datagram_socket(address: str = "127.0.0.1") -> AsyncIterator[socket.socket]:
    """A UDP socket of a far side."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as far:
        far.setblocking(False)
        far.bind((address, 0))
        yield far


async def received(far: socket.socket) -> bytes:
    """The next datagram."""
    async with asyncio.timeout(30):
        return await asyncio.get_running_loop().sock_recv(far, 65_536)


async def connect(
    end: End, transport: TransportName = "tcp", host: str = "127.0.0.1", **more: Any
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection of a far side."""
    return await asyncio.open_connection(host, end.port(transport), **more)


async def refused(end: End, transport: TransportName = "tcp", *, saying: bytes = b"") -> bool:
    """Whether a connection is not taken; the far side may notice that before it is even connected."""
    dropped = end.transport.dropped
    before = dropped["connections"] + dropped["stranger"]
    try:
        reader, writer = await connect(end, transport)
    except ConnectionError:
        pass
    else:
        writer.write(saying)
        assert await ended(reader) == b""
    return dropped["connections"] + dropped["stranger"] == before + 1


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What still came until the connection was closed or reset by the other side."""
    got = b""
    try:
        async with asyncio.timeout(30):
            while data := await reader.read(65_536):
                got += data
    except (ConnectionError, ssl.SSLError):
        pass
    return got
