"""The relay's end of the internal Unix socket: asyncio at the rim, `registry` inside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import structlog

from onmeet.clock import Clock
from onmeet.errors import ConfigError, ProtocolError
from onmeet.signalling import closing, wire
from onmeet.signalling.channel import Channel
from onmeet.signalling.closing import Closing
from onmeet.signalling.gateway import Gateway
from onmeet.signalling.gateway_messages import opening
from onmeet.signalling.registry import Registry
from onmeet.signalling.reports import Outlet, Reports
from onmeet.signalling.ticket import Ticket

__all__ = ["Queries", "SignallingServer", "bind"]

Queries = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]
"""What may be asked over the socket: name → what makes an answer of the question."""

TICK_SECONDS = 1.0
FIRST_FRAME_SECONDS = 5.0

UNSENT_LIMIT = 4 * 1024 * 1024
"""Bytes that may wait for a web process that does not read; beyond, its socket counts as lost."""

SOUND_LIMIT = 64 * 1024
"""Bytes that may wait for a telephone gateway that does not read; beyond, sound is dropped."""

log = structlog.get_logger()


def bind(path: Path) -> socket.socket:
    """A listening Unix socket with mode 0600 from its first moment.

    A file left by a relay that was killed is removed. Raises ConfigError when a living process
    listens there, or something else than a socket lies there.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(f"ONMEET_DATA: {path.name} in the run folder is not a socket")
        if _answers(path):
            raise ConfigError("ONMEET_DATA: another relay already runs with this data folder")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise ConfigError(f"ONMEET_DATA: no socket can be made there ({error.strerror})") from None
    finally:
        os.umask(mask)
    listener.listen(256)
    listener.setblocking(False)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


class SignallingServer:
    """Accepts the web process's connections and ticks the registry."""

    def __init__(
        self, registry: Registry, queries: Queries, *, wall: Clock, reports: Reports | None = None
    ) -> None:
        self._registry = registry
        self._queries = queries
        self._wall = wall
        self._reports = Reports() if reports is None else reports
        self._links: set[Link] = set()
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._path: Path | None = None
        self._closing: Closing | None = None

    @property
    def links(self) -> int:
        """Open connections."""
        return len(self._links)

    async def listen(self, listener: socket.socket) -> None:
        """Serve a socket made by `bind`."""
        loop = asyncio.get_running_loop()
        self._path = Path(listener.getsockname())
        self._server = await loop.create_unix_server(self._link, sock=listener, backlog=256)
        self._ticker = loop.call_later(TICK_SECONDS, self._tick)

    async def close(self, how: Closing = closing.RESTART) -> None:
        """Close every browser's socket with `how` and stop listening; waits until it is said."""
        self._closing = how
        if self._ticker is not None:
            self._ticker.cancel()
        if self._server is not None:
            self._server.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._registry.close(how)
        waiting = [link.gone for link in self._links]
        for link in tuple(self._links):
            link.close(how)
        if waiting:
            await asyncio.wait(waiting, timeout=1.0)
        for link in tuple(self._links):
            link.abort()

    def _link(self) -> Link:
        return Link(
            self._links, self._registry, self._queries, self._wall, self._closing, reports=self._reports
        )

    def _tick(self) -> None:
        self._ticker = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        try:
            self._registry.tick()
        except Exception:
            log.error("a tick failed", exc_info=True)


