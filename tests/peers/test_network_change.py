"""ICE restarts and changed addresses: media goes on."""

from __future__ import annotations

import time

from tests.peers.meeting import Meeting, Member


async def _pair(meeting: Meeting) -> tuple[Member, Member]:
    first, second = await meeting.join(), await meeting.join()
    await meeting.until(
        lambda: first.received(second, "camera") > 20 and second.received(first, "camera") > 20
    )
    return first, second


async def test_a_publisher_that_changes_its_address_is_followed(meeting: Meeting) -> None:
    first, second = await _pair(meeting)
    assert first.peer.uplink is not None
    first.peer.uplink.transport.move(time.monotonic())
    before = second.received(first, "camera")
    await meeting.until(lambda: second.received(first, "camera") > before + 100, "media goes on")


async def test_a_subscriber_that_changes_its_address_is_followed(meeting: Meeting) -> None:
    first, second = await _pair(meeting)
    assert second.peer.downlink is not None
    second.peer.downlink.transport.move(time.monotonic())
    before = second.received(first, "camera")
    await meeting.until(lambda: second.received(first, "camera") > before + 100, "media goes on")


async def test_a_publisher_may_restart_ice(meeting: Meeting) -> None:
    first, second = await _pair(meeting)
    assert first.peer.uplink is not None
    transport = first.peer.uplink.transport
    old = transport.ice.ufrag
    await first.peer.restart_uplink()
    assert transport.ice.ufrag != old
    before = second.received(first, "camera")
    await meeting.until(lambda: transport.ice.answered > 0, "checks with the new credentials")
    await meeting.until(lambda: second.received(first, "camera") > before + 100, "media goes on")
    assert transport.state == "connected"


async def test_a_subscriber_may_ask_for_an_ice_restart(meeting: Meeting) -> None:
    first, second = await _pair(meeting)
    assert second.peer.downlink is not None
    transport = second.peer.downlink.transport
    old, offers = transport.ice.remote_ufrag, second.peer.offers
    await second.peer.send("restart", pc="down")
    await second.peer.until(lambda: second.peer.offers > offers)
    assert transport.ice.remote_ufrag != old
    transport.move(time.monotonic())
    before = second.received(first, "camera")
    await meeting.until(lambda: transport.ice.answered > 0, "checks with the new credentials")
    await meeting.until(lambda: second.received(first, "camera") > before + 100, "media goes on")


async def test_a_lost_signalling_link_is_resumed_while_media_flows(meeting: Meeting) -> None:
    first, second = await _pair(meeting)
    await first.peer.drop()
    before = second.received(first, "camera"), first.received(second, "camera")
    await meeting.until(
        lambda: (
            second.received(first, "camera") - before[0] >= 180
            and first.received(second, "camera") - before[1] >= 180
        ),
        "media both ways",
    )
    await first.peer.resume(await meeting.link())
    third = await meeting.join(camera=False)
    await meeting.until(lambda: first.received(third, "microphone") > 10, "news after resuming")
    stream = second.stream(first, "camera")
    assert stream is not None
    assert (stream.lost, stream.corrupt) == (0, 0)
