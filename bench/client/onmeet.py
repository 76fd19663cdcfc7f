"""A participant of an OnMeet meeting: signalling, one publishing and one subscribing connection.

Signalling goes over the relay's internal Unix socket, which leaves the web process out of the measurement.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.client.connection import Downlink, Uplink, Workshop
from bench.client.transport import Transport
from onmeet.signalling.ticket import Role, Ticket

_FRAME = struct.Struct("!BI")
_CLOSE_CODE = struct.Struct("!H")
_VIEW_SIZE = (1280, 720)
_TIMEOUT = 10.0


class LinkClosed(Exception):
    """The relay closed the link; `code` as in PROTOCOL.md."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class UnixLink:
    """The relay's internal socket, with a ticket as the web process would mint it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls,
        path: Path,
        room: str,
        *,
        role: Role = "guest",
        browser: str = "load",
        limit: int = 100,
        phone: bool = False,
    ) -> UnixLink:
        """Connect and hand in a ticket for a room. phone: people can dial in."""
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 24)
        link = cls(reader, writer)
        link._write(b"T", Ticket(room, role, browser, limit, time.time() + 10, phone=phone).to_json())
        return link

    async def send(self, text: str) -> None:
        """Send one message."""
        self._write(b"M", text.encode())
        await self._writer.drain()

    async def receive(self) -> str:
        """The next message. Raises LinkClosed."""
        try:
            kind, length = _FRAME.unpack(await self._reader.readexactly(_FRAME.size))
            payload = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise LinkClosed(1006, "cut") from None
        if kind == ord("C"):
            raise LinkClosed(_CLOSE_CODE.unpack_from(payload)[0], payload[2:].decode())
        return payload.decode()

    async def close(self) -> None:
        """Drop the link without `leave`."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    def _write(self, kind: bytes, payload: bytes) -> None:
        self._writer.write(_FRAME.pack(kind[0], len(payload)) + payload)


