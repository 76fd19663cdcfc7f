"""SIP over TCP and TLS: one connection, cut into messages, with limits to what it may keep us waiting for."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol, cast

from sip.core.parsing import MessageError
from sip.core.stream import Cutter
from sip.interface import TransportName
from sip.wire.addresses import Address, plain
from sip.wire.options import Limits

__all__ = ["Connection", "Owner"]

PING = b"\r\n\r\n"  # RFC 5626 §3.5.1
PONG = b"\r\n"
PONG_SECONDS = 10.0  # RFC 5626 §4.4.1
_MOST_PONGS = 16  # at a time: nobody pings so often


class Owner(Protocol):
    """Who is told what happens on a connection."""

    def received(self, data: bytes, connection: Connection) -> bool:
        """One whole message. False when the connection has sent too much and is to end."""

    def local_for(self, transport: TransportName, host: str, own: Address) -> Address:
        """Our address and port as a remote host reaches them; own: of the connection itself."""

    def opened(self, connection: Connection) -> None:
        """It can be used."""

    def ended(self, connection: Connection, why: str) -> None:
        """It is over; `why` is a word of ours."""


class Connection(asyncio.Protocol):
    """One connection, ours or theirs; a Flow.

    trunk: for which we opened it, if for one. keep_alive: seconds between pings. ours: whether we opened it.
    """

    def __init__(
        self,
        owner: Owner,
        transport: TransportName,
        limits: Limits,
        *,
        ours: bool = False,
        trunk: str | None = None,
        keep_alive: float = 0.0,
    ) -> None:
        self.ours = ours
        self.trunk = trunk
        self._owner = owner
        self._kind = transport
        self._limits = limits
        self._keep_alive = keep_alive
        self._cutter = Cutter()
        self._pings = 0
        self._remote: Address = ("", 0)
        self._own: Address = ("", 0)
        self._wire: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._patience: asyncio.TimerHandle | None = None
        self._next_ping: asyncio.TimerHandle | None = None
        self._await_pong: asyncio.TimerHandle | None = None
        self._answers_pings = False
        self._why = "closed by the far side"

    # a Flow

    @property
    def transport(self) -> TransportName:
        """ "tcp" or "tls"."""
        return self._kind

    @property
    def local(self) -> Address:
        """Our address and port, as the far side reaches them."""
        return self._owner.local_for(self._kind, self._remote[0], self._own)

    @property
    def remote(self) -> Address:
        """The other end."""
        return self._remote

    @property
    def open(self) -> bool:
        """False once it has ended."""
        return self._wire is not None and not self._wire.is_closing()

    def send(self, data: bytes) -> None:
        """Send one whole message. A far side that does not read loses the connection."""
        wire = self._wire
        if wire is None or wire.is_closing():
            return
        if wire.get_write_buffer_size() + len(data) > self._limits.backlog:
            self.end("does not read")
            return
        wire.write(data)

    def end(self, why: str) -> None:
        """End it at once, for a reason in words of ours."""
        self._why = why
        if self._wire is not None:
            self._wire.abort()

    def close(self) -> None:
        """End it when all has been sent."""
        self._why = "closed by us"
        if self._wire is not None:
            self._wire.close()

    # what asyncio says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        name, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not name or not own:  # it was gone before we looked
            self.end("closed by the far side")
            return
        self._remote, self._own = plain(name), plain(own)
        self._be_patient(self._limits.idle if self.ours else self._limits.silent)
        if self._keep_alive:
            self._schedule_ping()
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._await_pong is not None:
            self._await_pong.cancel()
            self._await_pong = None
            self._answers_pings = self._answers_pings or data.startswith(PONG)
        begun = not self._cutter.idle
        try:
            messages = self._cutter.feed(data)
        except MessageError:
            self.end("broken message")
            return
        self._answer_pings()
        for message in messages:
            if not self.open:
                return
            if not self._owner.received(message, self):
                self.end("flood")
                return
        if self._cutter.error is not None:
            self.end("broken message")
        elif self._cutter.idle:
            self._be_patient(self._limits.idle)
        elif messages or not begun:
            # From the first byte of a message on: single bytes now and then buy no time.
            self._be_patient(self._limits.stall)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._patience, self._next_ping, self._await_pong):
            if timer is not None:
                timer.cancel()
        self._owner.ended(self, self._why)

    # time

    def _be_patient(self, seconds: float) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = self._loop.call_later(seconds, self.end, "stalled")

    def _answer_pings(self) -> None:
        news = self._cutter.pings - self._pings
        self._pings = self._cutter.pings
        if news:
            self.send(PONG * min(news, _MOST_PONGS))

    def _schedule_ping(self) -> None:
        # RFC 5626 §4.4.1: between 80 and 100 % of the interval, so that not all ping at once.
        seconds = self._keep_alive * random.uniform(0.8, 1.0)  # noqa: S311
        self._next_ping = self._loop.call_later(seconds, self._ping)

    def _ping(self) -> None:
        if not self.open:
            return
        self.send(PING)
        if self._await_pong is None:
            # Many answer no ping at all: only who did before and stops is gone.
            self._await_pong = self._loop.call_later(PONG_SECONDS, self._no_pong)
        self._schedule_ping()

    def _no_pong(self) -> None:
        self._await_pong = None
        if self._answers_pings:
            self.end("no answer to pings")

    def __repr__(self) -> str:
        return f"<Connection {self._kind}>"
