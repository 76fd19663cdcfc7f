"""Simulcast: each subscriber gets the layer that fits what it shows."""

from __future__ import annotations

from bench.client.frames import STAMP
from bench.client.receiver import Packet, ReceiveStream
from tests.peers.meeting import Meeting, Member

LOWEST, HIGHEST = 0, 2


class LayerWatch:
    """The layers of the packets that a member receives of one camera, latest last."""

    def __init__(self, watcher: Member, sender: Member) -> None:
        self.layers: list[int] = []
        self._watcher, self._sender = watcher, sender
        assert watcher.peer.downlink is not None
        watcher.peer.downlink.receiver.observer = self._observe

    def _observe(self, stream: ReceiveStream, packet: Packet) -> None:
        if stream is self._watcher.stream(self._sender, "camera"):
            self.layers.append(STAMP.unpack(packet.payload[-STAMP.size :])[3])

    def settled_on(self, layer: int) -> bool:
        """Whether the latest packets are all of one layer."""
        return len(self.layers) >= 30 and set(self.layers[-30:]) == {layer}


async def _pair(meeting: Meeting) -> tuple[Member, Member, str]:
    watcher = await meeting.join(camera=False, auto_view=False)
    sender = await meeting.join(simulcast=True)
    await watcher.peer.until(lambda: f"{sender.index}:camera" in watcher.peer.tracks.values())
    return watcher, sender, f"{sender.index}:camera"


async def test_the_layer_follows_the_size_shown(meeting: Meeting) -> None:
    watcher, sender, track = await _pair(meeting)
    await watcher.peer.view({track: (160, 90)})
    watch = LayerWatch(watcher, sender)
    await meeting.until(lambda: watch.settled_on(LOWEST), "the lowest layer for a small tile")
    await watcher.peer.view({track: (1280, 720)})
    await meeting.until(lambda: watch.settled_on(HIGHEST), "the highest layer for a large tile")
    await watcher.peer.view({track: (160, 90)})
    await meeting.until(lambda: watch.settled_on(LOWEST), "the lowest layer again")


async def test_a_switch_leaves_no_gap_in_the_sequence(meeting: Meeting) -> None:
    watcher, sender, track = await _pair(meeting)
    watch = LayerWatch(watcher, sender)
    for size, layer in (((160, 90), LOWEST), ((1280, 720), HIGHEST)) * 2:
        await watcher.peer.view({track: size})
        await meeting.until(lambda layer=layer: watch.settled_on(layer), f"layer {layer}")
    stream = watcher.stream(sender, "camera")
    assert stream is not None
    assert (stream.lost, len(stream.missing), stream.duplicates) == (0, 0, 0)


async def test_what_is_not_shown_is_not_sent(meeting: Meeting) -> None:
    watcher, sender, track = await _pair(meeting)
    await watcher.peer.view({track: (640, 360)})
    await meeting.until(lambda: watcher.received(sender, "camera") > 50)
    await watcher.peer.view({track: (0, 0)})
    before = -1
    while watcher.received(sender, "camera") != before:  # until the relay has heard of it
        before = watcher.received(sender, "camera")
        await meeting.flow(50, sender)
    await meeting.flow(250, sender)
    assert watcher.received(sender, "camera") == before
    await watcher.peer.view({track: (640, 360)})
    await meeting.until(lambda: watcher.received(sender, "camera") > before + 50)


async def test_the_publisher_learns_which_layers_are_watched(meeting: Meeting) -> None:
    watcher, sender, track = await _pair(meeting)
    await watcher.peer.view({track: (160, 90)})
    await meeting.until(lambda: sender.peer.demand.get("camera") == ["q"], "demand for q alone")
    await watcher.peer.view({track: (1280, 720)})
    await meeting.until(lambda: "f" in sender.peer.demand.get("camera", []), "demand for f")


async def test_each_subscriber_gets_a_layer_of_its_own(meeting: Meeting) -> None:
    small, sender, track = await _pair(meeting)
    large = await meeting.join(camera=False, auto_view=False)
    await large.peer.until(lambda: track in large.peer.tracks.values())
    await small.peer.view({track: (160, 90)})
    await large.peer.view({track: (1280, 720)})
    watch_small, watch_large = LayerWatch(small, sender), LayerWatch(large, sender)
    await meeting.until(
        lambda: watch_small.settled_on(LOWEST) and watch_large.settled_on(HIGHEST),
        "two layers at once",
    )


async def test_a_narrow_path_gets_a_lower_layer(meeting: Meeting) -> None:
    watcher, sender, track = await _pair(meeting)
    await watcher.peer.view({track: (1280, 720)})
    watch = LayerWatch(watcher, sender)
    await meeting.until(lambda: watch.settled_on(HIGHEST), "the highest layer")
    assert watcher.peer.downlink is not None
    watcher.peer.downlink.receiver.bitrate = 400_000  # what REMB says from now on
    await meeting.until(lambda: watch.settled_on(LOWEST), "the lowest layer over a narrow path")
