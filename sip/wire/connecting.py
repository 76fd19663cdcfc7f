"""Connections that we open, one to each target, used by everybody who goes there."""

from __future__ import annotations

import asyncio
import ssl

from sip.interface import TransportName
from sip.wire.addresses import Address
from sip.wire.options import Limits, Upstream
from sip.wire.resolve import Target, Unreachable
from sip.wire.stream import Connection, Owner
from sip.wire.tls import client_context

__all__ = ["Connector"]

Key = tuple[Address, TransportName, str, str]


class Connector:
    """Opens, keeps and finds connections by target, and by the CA that vouched for them."""

    def __init__(self, owner: Owner, limits: Limits) -> None:
        self._owner = owner
        self._limits = limits
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._known: dict[Key, Connection] = {}
        self._under_way: dict[Key, asyncio.Task[Connection]] = {}

    def check(self, upstream: Upstream) -> None:
        """Raises `ConfigError` when the CA's file of a trunk cannot be used."""
        if upstream.tls_authority:
            self._context(upstream.tls_authority)

    async def connection(self, target: Target, upstream: Upstream | None) -> Connection:
        """An open connection to a target. Raises `Unreachable` when none can be had."""
        authority = upstream.tls_authority if upstream else ""
        # The name is part of the key: a certificate that was good for one domain says nothing of another.
        key = (target.address, target.transport, target.name, authority)
        known = self._known.get(key)
        if known is not None and known.open:
            return known
        task = self._under_way.get(key)
        if task is None and len(self._known) + len(self._under_way) >= self._limits.all_connections:
            raise Unreachable("too many connections are open")  # far sides choose where requests go
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._open(key, target, upstream, authority))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    def forget(self, connection: Connection) -> None:
        """Open a new one next time; calls that use this one may go on."""
        self._known = {key: one for key, one in self._known.items() if one is not connection}

    async def close(self) -> None:
        """Open nothing more."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self, key: Key, target: Target, upstream: Upstream | None, authority: str) -> Connection:
        loop = asyncio.get_running_loop()
        secure = target.transport == "tls"

        def make() -> Connection:
            return Connection(
                self._owner,
                target.transport,
                self._limits,
                ours=True,
                trunk=upstream.name if upstream else None,
                keep_alive=upstream.keep_alive if upstream else 0.0,
            )

        try:
            async with asyncio.timeout(self._limits.connect):
                _, connection = await loop.create_connection(
                    make,
                    *target.address,
                    ssl=self._context(authority) if secure else None,
                    server_hostname=target.name if secure else None,
                    ssl_shutdown_timeout=2.0 if secure else None,
                )
        except ssl.SSLCertVerificationError:
            raise Unreachable("the certificate of the other side is not one of its name") from None
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError
            raise Unreachable("the other side does not take connections") from None
        self._known[key] = connection
        return connection

    def _context(self, authority: str) -> ssl.SSLContext:
        if authority not in self._contexts:
            self._contexts[authority] = client_context(authority)
        return self._contexts[authority]
