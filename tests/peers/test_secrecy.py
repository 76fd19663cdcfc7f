"""What the relay sees of a meeting, after SRTP and before forwarding: nothing that can be read.

The sound is a known pattern, so that finding it would be certain; a run without encryption shows that the
search does find it.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bench.client.sealed import FrameOpener, SealedMicrophone
from onmeet.e2ee.sframe import FrameError
from onmeet.relay.settings import MediaSettings
from tests.peers.in_process import relay_in_process
from tests.peers.meeting import Meeting

KEY = bytes(range(32))
WRONG_KEY = bytes(32)
TONE = b"\x78" + bytes(itertools.islice(itertools.cycle((0, 49, 90, 117, 127, 117, 90, 49)), 96))
FRAMES = 50
RTP_HEADER_BYTES = 12


async def _capture(folder: Path, base_key: bytes | None, *, require_sframe: bool) -> list[bytes]:
    """The relay's capture of a microphone that sends the known tone; whole RTP packets."""
    seen: list[bytes] = []
    settings = MediaSettings(port=0, bind=("127.0.0.1",), require_sframe=require_sframe, capture=seen.append)
    async with relay_in_process(folder, settings) as relay:
        meeting = Meeting(relay.path, relay.media)
        listener = await meeting.join(camera=False, microphone=False)
        speaker = await meeting.join(camera=False)
        speaker.microphone = None
        uplink = speaker.peer.uplink
        assert uplink is not None
        assert uplink.microphone is not None
        microphone = SealedMicrophone(uplink.sender, uplink.microphone, speaker.index, base_key)
        await meeting.until(lambda: bool(listener.peer.tracks) and listener.connected)

        def sent_enough() -> bool:
            microphone.send(TONE)
            return listener.received(speaker, "microphone") >= FRAMES

        await meeting.until(sent_enough, "sound")
        await meeting.close()
    return seen


def _payload(packet: bytes) -> bytes:
    """What follows the RTP header and its extensions (RFC 3550 §5.1, §5.3.1)."""
    offset = RTP_HEADER_BYTES + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        offset += 4 + 4 * int.from_bytes(packet[offset + 2 : offset + 4], "big")
    return packet[offset:]


@pytest.mark.promise("N1.1", "N1.16")
async def test_the_capture_holds_no_sound_without_the_key(tmp_path: Path) -> None:
    """What goes over the network holds no sound without the key."""
    capture = await _capture(tmp_path, KEY, require_sframe=True)
    assert len(capture) >= FRAMES
    for piece in (TONE, TONE[1:17], TONE[-16:]):
        assert not any(piece in packet for packet in capture)
    right, wrong = FrameOpener(KEY), FrameOpener(WRONG_KEY)
    for packet in capture:
        assert right.open(_payload(packet), 0) == TONE
        with pytest.raises(FrameError):
            wrong.open(_payload(packet), 0)
    assert len({_payload(packet) for packet in capture}) == len(capture), "two frames look the same"


async def test_the_search_finds_the_sound_when_it_is_not_encrypted(tmp_path: Path) -> None:
    capture = await _capture(tmp_path, None, require_sframe=False)
    assert len(capture) >= FRAMES
    assert all(TONE in packet for packet in capture)
