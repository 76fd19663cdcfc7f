"""A participant's signalling for tests and load generators: speaks PROTOCOL.md over a WebSocket or the
relay's Unix socket, numbers what it sends, checks the numbers it gets and answers pings.

    client = await SignallingClient.over_unix(path, ticket)
    welcome = await client.join("Ada")
    client.on("offer", answer_it)              # a function or coroutine function, called in order
    await client.send("offer", pc="up", gen=1, sdp=sdp, sources={"0": "microphone"})
    answer = await client.wait_for("answer", gen=1)
    await client.leave()
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import websockets
from websockets.asyncio.client import ClientConnection

from onmeet.signalling import wire
from onmeet.signalling.ticket import Ticket

Message = dict[str, Any]
Handler = Callable[[Message], Any]


class Closed(Exception):
    """The relay or the web server closed the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code = code
        self.reason = reason


class Transport(Protocol):
    """One socket: text in, text out. `receive` raises `Closed`."""

    async def send(self, text: str) -> None: ...
    async def receive(self) -> str: ...
    async def close(self) -> None: ...
    def abort(self) -> None: ...


class WebSocketTransport:
    """The browser's way, through the web process."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def open(cls, url: str, *, origin: str, cookie: str = "") -> WebSocketTransport:
        headers = {"Cookie": cookie} if cookie else {}
        socket = await websockets.connect(
            url,
            origin=websockets.Origin(origin),
            additional_headers=headers,
            max_size=wire.DOWN_LIMIT,
            ping_interval=None,
            proxy=None,
        )
        return cls(socket)

    async def send(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except websockets.ConnectionClosed as error:
            raise _closed(error) from None

    async def receive(self) -> str:
        try:
            text = await self._socket.recv()
        except websockets.ConnectionClosed as error:
            raise _closed(error) from None
        assert isinstance(text, str), "the relay sends text frames only"
        return text

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        self._socket.transport.abort()


def _closed(error: websockets.ConnectionClosed) -> Closed:
    received = error.rcvd
    return Closed(received.code, received.reason) if received else Closed(1006, "")


class UnixTransport:
    """Straight to the relay, with a ticket made by the test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = wire.Decoder(wire.DOWN_LIMIT)
        self._texts: deque[str] = deque()
        self._end: Closed | None = None

    @classmethod
    async def open(cls, path: str | Path, ticket: Ticket) -> UnixTransport:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(wire.encode(wire.Kind.TICKET, ticket.to_json()))
        return cls(reader, writer)

    async def send(self, text: str) -> None:
        if self._end or self._writer.is_closing():
            raise self._end or Closed(1006, "")
        self._writer.write(wire.encode(wire.Kind.MESSAGE, text.encode()))
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def receive(self) -> str:
        while not self._texts:
            if self._end:
                raise self._end
            try:
                data = await self._reader.read(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise Closed(1006, "")
            for frame in self._decoder.feed(data):
                self._take(frame)
        return self._texts.popleft()

    def _take(self, frame: wire.Frame) -> None:
        if frame.kind is wire.Kind.MESSAGE:
            self._texts.append(frame.payload.decode())
        elif frame.kind is wire.Kind.CLOSE:
            self._end = Closed(*wire.unpack_close(frame.payload))

    async def close(self) -> None:
        if not self._writer.is_closing():
            self._writer.write(wire.encode(wire.Kind.CLOSE, wire.pack_close(1000, "")))
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    def abort(self) -> None:
        self._writer.transport.abort()


class SignallingClient:
    """One participant, over one socket after the other.

    `inbox` holds what `wait_for` has not taken yet (the latest `keep` messages); `you`, `token` and
    `welcome` are set by `join`. `closed` is set when the socket has ended, with `close` saying how.
    """

    def __init__(self, transport: Transport, *, keep: int = 1000, strict: bool = True) -> None:
        self.inbox: deque[Message] = deque(maxlen=keep)
        self.sent = 0
        self.received = 0
        self.you = -1
        self.token = ""
        self.welcome: Message = {}
        self.close: Closed | None = None
        self.closed = asyncio.Event()
        self.answer_pings = True
        self._unacknowledged: deque[tuple[int, str]] = deque()
        self._strict = strict
        self._handlers: dict[str, Handler] = {}
        self._news = asyncio.Condition()
        self._transport = transport
        self._reader = asyncio.create_task(self._read(transport))

    @classmethod
    async def over_unix(cls, path: str | Path, ticket: Ticket, **options: Any) -> SignallingClient:
        return cls(await UnixTransport.open(path, ticket), **options)

    @classmethod
    async def over_websocket(
        cls, url: str, *, origin: str, cookie: str = "", **options: Any
    ) -> SignallingClient:
        """url: `ws://host:port/m/<code>/socket`; cookie: the value of a Cookie header."""
        return cls(await WebSocketTransport.open(url, origin=origin, cookie=cookie), **options)

    # -- sending -------------------------------------------------------------------------------

    async def send(self, kind: str, **fields: Any) -> int:
        """Send the next message; `from_` and the like lose their underscore. Gives its number."""
        self.sent += 1
        body = {name.rstrip("_"): value for name, value in fields.items()}
        text = json.dumps({"type": kind, "seq": self.sent, **body}, ensure_ascii=False)
        self._unacknowledged.append((self.sent, text))
        await self._transport.send(text)
        return self.sent

    async def join(self, name: str = "Ada", muted: tuple[str, ...] = ()) -> Message:
        await self.send("join", version=1, name=name, muted=list(muted))
        self.welcome = await self.wait_for("welcome")
        self.you = self.welcome["you"]
        self.token = self.welcome["token"]
        return self.welcome

    async def resume(self, transport: Transport) -> Message:
        """Take the session over to a new socket; sends again what the relay has not got."""
        await self._stop_reading()
        self.close = None
        self.closed.clear()
        self._transport = transport
        hello = {"type": "resume", "seq": self.sent + 1, "token": self.token, "ack": self.received}
        await transport.send(json.dumps(hello))
        self._reader = asyncio.create_task(self._read(transport))
        resumed = await self.wait_for("resumed")
        self._acknowledged(resumed["ack"])
        for _seq, text in tuple(self._unacknowledged):
            await transport.send(text)
        return resumed

    async def leave(self) -> None:
        """Leave the meeting and wait until the relay closes."""
        with contextlib.suppress(Closed):
            await self.send("leave")
        await asyncio.wait_for(self.closed.wait(), 30)
        await self.end()

    def drop(self) -> None:
        """Cut the socket without a word, as a broken network does."""
        self._transport.abort()

    async def end(self) -> None:
        """Close the socket (without leaving) and stop reading."""
        await self._stop_reading()
        with contextlib.suppress(Closed):
            await self._transport.close()

    # -- receiving -----------------------------------------------------------------------------

    def on(self, kind: str, handler: Handler) -> None:
        """Call `handler` with each message of this type as it comes, instead of keeping it."""
        self._handlers[kind] = handler

    async def wait_for(
        self, kind: str, *, within: float = 30, where: Handler | None = None, **fields: Any
    ) -> Message:
        """Take the first message of this type whose fields fit; earlier ones stay in the inbox.

        Raises `Closed` when the socket ends first, AssertionError after `within` seconds.
        """

        def fits(message: Message) -> bool:
            return (
                message["type"] == kind
                and all(message.get(name.rstrip("_")) == v for name, v in fields.items())
                and (where is None or bool(where(message)))
            )

        async with self._news:
            try:
                async with asyncio.timeout(within):
                    while (found := next(filter(fits, self.inbox), None)) is None:
                        if self.closed.is_set():
                            raise self.close or Closed(1006, "")
                        await self._news.wait()
            except TimeoutError:
                have = [message["type"] for message in self.inbox]
                raise AssertionError(f"no {kind} {fields} within {within} s, but {have}") from None
        self.inbox.remove(found)
        return found

    async def wait_closed(self, within: float = 30) -> Closed:
        """How the socket ended."""
        await asyncio.wait_for(self.closed.wait(), within)
        assert self.close is not None
        return self.close

    async def settle(self) -> None:
        """Wait until the relay has handled everything sent so far."""
        seq = await self.send("ping", ack=self.received)
        await self.wait_for("pong", where=lambda pong: pong["ack"] >= seq)

    async def _read(self, transport: Transport) -> None:
        try:
            while True:
                await self._take(json.loads(await transport.receive()))
        except Closed as closed:
            self.close = closed
        finally:
            self.close = self.close or Closed(1006, "")
            self.closed.set()
            async with self._news:
                self._news.notify_all()

    async def _take(self, message: Message) -> None:
        kind = message["type"]
        if kind != "resumed":
            if self._strict:
                assert message["seq"] == self.received + 1, f"{kind}: a number is missing"
            self.received = message["seq"]
        if kind in ("ping", "pong"):
            self._acknowledged(message["ack"])
        if kind == "ping":
            if self.answer_pings:
                with contextlib.suppress(Closed):
                    await self.send("pong", ack=self.received)
            return
        handler = self._handlers.get(kind)
        if handler is not None:
            outcome = handler(message)
            if inspect.isawaitable(outcome):
                await outcome
            return
        async with self._news:
            self.inbox.append(message)
            self._news.notify_all()

    def _acknowledged(self, seq: int) -> None:
        while self._unacknowledged and self._unacknowledged[0][0] <= seq:
            self._unacknowledged.popleft()

    async def _stop_reading(self) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError, Closed):
            await self._reader
