"""Loss, reordering and duplication, scripted, on both sides of the relay."""

from __future__ import annotations

from bench.client.network import Network, Script
from tests.peers.meeting import Meeting, Member


async def _exchange(
    meeting: Meeting, *, uplink: Script | None = None, downlink: Script | None = None
) -> tuple[Member, Member, int]:
    """One sends some seconds of video to another over a bad network; packets sent in between."""
    watcher = await meeting.join(camera=False, microphone=False)
    sender = await meeting.join(uplink=uplink)
    await meeting.until(lambda: watcher.received(sender, "camera") > 0)
    if downlink is not None:
        assert watcher.peer.downlink is not None
        watcher.peer.downlink.transport.downlink = Network(downlink, seed=7)
    assert sender.camera is not None
    camera = sender.camera
    await meeting.flow(600, sender)
    await meeting.stop_sending()
    return sender, watcher, camera.packets


async def test_loss_towards_the_relay_is_repaired_by_the_publisher(meeting: Meeting) -> None:
    sender, watcher, _sent = await _exchange(meeting, uplink=Script(loss=0.05))
    assert sender.peer.uplink is not None
    counts = sender.peer.uplink.sender.counts
    assert counts.nacked > 10
    assert counts.resent > 10
    stream = watcher.stream(sender, "camera")
    assert stream is not None
    assert stream.corrupt == 0
    assert stream.lost + len(stream.missing) <= stream.received * 0.005


async def test_loss_towards_a_subscriber_is_repaired_by_the_relay(meeting: Meeting) -> None:
    sender, watcher, _sent = await _exchange(meeting, downlink=Script(loss=0.05))
    stream = watcher.stream(sender, "camera")
    assert stream is not None
    assert stream.repaired > 10
    assert stream.corrupt == 0
    assert stream.lost + len(stream.missing) <= stream.received * 0.005
    assert sender.peer.uplink is not None
    assert sender.peer.uplink.sender.counts.nacked == 0, "the publisher was asked for no repair"


async def test_reordering_loses_nothing(meeting: Meeting) -> None:
    script = Script(reorder=0.1, reorder_delay=0.02)
    sender, watcher, _sent = await _exchange(meeting, uplink=script, downlink=script)
    stream = watcher.stream(sender, "camera")
    assert stream is not None
    assert stream.reordered > 20
    assert (stream.lost, len(stream.missing), stream.corrupt) == (0, 0, 0)


async def test_duplicates_are_forwarded_once(meeting: Meeting) -> None:
    sender, watcher, sent = await _exchange(meeting, uplink=Script(duplicate=0.3))
    stream = watcher.stream(sender, "camera")
    assert stream is not None
    assert stream.duplicates == 0
    assert stream.received <= sent


async def test_all_kinds_of_trouble_at_once(meeting: Meeting) -> None:
    script = Script(loss=0.03, duplicate=0.05, reorder=0.05, delay=0.01)
    sender, watcher, _sent = await _exchange(meeting, uplink=script, downlink=script)
    for source in ("camera", "microphone"):
        stream = watcher.stream(sender, source)
        assert stream is not None
        assert stream.corrupt == 0
    stream = watcher.stream(sender, "camera")
    assert stream is not None
    assert stream.lost + len(stream.missing) <= stream.received * 0.02
