"""Whole peers over real sockets: fixtures and steps for tests of the media plane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from onmeet.clock import monotonic
from onmeet.relay.interface import Source
from onmeet.relay.peer import Publisher, Subscriber
from onmeet.relay.plane import MediaPlane, MediaRoom
from onmeet.relay.settings import MediaSettings
from tests.relay.client import WITHIN, Client, rtp

__all__ = [
    "SOURCES", "Listener", "Make", "Time", "client", "negotiate", "plane", "publish", "room", "spoken",
    "subscribe", "time",
]  # fmt: skip

Make = Callable[..., Any]

SOURCES: dict[str, Source] = {"0": "microphone", "1": "camera"}


class Listener:
    """Notes everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.news: list[tuple[Any, ...]] = []
        self._changed = asyncio.Event()

    def _note(self, *what: Any) -> None:
        self.news.append(what)
        self._changed.set()

    def connected(self, up: bool) -> None:
        self._note("connected", up)

    def tracks_changed(self, sources: tuple[Source, ...]) -> None:
        self._note("tracks", sources)

    def refused(self, source: Source, count: int) -> None:
        self._note("refused", source)

    def demand(self, source: Source, rids: tuple[str, ...]) -> None:
        self._note("demand", source, rids)

    def negotiation_needed(self) -> None:
        self._note("needed")

    def speakers(self, indexes: tuple[int, ...]) -> None:
        self._note("speakers", indexes)

    def quality(self, levels: dict[int, int]) -> None:
        self._note("quality")

    async def until(self, *what: Any) -> None:
        """Wait for a piece of news that has not been taken yet."""
        async with asyncio.timeout(WITHIN):
            while what not in self.news:
                self._changed.clear()
                await self._changed.wait()
        self.news.remove(what)


class Time:
    """A clock that tests push forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def plane(time: Time) -> AsyncIterator[MediaPlane]:
    settings = MediaSettings(port=0, advertise=("127.0.0.1", "::1"), require_sframe=False)
    plane = await MediaPlane.open(settings, time)
    yield plane
    await plane.close()


@pytest.fixture
async def room(plane: MediaPlane) -> MediaRoom:
    return plane.room(Listener())


@pytest.fixture
async def client() -> AsyncIterator[Make]:
    """Makes clients, and ends them with the test."""
    clients: list[Client] = []

    async def make(host: str = "127.0.0.1") -> Client:
        made = Client(host)
        clients.append(made)
        await made.open()
        return made

    yield make
    for made in clients:
        await made.close()


async def publish(
    room: MediaRoom, make: Make, index: int = 1, host: str = "127.0.0.1"
) -> tuple[Client, Publisher, Listener]:
    sender: Client = await make(host)
    listener = Listener()
    publisher = room.publisher(index, listener)
    sender.meet(publisher.offer(sender.offer(), SOURCES))
    await sender.connect()
    await listener.until("connected", True)
    return sender, publisher, listener


async def subscribe(
    room: MediaRoom, make: Make, index: int = 2, host: str = "127.0.0.1"
) -> tuple[Client, Subscriber, Listener]:
    receiver: Client = await make(host)
    listener = Listener()
    subscriber = room.subscriber(index, listener)
    await listener.until("needed")
    negotiate(receiver, subscriber)
    await receiver.connect()
    await listener.until("connected", True)
    return receiver, subscriber, listener


def negotiate(receiver: Client, subscriber: Subscriber) -> dict[str, str]:
    offer = subscriber.offer()
    assert offer is not None
    subscriber.answer(receiver.answer(offer.sdp))
    return offer.tracks


async def spoken(sender: Client, receiver: Client, start: int = 1) -> bytes:
    """Send sound until some of it arrives; returns the first packet."""
    async with asyncio.timeout(WITHIN):
        sequence = start
        while receiver.rtp.empty():
            sender.send_rtp(rtp(1111, sequence, 111, b"voice %d" % sequence, mid="0"))
            sequence += 1
            await asyncio.sleep(0.01)  # the pace of a sender, not a wait for a result
    return await receiver.next_rtp()
