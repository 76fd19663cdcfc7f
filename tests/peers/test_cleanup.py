"""What is left in the relay of those who have gone: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from onmeet.relay.settings import MediaSettings
from tests.peers.in_process import InProcessRelay, relay_in_process
from tests.peers.meeting import Meeting

RESUME_SECONDS = 30.0


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[InProcessRelay]:
    """A relay in this process."""
    settings = MediaSettings(port=0, bind=("127.0.0.1",))
    async with relay_in_process(tmp_path, settings) as relay:
        yield relay


def _held(relay: InProcessRelay) -> tuple[int, ...]:
    stats = relay.plane.stats()
    return (
        stats.rooms,
        stats.publishers,
        stats.subscribers,
        stats.connected,
        stats.tracks,
        relay.registry.rooms,
        relay.registry.participants,
    )


async def test_a_meeting_leaves_nothing_behind(inside: InProcessRelay) -> None:
    tasks = len(asyncio.all_tasks())
    meeting = Meeting(inside.path, inside.media)
    members = [await meeting.join() for _ in range(3)]
    await meeting.until(lambda: members[2].received(members[0], "camera") > 20)
    assert all(_held(inside))
    await meeting.close()
    await meeting.until(lambda: not any(_held(inside)), "the relay to let go of everything")
    await meeting.until(lambda: len(asyncio.all_tasks()) <= tasks, "tasks to end")


async def test_a_participant_that_vanishes_is_removed_after_the_time_to_resume(
    inside: InProcessRelay,
) -> None:
    meeting = Meeting(inside.path, inside.media)
    stays, goes = await meeting.join(), await meeting.join()
    await meeting.until(lambda: stays.received(goes, "camera") > 20)
    left: list[str] = []
    stays.peer.on_message = lambda m: left.append(m["reason"]) if m["type"] == "left" else None
    meeting.members.remove(goes)
    for transport in goes.peer.transports:
        transport.vanish()
    await goes.peer.drop()
    await stays.peer.until(lambda: stays.peer.participants[goes.index]["connected"] is False)
    await stays.peer.view({})  # so that it is not silent for long enough to be lost, too
    inside.clock.ahead += RESUME_SECONDS + 1
    await meeting.until(lambda: left == ["lost"], "the others to hear of it")
    await meeting.until(lambda: stays.peer.tracks == {}, "its tracks to be taken back")
    stats = inside.plane.stats()
    assert (stats.publishers, stats.tracks) == (1, 2)
    await meeting.close()


async def test_tracks_of_somebody_who_leaves_are_taken_back(meeting: Meeting) -> None:
    first, second, third = [await meeting.join() for _ in range(3)]
    await meeting.until(lambda: first.received(third, "camera") > 20)
    await meeting.leave(third)
    await meeting.until(
        lambda: all(
            not any(track.startswith(f"{third.index}:") for track in one.peer.tracks.values())
            for one in (first, second)
        ),
        "a new offer without the tracks",
    )
    before = first.received(second, "camera")
    await meeting.until(lambda: first.received(second, "camera") > before + 50, "the others go on")


async def test_coming_and_going_does_not_disturb_those_who_stay(meeting: Meeting) -> None:
    first, second = await meeting.join(), await meeting.join()
    await meeting.until(lambda: first.received(second, "camera") > 20)
    for _ in range(4):
        guest = await meeting.join()
        await meeting.until(lambda guest=guest: first.received(guest, "camera") > 10)
        await meeting.leave(guest)
    stream = first.stream(second, "camera")
    assert stream is not None
    assert (stream.lost, stream.corrupt, stream.counter_breaks) == (0, 0, 0)
