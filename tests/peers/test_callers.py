"""Callers and browsers in the real relay process: SRTP on one side, the gateway's link on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bench.client.frames import AUDIO
from bench.client.sealed import FrameCollector, FrameOpener, FrameSealer
from onmeet.signalling import client
from onmeet.signalling.gateway import MAX_CALLS
from tests.factories.telephone import GatewayClient, rtp
from tests.peers.conftest import RelayProcess
from tests.peers.meeting import Meeting, Member
from tests.waiting import until

KEY = bytes(range(32))


@pytest.fixture
async def link(relay: RelayProcess, meeting: Meeting) -> AsyncIterator[GatewayClient]:
    link = await GatewayClient.open(relay.path, meeting.room)
    yield link
    await link.close()


async def let_in(meeting: Meeting, link: GatewayClient, host: Member, *numbers: int) -> dict[int, int]:
    """Calls that the host admits: number → index."""
    waiting: set[str] = set()

    def note(message: dict[str, Any]) -> None:
        if message["type"] == "callers":
            waiting.update(caller["call"] for caller in message["waiting"])

    host.peer.on_message = note
    calls = {link.ring(number): number for number in numbers}
    await meeting.until(lambda: waiting >= set(calls), "the callers in the lobby")
    indexes = {}
    for call, number in calls.items():
        await host.peer.send("admit", call=call)
        indexes[number] = int((await link.wait_for("admitted"))["index"])
    return indexes


def heard(member: Member, index: int) -> int:
    """Packets of a caller's microphone that have arrived at a member."""
    if member.peer.downlink is None:
        return 0
    streams = member.peer.downlink.receiver.by_mid
    mids = [mid for mid, track in member.peer.tracks.items() if track == f"{index}:microphone"]
    return sum(streams[mid].received for mid in mids if mid in streams)


def counted(relay: RelayProcess) -> dict[str, Any]:
    return client.query(relay.path, {"query": "metrics"}, 30.0)


async def metrics(relay: RelayProcess) -> dict[str, Any]:
    return await asyncio.to_thread(counted, relay)


async def test_browser_and_caller_hear_each_other_sealed(
    relay: RelayProcess, meeting: Meeting, link: GatewayClient
) -> None:
    host = await meeting.join(camera=False, role="host")
    index = (await let_in(meeting, link, host, 1))[1]
    collector = FrameCollector()
    await meeting.until(
        lambda: bool(host.peer.downlink and f"{index}:microphone" in host.peer.tracks.values())
    )
    await meeting.until(lambda: host.connected, "the host's connections")
    assert host.peer.downlink is not None
    host.peer.downlink.receiver.observer = collector.take
    sealer = FrameSealer(KEY, AUDIO, index)
    said: list[bytes] = []

    def speaking(until: Callable[[], bool]) -> Callable[[], bool]:
        def turn() -> bool:
            said.append(b"\x78" + len(said).to_bytes(4, "big") * 20)
            link.sound(index, rtp(index, len(said), sealer.seal(said[-1], 0), level=10))
            return until()

        return turn

    both = speaking(lambda: len(link.sounds) >= 50 and sum(map(len, collector.frames.values())) >= 50)
    await meeting.until(both, "sound both ways")
    await meeting.until(speaking(lambda: index in host.peer.speakers), "the caller to be seen speaking")
    opener = FrameOpener(KEY)
    (frames,) = [frames for frames in collector.frames.values() if len(frames) >= 50]
    assert {opener.open(frame, 0) for frame in frames} <= set(said)
    assert {at for at, _ in link.sounds} == {host.index}
    packets = [packet for _, packet in link.sounds]
    numbers = [int.from_bytes(packet[2:4], "big") for packet in packets]
    assert numbers == [(numbers[0] + n) & 0xFFFF for n in range(len(numbers))]


async def test_twenty_five_callers_sound_goes_through(
    relay: RelayProcess, meeting: Meeting, link: GatewayClient
) -> None:
    host = await meeting.join(camera=False, role="host")
    indexes = await let_in(meeting, link, host, *range(25))
    assert len(set(indexes.values())) == 25
    before = (await metrics(relay))["media"]
    for number in range(50):
        for index in indexes.values():
            link.sound(index, rtp(index, number, level=20))
        await meeting.flow(1, host)  # 20 ms, as long as the packets last
    await meeting.until(lambda: sum(heard(host, i) for i in indexes.values()) >= 3 * 40, "the forwarded ones")
    all_of_it = before["sound_packets_in"] + 25 * 50
    await asyncio.to_thread(
        until, lambda: counted(relay)["media"]["sound_packets_in"] >= all_of_it, "the last of the sound"
    )
    after = (await metrics(relay))["media"]
    assert after["sound_packets_in"] - before["sound_packets_in"] == 25 * 50
    assert after["sound_packets_dropped"] == before["sound_packets_dropped"]
    assert after["phones"] == 25
    # among so many who are as loud the host may have had no place for a while
    await meeting.until(lambda: len(link.sounds) >= 40, "the host's sound")


async def test_as_many_callers_as_an_epoch_carries_come_and_go(
    relay: RelayProcess, meeting: Meeting, link: GatewayClient
) -> None:
    host = await meeting.join(camera=False, microphone=False, role="host")
    await let_in(meeting, link, host, *range(MAX_CALLS))
    found = await metrics(relay)
    assert (found["phones"], found["callers"], found["gateways"]) == (MAX_CALLS, 0, 1)
    link.ring(MAX_CALLS)
    assert (await link.wait_for("error"))["code"] == "full"
    await link.close()
    await meeting.until(lambda: len(host.peer.participants) == 1, "everybody's leave")
    kinds = ("phones", "callers", "gateways")
    await asyncio.to_thread(
        until, lambda: [counted(relay)[kind] for kind in kinds] == [0, 0, 0], "nobody to be counted"
    )


async def test_a_gateway_that_stops_reading_takes_no_sound_from_browsers(
    relay: RelayProcess, meeting: Meeting, link: GatewayClient
) -> None:
    host = await meeting.join(camera=False, role="host")
    listener = await meeting.join(camera=False, microphone=False)
    await let_in(meeting, link, host, 1)
    await meeting.until(lambda: listener.received(host, "microphone") > 10)
    link.pause()
    before = listener.received(host, "microphone")
    await meeting.until(lambda: listener.received(host, "microphone") > before + 100, "two seconds of sound")
    link.resume()
    assert await link.wait_for_sounds(50)
