"""Janus's videoroom plugin over its WebSocket API, as far as the comparison needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.client.connection import Downlink, Uplink, Workshop

ANSWER_TIMEOUT = 10.0


class JanusError(Exception):
    """Janus refused a request."""


class JanusSession:
    """One WebSocket and one Janus session with any number of plugin handles."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session = 0
        self._reader = asyncio.create_task(self._read_until_closed())

    @classmethod
    async def open(cls, url: str) -> JanusSession:
        """Connect and create the session."""
        socket = await connect(url, subprotocols=["janus-protocol"], max_size=None)  # type: ignore[list-item]
        session = cls(socket)
        reply = await session._request({"janus": "create"})
        session._session = reply["data"]["id"]
        return session

    async def attach(self) -> int:
        """A new handle of the videoroom plugin."""
        reply = await self._request({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        handle: int = reply["data"]["id"]
        return handle

    async def message(
        self, handle: int, body: dict[str, Any], sdp: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        """Send a plugin message; its answer, past the bare acknowledgement."""
        request: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if sdp is not None:
            request["jsep"] = {"type": sdp[0], "sdp": sdp[1]}
        reply = await self._request(request)
        data = reply.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise JanusError(data["error"])
        return reply

    async def close(self) -> None:
        """Close the WebSocket."""
        self._reader.cancel()
        await self._socket.close()

    async def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        transaction = secrets.token_hex(8)
        request["transaction"] = transaction
        if self._session:
            request["session_id"] = self._session
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future
        await self._socket.send(json.dumps(request))
        async with asyncio.timeout(ANSWER_TIMEOUT):
            reply = await future
        if reply["janus"] == "error":
            raise JanusError(reply["error"]["reason"])
        return reply

    async def _read_until_closed(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._read()

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message["janus"] == "ack":
                continue
            future = self._waiting.pop(message.get("transaction", ""), None)
            if future is not None and not future.done():
                future.set_result(message)


async def create_room(session: JanusSession, room: int) -> None:
    """A videoroom with levels, transport-wide feedback and no bitrate cap."""
    handle = await session.attach()
    body = {
        "request": "create",
        "room": room,
        "publishers": 100,
        "bitrate": 0,
        "fir_freq": 0,
        "audiocodec": "opus",
        "videocodec": "vp8",
        "audiolevel_ext": True,
        "audiolevel_event": True,
        "transport_wide_cc_ext": True,
        "notify_joining": False,
    }
    await session.message(handle, body)


async def publish(
    session: JanusSession, room: int, workshop: Workshop, server: tuple[str, int]
) -> tuple[Uplink, int]:
    """Join as a publisher; the connection (checks started) and the feed's id."""
    handle = await session.attach()
    joined = await session.message(handle, {"request": "join", "ptype": "publisher", "room": room})
    feed: int = joined["plugindata"]["data"]["id"]
    uplink = Uplink(workshop, server)
    offer = uplink.offer(setup="active")  # offered the choice, Janus would be the DTLS client
    reply = await session.message(handle, {"request": "publish"}, ("offer", offer))
    uplink.accept(reply["jsep"]["sdp"])
    return uplink, feed


async def subscribe(session: JanusSession, room: int, feeds: list[int], workshop: Workshop) -> Downlink:
    """Subscribe to several feeds over one connection, as OnMeet's participants do."""
    handle = await session.attach()
    offered = await session.message(
        handle,
        {
            "request": "join",
            "ptype": "subscriber",
            "room": room,
            "streams": [{"feed": feed} for feed in feeds],
        },
    )
    downlink = Downlink(workshop)
    answer = downlink.answer(offered["jsep"]["sdp"])
    await session.message(handle, {"request": "start"}, ("answer", answer))
    return downlink
