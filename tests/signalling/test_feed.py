"""The stream of reports over a real Unix socket: nothing lost, relays that die, keepers that die."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from onmeet.signalling import wire
from onmeet.signalling.feed import Feed, News, Opened
from onmeet.signalling.reports import WINDOW, Delivery, Ended, Joined, Left, Started, hashed
from tests.factories.relay import QuietRelay, path, quiet_relay, relay

__all__ = ["path", "relay"]

ROOM = hashed("a room")
NOW = 1_800_000_000.0


@pytest.fixture
def feed(path: Path) -> Iterator[Feed]:
    feed = Feed(path, wall=lambda: NOW)
    yield feed
    feed.close()


async def take(feed: Feed) -> list[News]:
    """What the feed gives, while the relay's loop runs on."""
    return await asyncio.to_thread(feed.take, 30.0)


async def reports(feed: Feed, count: int, *, acknowledge: bool = True) -> list[Delivery]:
    """The next so many deliveries, acknowledged as they come."""
    found: list[Delivery] = []
    async with asyncio.timeout(40):
        while len(found) < count:
            found += [news for news in await take(feed) if isinstance(news, Delivery)]
            if acknowledge:
                feed.acknowledge()
    return found


async def settled(relay: QuietRelay, waiting: int) -> None:
    """Wait until the relay holds no more than so many reports."""
    async with asyncio.timeout(30):
        while len(relay.reports) > waiting:  # noqa: ASYNC110 - the relay need not tell anybody
            await asyncio.sleep(0)


async def test_a_meeting_is_told_from_its_first_guest_to_its_last(relay: QuietRelay, feed: Feed) -> None:
    ada = await relay.joined("Ada", "host", reports=("meeting.participants", "meeting.joins"))
    await ada.leave()
    kinds = [delivery.report.KIND for delivery in await reports(feed, 4)]
    assert kinds == ["started", "joined", "left", "ended"]
    await settled(relay, 0)


async def test_the_stream_says_which_relay_it_is(relay: QuietRelay, feed: Feed) -> None:
    assert await take(feed) == [Opened(relay.reports.run, frozenset(), 0)]


async def test_news_comes_while_the_consumer_waits(relay: QuietRelay, feed: Feed) -> None:
    await take(feed)
    waiting = asyncio.create_task(take(feed))
    await asyncio.sleep(0)
    relay.reports.put(Started(ROOM, 1.0))
    assert await waiting == [Delivery(relay.reports.run, 1, Started(ROOM, 1.0))]


async def test_more_than_a_window_gets_through(relay: QuietRelay, feed: Feed) -> None:
    for seat in range(3 * WINDOW):
        relay.reports.put(Left(ROOM, seat, 1.0))
    deliveries = await reports(feed, 3 * WINDOW)
    assert [delivery.seq for delivery in deliveries] == list(range(1, 3 * WINDOW + 1))


async def test_a_keeper_that_dies_loses_nothing(relay: QuietRelay, path: Path) -> None:
    relay.reports.put(Started(ROOM, 1.0))
    first = Feed(path, wall=lambda: NOW)
    await reports(first, 1, acknowledge=False)
    first.close()
    relay.reports.put(Ended(ROOM, 2.0))
    second = Feed(path, wall=lambda: NOW)
    try:
        kinds = [delivery.report.KIND for delivery in await reports(second, 2)]
        assert kinds == ["started", "ended"]
    finally:
        second.close()


async def test_what_could_not_be_dealt_with_comes_again(relay: QuietRelay, feed: Feed) -> None:
    relay.reports.put(Started(ROOM, 1.0))
    first = await reports(feed, 1, acknowledge=False)
    feed.again()
    assert await reports(feed, 1) == first


async def test_what_was_acknowledged_does_not_come_again(relay: QuietRelay, feed: Feed) -> None:
    relay.reports.put(Started(ROOM, 1.0))
    await reports(feed, 1)
    feed.again()
    relay.reports.put(Ended(ROOM, 2.0))
    assert [delivery.seq for delivery in await reports(feed, 1)] == [2]


