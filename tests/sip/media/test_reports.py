"""RTCP of a leg: what it tells, what it learns, and that nobody's name is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp import rtcp
from sip.media.reception import Reception
from sip.media.reports import Reports, random_cname
from sip.media.sending import Sending


def kinds(packet: bytes) -> list[int]:
    return [part.kind for part in rtcp.split(packet)]


def sender() -> Sending:
    sending = Sending(8, 20)
    sending.feed(bytes(160))
    return sending


def heard(count: int = 50) -> Reception:
    reception = Reception(77, 0)
    for number in range(count):
        reception.place(number)
        reception.count(160 * number, 0.02 * number)
    return reception


def test_reports_come_about_every_five_seconds() -> None:
    reports, sending, now, count = Reports("c", 0.0), sender(), 0.0, 0
    while now < 3600:
        now += 0.02
        if reports.due(now):
            count += 1
            reports.make(sending, None, now)
    assert 650 <= count <= 800


def test_sender_report_with_block_and_cname() -> None:
    reports = Reports("abc", 0.0)
    packet = reports.make(sender(), heard(), 1.0)
    assert kinds(packet) == [rtcp.SR, rtcp.SDES]
    first = rtcp.split(packet)[0]
    assert rtcp.parse_sender(packet, first).packets == 1
    assert rtcp.parse_sender(packet, first).octets == 160
    assert rtcp.parse_report_blocks(packet, first).blocks[0].ssrc == 77


def test_leg_that_sends_nothing_reports_as_a_receiver() -> None:
    assert kinds(Reports("abc", 0.0).make(Sending(8, 20), heard(), 1.0)) == [rtcp.RR, rtcp.SDES]


def test_goodbye_ends_with_bye() -> None:
    sending = sender()
    packet = Reports("abc", 0.0).goodbye(sending, None, 1.0)
    *_, last = rtcp.split(packet)
    assert rtcp.goodbyes(packet, last) == (sending.ssrc,)


def test_name_is_random_and_the_only_item() -> None:
    assert len({random_cname() for _ in range(100)}) == 100
    name = random_cname()
    packet = Reports(name, 0.0).make(sender(), None, 1.0)
    part = rtcp.split(packet)[1]
    body = packet[part.start + 4 : part.end]
    assert body[:2] == bytes((1, len(name)))
    assert body[2 : 2 + len(name)] == name.encode()
    assert not any(body[2 + len(name) :])


def test_round_trip_is_measured() -> None:
    ours, theirs = Reports("a", 0.0), Reports("b", 0.0)
    us, them = sender(), sender()
    packet = ours.make(us, None, 10.0)
    assert theirs.hear(packet, them, 10.05)
    reception = Reception(us.ssrc, 0)
    reception.count(0, 10.0)
    answer = theirs.make(them, reception, 12.0)
    assert ours.hear(answer, us, 12.05)
    assert ours.rtt == pytest.approx(0.1, abs=0.001)


def test_stale_or_forged_reports_give_no_round_trip() -> None:
    ours, us = Reports("a", 0.0), sender()
    block = rtcp.ReportBlock(us.ssrc, 0, 0, 0, 0, 12345, 0)
    assert ours.hear(rtcp.receiver_report(5, [block]), us, 100.0)
    assert ours.rtt is None or ours.rtt < 10


@given(st.binary(max_size=200))
def test_any_bytes_are_safe(data: bytes) -> None:
    Reports("a", 0.0).hear(data, Sending(8, 20), 1.0)


@given(st.lists(st.binary(max_size=60), max_size=4), st.sampled_from([200, 201, 203, 205]))
def test_any_well_framed_bytes_are_safe(bodies: list[bytes], kind: int) -> None:
    packet = b"".join(rtcp.join(kind, len(body) % 32, body + bytes(-len(body) % 4)) for body in bodies)
    Reports("a", 0.0).hear(packet, Sending(8, 20), 1.0)


def test_report_that_arrived_after_the_frames_ideal_moment_counts_as_no_delay() -> None:
    """Frames are read for moments on an even clock, which may lie before what has just arrived."""
    reports = Reports("c", 0.0)
    theirs = rtcp.sender_report(rtcp.SenderReport(77, 5 << 32, 0, 1, 160), [])
    assert reports.hear(theirs, sender(), 1.01)
    packet = reports.make(sender(), heard(), 1.0)
    block = rtcp.parse_report_blocks(packet, rtcp.split(packet)[0]).blocks[0]
    assert (block.last_sr, block.delay) == (rtcp.compact_ntp(5 << 32), 0)
