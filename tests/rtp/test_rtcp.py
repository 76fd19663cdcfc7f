"""RTCP compound packets, reports and feedback: bytes that others make, and our own round trip."""

from __future__ import annotations

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp import feedback, rtcp

U32 = st.integers(0, 2**32 - 1)
BLOCKS = st.builds(
    rtcp.ReportBlock, U32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), U32, U32, U32, U32
)


def only(data: bytes) -> rtcp.Part:
    (part,) = rtcp.split(data)
    return part


def test_compound_is_split_into_its_parts() -> None:
    data = rtcp.receiver_report(1, []) + rtcp.sdes_cname(1, "name") + feedback.pli(1, 2) + rtcp.bye([1])
    assert [part.kind for part in rtcp.split(data)] == [rtcp.RR, rtcp.SDES, rtcp.PAYLOAD_FEEDBACK, rtcp.BYE]
    assert rtcp.goodbyes(data, rtcp.split(data)[-1]) == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "80",  # no header
        "40c90001 00000001",  # version 1
        "80c90002 00000001",  # longer than the datagram
        "a0c90001 00000000",  # padding of length zero
        "a0c90001 000000ff",  # padding longer than the part
        "a0c90001 00000004 80c90001 00000001",  # padding before the last part
    ],
)
def test_malformed_compounds_are_refused_whole(text: str) -> None:
    assert rtcp.split(bytes.fromhex(text)) == ()


def test_endless_compounds_are_refused() -> None:
    assert rtcp.split(bytes.fromhex("80c90000") * 65) == ()


def test_report_shorter_than_its_count_is_refused() -> None:
    data = bytes.fromhex("82c90007") + bytes(28)  # says two blocks, has one
    assert rtcp.parse_report_blocks(data, only(data)) is None
    short = bytes.fromhex("80c80001 00000001")
    assert rtcp.parse_sender(short, only(short)) is None


@given(U32, st.lists(BLOCKS, max_size=31))
def test_receiver_report_is_read_back(ssrc: int, blocks: list[rtcp.ReportBlock]) -> None:
    data = rtcp.receiver_report(ssrc, blocks)
    assert rtcp.parse_report_blocks(data, only(data)) == rtcp.ReceiverReport(ssrc, tuple(blocks))


def test_more_blocks_than_fit_go_into_further_reports() -> None:
    blocks = [rtcp.ReportBlock(n, 0, 0, 0, 0, 0, 0) for n in range(70)]
    data = rtcp.receiver_report(9, blocks)
    parts = rtcp.split(data)
    assert [part.subtype for part in parts] == [31, 31, 8]
    read = [rtcp.parse_report_blocks(data, part) for part in parts]
    assert [block.ssrc for report in read if report for block in report.blocks] == list(range(70))


@given(U32, st.integers(0, 2**64 - 1), U32, U32, U32, st.lists(BLOCKS, max_size=3))
def test_sender_report_is_read_back(
    ssrc: int, ntp: int, rtp: int, count: int, octets: int, blocks: list[rtcp.ReportBlock]
) -> None:
    report = rtcp.SenderReport(ssrc, ntp, rtp, count, octets)
    data = rtcp.sender_report(report, blocks)
    assert rtcp.parse_sender(data, only(data)) == report
    assert rtcp.parse_report_blocks(data, only(data)) == rtcp.ReceiverReport(ssrc, tuple(blocks))


def test_aiortc_reads_our_reports() -> None:
    block = rtcp.ReportBlock(5, 51, -3, 70000, 9, 0x12345678, 65536)
    sender = rtcp.SenderReport(6, 0x0102030405060708, 99, 10, 1000)
    first, second = RtcpPacket.parse(rtcp.sender_report(sender, [block]) + rtcp.receiver_report(7, [block]))
    assert isinstance(first, RtcpSrPacket)
    assert isinstance(second, RtcpRrPacket)
    assert first.sender_info.ntp_timestamp == 0x0102030405060708
    for report in (first.reports[0], second.reports[0]):
        assert (report.ssrc, report.fraction_lost, report.packets_lost) == (5, 51, -3)
        assert (report.highest_sequence, report.lsr, report.dlsr) == (70000, 0x12345678, 65536)


