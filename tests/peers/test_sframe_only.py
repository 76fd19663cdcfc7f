"""The relay forwards nothing that is not encrypted end to end."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from bench.client.sealed import FrameCollector, FrameOpener, SealedCamera, SealedMicrophone
from tests.peers.meeting import Meeting, Member

KEY = bytes(range(32))
FRAMES = 25


async def _pair(meeting: Meeting) -> tuple[Member, Member, FrameCollector]:
    """A sender whose sources the test drives by hand, and who watches it."""
    watcher = await meeting.join(camera=False, microphone=False, stamped=False)
    sender = await meeting.join()
    await watcher.peer.until(lambda: len(watcher.peer.tracks) == 2)
    await meeting.until(lambda: watcher.connected)
    await meeting.stop_sending()  # it may have sent something of its own as soon as it was connected
    assert watcher.peer.downlink is not None
    collector = FrameCollector()
    watcher.peer.downlink.receiver.observer = collector.take
    return sender, watcher, collector


async def _send(
    meeting: Meeting, sender: Member, base_key: bytes | None, index: int, until: Callable[[], bool]
) -> tuple[list[bytes], list[bytes]]:
    """Send sound and pictures until a condition holds; the plain frames of both."""
    uplink = sender.peer.uplink
    assert uplink is not None
    assert uplink.microphone is not None
    microphone = SealedMicrophone(uplink.sender, uplink.microphone, index, base_key)
    camera = SealedCamera(uplink.sender, uplink.camera[0], index, base_key)
    sound: list[bytes] = []
    pictures: list[bytes] = []

    def turn() -> bool:
        if until():
            return True
        sound.append(b"\x78" + os.urandom(80))
        microphone.send(sound[-1])
        pictures.append(camera.send(os.urandom(2500)))
        return False

    await meeting.until(turn, "the wanted effect of sending")
    return sound, pictures


async def test_sealed_frames_arrive_and_open_with_the_key_alone(meeting: Meeting) -> None:
    sender, watcher, collector = await _pair(meeting)
    microphone = watcher.stream(sender, "microphone")
    camera = watcher.stream(sender, "camera")
    assert microphone is not None
    assert camera is not None

    def arrived() -> bool:
        return all(len(collector.frames.get(s.ssrc, [])) >= FRAMES for s in (microphone, camera))

    sound, pictures = await _send(meeting, sender, KEY, sender.index, arrived)
    opener, stranger = FrameOpener(KEY), FrameOpener(bytes(32))
    for frame in collector.frames[microphone.ssrc]:
        assert opener.open(frame, 0) in sound
        with pytest.raises(Exception, match="tag"):
            stranger.open(frame, 0)
    for frame in collector.frames[camera.ssrc]:
        assert opener.open(frame, 1 if frame[0] & 1 else 10) in pictures


async def test_clear_media_is_refused_and_its_sender_told(meeting: Meeting) -> None:
    sender, _watcher, collector = await _pair(meeting)
    refused, before = sender.peer.refused, meeting.total
    await _send(meeting, sender, None, sender.index, lambda: {"microphone", "camera"} <= set(refused))
    assert all(count > 0 for count in refused.values())
    assert meeting.total == before
    assert collector.frames == {}


async def test_frames_in_somebody_elses_name_are_refused(meeting: Meeting) -> None:
    sender, watcher, collector = await _pair(meeting)
    refused, before = sender.peer.refused, meeting.total
    await _send(meeting, sender, KEY, watcher.index, lambda: {"microphone", "camera"} <= set(refused))
    assert meeting.total == before
    assert collector.frames == {}
