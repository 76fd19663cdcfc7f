"""A DNS server on 127.0.0.1 that answers from a table, so that look-ups go over real datagrams."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

__all__ = ["DnsServer", "dns_server"]


class DnsServer:
    """records: (name, type) → texts of records. silent: nothing is answered any more. asked: how often what
    was asked for."""

    def __init__(self, records: Mapping[tuple[str, str], list[str]], *, ttl: int = 60) -> None:
        self.records = dict(records)
        self.ttl = ttl
        self.silent = False
        self.asked: Counter[tuple[str, str]] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address: tuple[str, int] = self._socket.getsockname()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _read(self) -> None:
        data, peer = self._socket.recvfrom(4096)
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.asked[name, kind] += 1
        if self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        found = self.records.get((name, kind))
        if found:
            answer.answer.append(dns.rrset.from_text(question.name, self.ttl, "IN", kind, *found))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._socket.sendto(answer.to_wire(), peer)


@asynccontextmanager
async def dns_server(
    records: Mapping[tuple[str, str], list[str]], *, ttl: int = 60
) -> AsyncIterator[DnsServer]:
    """Serve `records` for the length of the block."""
    server = DnsServer(records, ttl=ttl)
    try:
        yield server
    finally:
        server.close()
