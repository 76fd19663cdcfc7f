"""Media of real ICE and DTLS-SRTP peers through the relay process."""

from __future__ import annotations

import pytest

from bench.client.frames import descriptor_length
from bench.client.receiver import Packet, ReceiveStream
from tests.peers.meeting import Meeting, Member


@pytest.mark.promise("N3.9")
async def test_everybody_receives_everybody_unchanged(meeting: Meeting) -> None:
    """Sound and picture reach every other participant unchanged."""
    members = [await meeting.join() for _ in range(3)]

    def complete() -> bool:
        return all(
            one.received(other, "camera") > 100 and one.received(other, "microphone") > 20
            for one in members
            for other in members
            if one is not other
        )

    await meeting.until(complete, "media from everybody to everybody")
    await meeting.stop_sending()
    for member in members:
        assert member.peer.downlink is not None
        receiver = member.peer.downlink.receiver
        assert len(receiver.streams) == 4
        assert receiver.unknown == 0
        for stream in receiver.streams.values():
            assert (stream.corrupt, stream.counter_breaks, stream.lost) == (0, 0, 0)
            assert not stream.missing


async def test_nobody_receives_their_own_media(meeting: Meeting) -> None:
    first, second = await meeting.join(), await meeting.join()
    await meeting.until(lambda: second.received(first, "camera") > 20)
    assert set(first.peer.tracks.values()) == {
        f"{second.index}:microphone",
        f"{second.index}:camera",
    }


async def test_a_late_joiner_begins_with_a_key_frame(meeting: Meeting) -> None:
    first, _second = await meeting.join(), await meeting.join()
    await meeting.flow(60, first)
    watched: list[list[Packet]] = []
    await meeting.join(camera=False, watch=lambda late: watched.append(_payloads_of(late, first)))
    (seen,) = watched
    await meeting.until(lambda: len(seen) > 20, "a picture for the late joiner")
    opening = seen[0].payload
    assert opening[0] & 0x10, "the first packet does not start a frame"
    assert opening[descriptor_length(opening, 0)] & 1 == 0, "the first frame is no key frame"


def _payloads_of(member: Member, sender: Member) -> list[Packet]:
    """Collects what a member receives of a camera from now on."""
    packets: list[Packet] = []

    def observe(stream: ReceiveStream, packet: Packet) -> None:
        if stream is member.stream(sender, "camera"):
            packets.append(packet)

    assert member.peer.downlink is not None
    member.peer.downlink.receiver.observer = observe
    return packets


async def test_a_muted_source_is_not_forwarded_until_unmuted(meeting: Meeting) -> None:
    speaker, listener = await meeting.join(), await meeting.join()
    await meeting.until(lambda: listener.received(speaker, "microphone") > 10)
    await speaker.peer.send("state", muted=["microphone"])
    await listener.peer.until(
        lambda: listener.peer.participants[speaker.index].get("muted") == ["microphone"]
    )
    await meeting.flow(20, speaker)  # takes what was on its way
    before = listener.received(speaker, "microphone")
    await meeting.flow(100, speaker)
    assert listener.received(speaker, "microphone") == before
    await speaker.peer.send("state", muted=[])
    await meeting.until(lambda: listener.received(speaker, "microphone") > before + 10)


async def test_publishers_get_transport_feedback_and_reports(meeting: Meeting) -> None:
    first, second = await meeting.join(), await meeting.join()
    assert first.peer.uplink is not None
    counts = first.peer.uplink.sender.counts
    await meeting.until(lambda: counts.transport_feedback >= 5 and counts.receiver_reports >= 1)
    await meeting.until(lambda: counts.transport_acked > 50)
    await meeting.until(
        lambda: all(
            stream is not None and stream.sender_report is not None
            for stream in (second.stream(first, "camera"), second.stream(first, "microphone"))
        ),
        "sender reports on both streams",
    )


async def test_rewritten_sender_reports_keep_sound_and_picture_in_step(meeting: Meeting) -> None:
    speaker, listener = await meeting.join(), await meeting.join()
    newest: dict[str, Packet] = {}

    def observe(stream: ReceiveStream, packet: Packet) -> None:
        newest[stream.kind] = packet

    def reported() -> bool:
        streams = [listener.stream(speaker, name) for name in ("camera", "microphone")]
        return all(s is not None and s.sender_report is not None for s in streams)

    assert listener.peer.downlink is not None
    listener.peer.downlink.receiver.observer = observe
    await meeting.until(reported, "sender reports")
    await meeting.flow(50, speaker)
    shown = {}
    for kind, source, rate in (("video", "camera", 90000), ("audio", "microphone", 48000)):
        stream = listener.stream(speaker, source)
        assert stream is not None
        assert stream.sender_report is not None
        report = stream.sender_report
        ticks = (newest[kind].timestamp - report.rtp_timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        shown[kind] = report.ntp_timestamp / (1 << 32) + ticks / rate
    # both were captured within the last frame interval, so their wall clocks agree
    assert abs(shown["video"] - shown["audio"]) < 0.12