def test_canonical_name_is_padded_to_words() -> None:
    for name in ("a", "ab", "abc", "abcd", "abcde"):
        data = rtcp.sdes_cname(1, name)
        assert len(data) % 4 == 0
        (packet,) = RtcpPacket.parse(data)
        assert packet.chunks[0].items[0] == (1, name.encode())


def test_compact_time_is_the_middle_of_ntp() -> None:
    assert rtcp.compact_ntp(0x0102030405060708) == 0x03040506


def test_nack_as_in_rfc_4585() -> None:
    # RFC 4585 §6.2.1: PID and a mask of the sixteen that follow
    data = feedback.nack(1, 2, [100, 101, 116, 117])
    assert data[12:] == bytes.fromhex("0064800100750000")
    assert feedback.parse_nack(data, only(data)) == [100, 101, 116, 117]
    assert feedback.media_ssrc(data, only(data)) == 2


@given(st.lists(st.integers(0, 2000), unique=True, max_size=200), st.integers(0, 65535))
def test_nack_names_exactly_what_is_missing_across_the_wrap(steps: list[int], start: int) -> None:
    lost = [(start + step) & 0xFFFF for step in sorted(steps)]
    data = feedback.nack(1, 2, lost)
    assert feedback.parse_nack(data, only(data)) == lost
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRtpfbPacket)
    assert [number & 0xFFFF for number in theirs.lost] == lost


def test_a_nack_for_everything_is_cut_short() -> None:
    body = bytes(8) + bytes.fromhex("0000ffff") * 4000
    data = rtcp.join(rtcp.TRANSPORT_FEEDBACK, feedback.NACK, body)
    assert len(feedback.parse_nack(data, only(data))) == 1024


def test_picture_loss_is_read_by_aiortc() -> None:
    (packet,) = RtcpPacket.parse(feedback.pli(1, 2))
    assert isinstance(packet, RtcpPsfbPacket)
    assert (packet.fmt, packet.ssrc, packet.media_ssrc) == (1, 1, 2)


def test_full_intra_request_names_its_sources_in_the_entries() -> None:
    data = feedback.fir(1, 2, 258)
    assert feedback.parse_fir(data, only(data)) == (2,)
    assert data[-4] == 2


@given(st.integers(0, 2**40), st.lists(U32, max_size=5))
def test_remb_is_read_back_to_eighteen_bits(bitrate: int, ssrcs: list[int]) -> None:
    data = feedback.remb(1, bitrate, ssrcs)
    read = feedback.parse_remb(data, only(data))
    assert read is not None
    assert read.ssrcs == tuple(ssrcs)
    assert 0 <= bitrate - read.bitrate <= bitrate / 2**17


def test_other_application_feedback_is_no_remb() -> None:
    data = rtcp.join(rtcp.PAYLOAD_FEEDBACK, feedback.REMB, bytes(8) + b"ABCD" + bytes(4))
    assert feedback.parse_remb(data, only(data)) is None
    short = rtcp.join(rtcp.PAYLOAD_FEEDBACK, feedback.REMB, bytes(8) + b"REMB" + b"\x09\0\0\0")
    assert feedback.parse_remb(short, only(short)) is None


@given(st.binary(max_size=120))
def test_noise_never_raises(noise: bytes) -> None:
    words = noise[: len(noise) // 4 * 4]
    for kind in (rtcp.SR, rtcp.RR, rtcp.BYE, rtcp.TRANSPORT_FEEDBACK, rtcp.PAYLOAD_FEEDBACK):
        for data in (noise, rtcp.join(kind, len(noise) % 32, words)):
            for part in rtcp.split(data):
                rtcp.parse_sender(data, part)
                rtcp.parse_report_blocks(data, part)
                rtcp.goodbyes(data, part)
                feedback.media_ssrc(data, part)
                feedback.parse_nack(data, part)
                feedback.parse_fir(data, part)
                feedback.parse_remb(data, part)
