"""The stream that we send: 50 packets a second for ever, or what the far side's ptime asks for."""

from __future__ import annotations

import pytest

from onmeet.rtp import packets
from sip.media.pace import Beat
from sip.media.sending import Sending, packet_ticks

FRAME = bytes(range(160))


def test_an_hour_is_180000_packets_without_drift() -> None:
    sending, beat, now, sent = Sending(8, 20, index=0, timestamp=0), Beat(0.0), 0.0, 0
    worst = 0.0
    while sent < 180_000:
        now += beat.due(now) + (sent * 7919 % 100) * 4e-5  # up to 4 ms late each time
        worst = max(worst, abs(now - beat.taken(now)))
        (packet,) = sending.feed(FRAME)
        sent += 1
    header = packets.parse(packet)
    assert header.sequence == (180_000 - 1) & 0xFFFF
    assert header.timestamp == 160 * (180_000 - 1)
    assert now == pytest.approx(3600 - 0.02, abs=0.005)
    assert worst < 0.005
    assert beat.skipped == 0


@pytest.mark.parametrize(
    ("ptime", "size"), [(10, 80), (20, 160), (30, 240), (40, 320), (60, 480), (0, 80), (25, 160), (200, 480)]
)
def test_packet_length_follows_ptime(ptime: int, size: int) -> None:
    sending = Sending(8, ptime, timestamp=0)
    out = [packet for _ in range(12) for packet in sending.feed(FRAME)]
    assert packet_ticks(ptime) == size
    assert b"".join(packet[12:] for packet in out) == FRAME * 12
    assert [packets.parse(packet).timestamp for packet in out] == [size * n for n in range(len(out))]


def test_marker_only_after_silence() -> None:
    sending = Sending(8, 20)
    first = [packets.parse(*sending.feed(FRAME)).marker for _ in range(3)]
    assert first == [True, False, False]
    sending.skip(160)
    assert packets.parse(*sending.feed(FRAME)).marker


def test_silence_moves_time_and_not_numbers() -> None:
    sending = Sending(8, 20, index=65535, timestamp=0xFFFFFFFF)
    sending.skip(160)
    header = packets.parse(*sending.feed(FRAME))
    assert (header.sequence, header.timestamp) == (65535, 159)
    assert (sending.index, sending.timestamp) == (65536, 319)
    assert packets.parse(*sending.feed(FRAME)).sequence == 0


def test_numbers_begin_at_random() -> None:
    made = [Sending(8, 20) for _ in range(50)]
    assert len({one.ssrc for one in made}) == 50
    assert len({one.timestamp for one in made}) == 50
    assert all(one.index < 0x8000 for one in made)


def test_other_codec_or_length_leaves_no_half_packet() -> None:
    sending = Sending(8, 30)
    sending.feed(FRAME)
    sending.change(9, 20)
    header = packets.parse(*sending.feed(FRAME))
    assert header.payload_type == 9
    assert header.end - header.start == 160