class Participant:
    """One participant, its signalling handled by a task.

    `on_message` sees every message of the relay. `auto_view` reports every video as shown at 1280 × 720.
    """

    def __init__(
        self,
        link: UnixLink,
        workshop: Workshop,
        *,
        stamped: bool = True,
        auto_view: bool = True,
        on_message: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.link = link
        self.workshop = workshop
        self.index = -1
        self.token = ""
        self.uplink: Uplink | None = None
        self.downlink: Downlink | None = None
        self.tracks: dict[str, str] = {}  # MID of the subscribing connection → track
        self.participants: dict[int, dict[str, Any]] = {}
        self.speakers: list[int] = []
        self.demand: dict[str, list[str]] = {}
        self.refused: dict[str, int] = {}
        self.errors: list[dict[str, Any]] = []
        self.closed: LinkClosed | None = None
        self.offers = 0
        self._stamped = stamped
        self._auto_view = auto_view
        self.on_message = on_message
        self._seq = 0
        self._received = 0
        self._gen = 0
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def transports(self) -> list[Transport]:
        """The transports that exist by now."""
        ends: list[Uplink | Downlink | None] = [self.uplink, self.downlink]
        return [end.transport for end in ends if end is not None]

    async def join(self, name: str = "Load") -> None:
        """Join the meeting; returns after `welcome`."""
        self._task = asyncio.create_task(self._run())
        await self.send("join", version=1, name=name, muted=[])
        await self.until(lambda: self.index >= 0)

    async def resume(self, link: UnixLink) -> None:
        """Take over with a new link after the old one was dropped."""
        await self._stop_task()
        self.link, self.closed = link, None
        await link.send(
            json.dumps(
                {
                    "type": "resume",
                    "seq": self._seq + 1,
                    "token": self.token,
                    "ack": self._received,
                }
            )
        )
        self._task = asyncio.create_task(self._run())

    async def publish(
        self,
        server: tuple[str, int],
        *,
        microphone: bool = True,
        camera: bool = True,
        rids: tuple[str, ...] = (),
    ) -> Uplink:
        """Offer microphone and camera; returns when the answer is in."""
        self.uplink = Uplink(self.workshop, server, microphone=microphone, camera=camera, rids=rids)
        await self._offer()
        uplink = self.uplink
        await self.until(lambda: uplink.transport.state != "new")
        return uplink

    async def restart_uplink(self) -> None:
        """An ICE restart of the publishing connection."""
        if self.uplink is None:
            raise RuntimeError("nothing published")
        self.uplink.transport.restart()
        await self._offer()

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a message of the protocol."""
        self._seq += 1
        await self.link.send(json.dumps({"type": kind, "seq": self._seq, **fields}))

    async def view(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        """Tell what is shown how big."""
        await self.send("view", sizes={track: list(size) for track, size in sizes.items()})

    async def until(self, condition: Callable[[], bool], seconds: float = _TIMEOUT) -> None:
        """Wait until a condition on the signalling state holds. Raises TimeoutError, LinkClosed."""
        async with asyncio.timeout(seconds):
            while not condition():
                if self.closed is not None:
                    raise self.closed
                self._changed.clear()
                await self._changed.wait()

    def poll(self, now: float) -> None:
        """Run both connections."""
        if self.uplink is not None:
            self.uplink.poll(now)
        if self.downlink is not None:
            self.downlink.poll(now)

    async def leave(self) -> None:
        """Leave the meeting, wait until the relay has closed, and release everything."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self.send("leave")
            async with asyncio.timeout(_TIMEOUT):
                while self.closed is None:
                    self._changed.clear()
                    await self._changed.wait()
        await self.drop()
        for transport in self.transports:
            transport.close()

    async def drop(self) -> None:
        """Lose the signalling link; media stays."""
        await self._stop_task()
        await self.link.close()

    async def _stop_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _offer(self) -> None:
        if self.uplink is not None:
            self._gen += 1
            await self.send(
                "offer",
                pc="up",
                gen=self._gen,
                sdp=self.uplink.offer(),
                sources=self.uplink.sources,
            )

    async def _run(self) -> None:
        try:
            while True:
                message = json.loads(await self.link.receive())
                if message["type"] != "resumed":
                    self._received = message["seq"]
                await self._take(message)
                if self.on_message is not None:
                    self.on_message(message)
                self._changed.set()
        except LinkClosed as closed:
            self.closed = closed
            self._changed.set()
        except ConnectionError:
            self.closed = LinkClosed(1006, "cut")
            self._changed.set()

    async def _take(self, message: dict[str, Any]) -> None:
        handler = getattr(self, "_on_" + message["type"].replace("-", "_"), None)
        if handler is not None:
            await handler(message)

    async def _on_welcome(self, message: dict[str, Any]) -> None:
        self.index, self.token = message["you"], message["token"]
        self.participants = {p["index"]: p for p in message["participants"]}

    async def _on_joined(self, message: dict[str, Any]) -> None:
        self.participants[message["participant"]["index"]] = message["participant"]

    async def _on_left(self, message: dict[str, Any]) -> None:
        self.participants.pop(message["index"], None)

    async def _on_changed(self, message: dict[str, Any]) -> None:
        self.participants.get(message["index"], {}).update(message)

    async def _on_ping(self, _message: dict[str, Any]) -> None:
        await self.send("pong", ack=self._received)

    async def _on_speakers(self, message: dict[str, Any]) -> None:
        self.speakers = message["indexes"]

    async def _on_demand(self, message: dict[str, Any]) -> None:
        self.demand[message["source"]] = message["layers"]

    async def _on_refused(self, message: dict[str, Any]) -> None:
        self.refused[message["source"]] = message["count"]

    async def _on_error(self, message: dict[str, Any]) -> None:
        self.errors.append(message)

    async def _on_answer(self, message: dict[str, Any]) -> None:
        if self.uplink is not None:
            self.uplink.accept(message["sdp"])

    async def _on_offer(self, message: dict[str, Any]) -> None:
        if self.downlink is None:
            self.downlink = Downlink(self.workshop, stamped=self._stamped)
        self.offers += 1
        self.tracks = message["tracks"]
        answer = self.downlink.answer(message["sdp"])
        await self.send("answer", pc="down", gen=message["gen"], sdp=answer)
        if self._auto_view:
            shown = [track for track in self.tracks.values() if track.endswith(("camera", "screen"))]
            await self.view(dict.fromkeys(shown, _VIEW_SIZE))