async def test_the_rooms_of_a_dead_relay_have_ended(path: Path, feed: Feed) -> None:
    async with quiet_relay(path) as first:
        first.reports.put(Started(ROOM, 1.0))
        await reports(feed, 1)
        run = first.reports.run
    async with quiet_relay(path) as second:
        concluded, opened = await take(feed)
    assert concluded == Delivery(run, 0, Ended(ROOM, NOW))
    assert opened == Opened(second.reports.run, frozenset(), 0)


async def test_an_ending_that_no_relay_knows_of_comes_until_it_is_dealt_with(path: Path, feed: Feed) -> None:
    async with quiet_relay(path) as first:
        first.reports.put(Started(ROOM, 1.0))
        await reports(feed, 1)
    async with quiet_relay(path):
        concluded = (await take(feed))[0]
        feed.again()
        assert (await take(feed))[0] == concluded
        feed.acknowledge()
        feed.again()
        assert len(await take(feed)) == 1


async def test_a_new_keeper_hears_of_the_end_of_rooms_that_began_before_it(path: Path, feed: Feed) -> None:
    async with quiet_relay(path) as first:
        first.reports.put(Started(ROOM, 1.0))
        first.reports.acknowledge(1)
        await take(feed)
        run = first.reports.run
    async with quiet_relay(path):
        assert (await take(feed))[0] == Delivery(run, 0, Ended(ROOM, NOW))


async def test_the_rooms_of_a_living_relay_have_not_ended(relay: QuietRelay, feed: Feed) -> None:
    relay.reports.put(Started(ROOM, 1.0))
    await reports(feed, 1)
    feed.again()
    (opened,) = await take(feed)
    assert opened == Opened(relay.reports.run, frozenset({ROOM}), 0)


async def test_another_keeper_takes_over(relay: QuietRelay, feed: Feed, path: Path) -> None:
    await take(feed)
    second = Feed(path, wall=lambda: NOW)
    try:
        await take(second)
        relay.reports.put(Started(ROOM, 1.0))
        assert len(await reports(second, 1)) == 1
    finally:
        second.close()


def test_an_absent_relay_is_waited_for_no_longer_than_asked(feed: Feed) -> None:
    assert feed.take(0.01) == []


def test_somebody_else_can_end_the_waiting(feed: Feed) -> None:
    thread = threading.Timer(0.0, feed.wake)
    thread.start()
    assert feed.take(30.0) == []
    thread.join()


async def test_a_consumer_may_neither_ask_nor_enter(relay: QuietRelay) -> None:
    reader, writer = await asyncio.open_unix_connection(str(relay.path))
    writer.write(wire.encode(wire.Kind.FEED, b'{"run": "", "ack": 0}'))
    writer.write(wire.encode(wire.Kind.QUERY, b'{"query": "health"}'))
    async with asyncio.timeout(30):
        answer = await reader.read(-1)
    assert [frame.kind for frame in wire.Decoder(1000).feed(answer)] == [wire.Kind.FEED]
    writer.close()


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"ack": null}', b"[" * 5000])
async def test_noise_ends_the_stream(relay: QuietRelay, payload: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(relay.path))
    writer.write(wire.encode(wire.Kind.FEED, payload))
    async with asyncio.timeout(30):
        assert await reader.read(-1) == b""
    writer.close()


async def test_a_name_reaches_the_keeper_only_with_permission(relay: QuietRelay, feed: Feed) -> None:
    await relay.joined("Ada", "host", reports=("meeting.joins",))
    await relay.joined("Ben", browser="ben", reports=("meeting.participants",))
    joins = [d.report for d in await reports(feed, 3) if isinstance(d.report, Joined)]
    assert [report.name for report in joins] == [None, "Ben"]


def test_a_closed_feed_is_woken_in_vain(path: Path) -> None:
    """Its bell's number may be another file's by then, which must get no byte."""
    feed = Feed(path, wall=lambda: NOW)
    feed.close()
    reader, writer = os.pipe()  # takes the lowest numbers that are free: the feed's
    try:
        os.set_blocking(reader, False)
        feed.wake()
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
    finally:
        os.close(reader)
        os.close(writer)