class Link(asyncio.Protocol):
    """One connection: a browser's socket or a query of the web process, the keeper's stream of reports,
    or the telephone gateway's link to a room.
    """

    def __init__(
        self,
        links: set[Link],
        registry: Registry,
        queries: Queries,
        wall: Clock,
        ending: Closing | None,
        *,
        reports: Reports,
    ) -> None:
        """ending: the server closes, and accepted this connection in its last moment."""
        self.channel: Channel | None = None
        self._gateway: Gateway | None = None
        self._ending = ending
        self._links = links
        self._registry = registry
        self._queries = queries
        self._wall = wall
        self._reports = reports
        self._outlet: Outlet | None = None
        self._decoder = wire.Decoder(wire.UP_LIMIT)
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._knocked = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # -- asyncio.Protocol ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(UNSENT_LIMIT)
        self._links.add(self)
        if self._ending is not None:
            self.close(self._ending)
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(FIRST_FRAME_SECONDS, self.abort)

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._decoder.feed(data):
                if self._transport is None or self._transport.is_closing():
                    return
                self._take(frame)
        except ProtocolError:
            self.abort()
        except Exception:
            log.error("a frame could not be handled", exc_info=True)
            self.close(closing.INTERNAL)

    def pause_writing(self) -> None:
        """More than UNSENT_LIMIT waits: nobody reads there any more."""
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._links.discard(self)
        self._transport = None
        self._stop_waiting()
        if not self.gone.done():
            self.gone.set_result(None)
        if self._outlet is not None:
            self._reports.shut(self._outlet)
        self._lost()

    # -- Port ----------------------------------------------------------------------------------

    def write(self, text: bytes) -> None:
        """Send a text to the browser."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(wire.encode(wire.Kind.MESSAGE, text))

    def close(self, how: Closing) -> None:
        """Close the browser's socket."""
        if self._transport is not None and not self._transport.is_closing():
            payload = wire.pack_close(how.code, how.reason)
            self._transport.write(wire.encode(wire.Kind.CLOSE, payload))
            self._transport.close()
        self._lost()

    def abort(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    # -- Line ----------------------------------------------------------------------------------

    def sound(self, index: int, packet: bytes | bytearray | memoryview) -> bool:
        """Send an RTP packet to the telephone gateway, unless it does not read."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > SOUND_LIMIT:
            return False
        transport.write(wire.pack_sound(index, packet))
        return True

    # -- Consumer ------------------------------------------------------------------------------

    def opened(self, head: Mapping[str, Any]) -> None:
        """Say which relay this is."""
        self._say(wire.Kind.FEED, head)

    def report(self, body: Mapping[str, Any]) -> None:
        """Pass a report on."""
        self._say(wire.Kind.REPORT, body)

    def dismiss(self) -> None:
        """Hang up: another keeper takes the reports."""
        self.abort()

    # -- inside --------------------------------------------------------------------------------

    def _take(self, frame: wire.Frame) -> None:
        match frame.kind:
            case wire.Kind.AUDIO if self._knocked and self._gateway is not None:
                self._gateway.sound(frame.payload)
            case wire.Kind.MESSAGE if self._knocked:
                if self.channel is not None:
                    self.channel.receive(frame.payload)
                elif self._gateway is not None:
                    self._gateway.receive(frame.payload)
            case wire.Kind.CLOSE if self._knocked:
                code, _reason = wire.unpack_close(frame.payload)
                self._lost(final=Closing(code, "").final)
                self._transport.close() if self._transport else None
            case wire.Kind.TICKET if not self._knocked and self._outlet is None:
                self._stop_waiting()
                self._knocked = True
                self._registry.knock(Ticket.from_json(frame.payload, now=self._wall()), self)
            case wire.Kind.GATEWAY if not self._knocked and self._outlet is None:
                self._stop_waiting()
                self._knocked = True
                self._gateway = self._registry.connect(opening(frame.payload, now=self._wall()), self)
            case wire.Kind.QUERY if not self._knocked and self._outlet is None:
                self._reply(frame.payload)
            case wire.Kind.FEED if not self._knocked:
                self._feed(frame.payload)
            case _:
                raise ProtocolError("bad-frame", "out of place")

    def _reply(self, payload: bytes) -> None:
        try:
            question = json.loads(payload)
            answer = self._queries[question["query"]](question)
        except (ValueError, RecursionError, LookupError, TypeError):
            raise ProtocolError("bad-frame", "unknown query") from None
        assert self._transport is not None
        self._transport.write(wire.encode(wire.Kind.REPLY, json.dumps(answer).encode()))
        self._transport.close()

    def _feed(self, payload: bytes) -> None:
        if self._outlet is None:
            self._stop_waiting()
            self._outlet = self._reports.open(self)
        try:
            body = json.loads(payload)
        except (ValueError, RecursionError):
            raise ProtocolError("bad-frame", "not JSON") from None
        self._outlet.hear(body)

    def _say(self, kind: wire.Kind, body: Mapping[str, Any]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(wire.encode(kind, json.dumps(body).encode()))

    def _lost(self, *, final: bool = False) -> None:
        channel, self.channel = self.channel, None
        if channel is not None:
            channel.lost(final=final)
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            gateway.gone()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
