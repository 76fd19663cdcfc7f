"""SRTP of a leg: against a libsrtp peer that never notices the hand-over to another process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Error, Policy, Session

from onmeet.rtp import packets, rtcp
from sip.interface import SrtpKeys
from sip.media.srtp import Srtp

OURS, THEIRS, OTHER = bytes(range(30)), bytes(range(60, 90)), bytes(range(120, 150))
KEYS = SrtpKeys(send=OURS, receive=THEIRS)
SSRC, PEER = 0x11223344, 0x55667788


class Far:
    """The far side: libsrtp with the keys the other way round."""

    def __init__(self, send: bytes = THEIRS, receive: bytes = OURS) -> None:
        self.out = Session(Policy(key=send, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        self.inward = Session(Policy(key=receive, ssrc_type=Policy.SSRC_ANY_INBOUND))

    def send(self, index: int) -> bytes:
        return self.out.protect(packets.build(8, index & 0xFFFF, index * 160, PEER, b"their sound"))


def ours(index: int) -> bytes:
    return packets.build(8, index & 0xFFFF, index * 160, SSRC, b"our sound")


def test_both_directions() -> None:
    srtp, far = Srtp(KEYS, ssrc=SSRC), Far()
    sealed = srtp.protect(ours(5))
    assert b"our sound" not in sealed
    assert far.inward.unprotect(sealed) == ours(5)
    assert srtp.unprotect(far.send(9)).endswith(b"their sound")


@pytest.mark.parametrize("cycles", [0, 1, 3, 30])
@pytest.mark.parametrize("place", [0, 5, 0x6FFF, 0x7000, 0x7FFF, 0x8000, 0xFFFF])
def test_another_process_goes_on_at_any_roll_over_counter(cycles: int, place: int) -> None:
    sent, heard = cycles << 16 | place, cycles << 16 | (place ^ 0x2222)
    far = Far()
    first = Srtp(KEYS, ssrc=SSRC)
    for index in range(sent % 0x6000, sent + 1, 0x6000):  # the call so far, with large steps
        far.inward.unprotect(first.protect(ours(index)))
    for index in range(heard % 0x6000, heard + 1, 0x6000):
        assert first.unprotect(far.send(index)) is not None
    second = Srtp(KEYS, ssrc=SSRC, sent=sent, heard=(PEER, heard))
    for index in range(sent + 1, sent + 200):
        assert far.inward.unprotect(second.protect(ours(index))) == ours(index)
    for index in range(heard + 1, heard + 200):
        assert second.unprotect(far.send(index)) is not None


def test_without_the_counter_the_same_packets_are_refused() -> None:
    far = Far()
    for index in range(0, 0x18001, 0x6000):
        last = far.send(index)
    assert Srtp(KEYS, ssrc=SSRC).unprotect(last) is None
    assert Srtp(KEYS, ssrc=SSRC, heard=(PEER, 0x17FFF)).unprotect(last) is not None


def test_the_last_packet_before_a_hand_over_cannot_be_replayed_after_it() -> None:
    far = Far()
    packet = far.send(700)
    assert Srtp(KEYS, ssrc=SSRC).unprotect(packet) is not None
    assert Srtp(KEYS, ssrc=SSRC, heard=(PEER, 700)).unprotect(packet) is None


def test_replay_wrong_key_and_tampering_are_refused() -> None:
    srtp, far = Srtp(KEYS, ssrc=SSRC), Far()
    packet = far.send(1)
    assert srtp.unprotect(packet) is not None
    assert srtp.unprotect(packet) is None
    assert srtp.unprotect(Far(send=OTHER).send(2)) is None
    spoilt = bytearray(far.send(3))
    spoilt[15] ^= 1
    assert srtp.unprotect(bytes(spoilt)) is None
    assert srtp.unprotect(bytes(3000)) is None
    assert srtp.unprotect(b"") is None
    assert srtp.unprotect(far.send(4)) is not None


def test_reports_never_use_an_index_twice() -> None:
    far, first = Far(), Srtp(KEYS, ssrc=SSRC)
    report = rtcp.receiver_report(SSRC, [])
    for _ in range(40):
        assert far.inward.unprotect_rtcp(first.protect_report(report)) == report
    naive = Srtp(KEYS, ssrc=SSRC)
    with pytest.raises(Error):
        far.inward.unprotect_rtcp(naive.protect_report(report))
    second = Srtp(KEYS, ssrc=SSRC, reports_sent=first.reports_sent)
    assert far.inward.unprotect_rtcp(second.protect_report(report)) == report
    assert second.reports_sent == 41


def test_their_reports_are_opened_and_forged_ones_refused() -> None:
    srtp, far = Srtp(KEYS, ssrc=SSRC), Far()
    report = rtcp.receiver_report(PEER, [])
    sealed = far.out.protect_rtcp(report)
    assert srtp.unprotect_report(sealed) == report
    assert srtp.unprotect_report(sealed) is None
    assert srtp.unprotect_report(report) is None


@pytest.mark.parametrize("continues", [True, False])
def test_new_keys_with_or_without_a_new_roll_over_counter(continues: bool) -> None:
    srtp, far = Srtp(KEYS, ssrc=SSRC), Far()
    for index in range(0, 0x18001, 0x6000):
        assert srtp.unprotect(far.send(index)) is not None
    srtp.rekey(SrtpKeys(OTHER, OTHER[::-1]), ssrc=SSRC + 1, heard=PEER)
    assert srtp.reports_sent == 0
    far = Far(send=OTHER[::-1], receive=OTHER)
    if continues:
        for index in range(0, 0x18001, 0x6000):
            far.send(index)
    start = 0x18001 if continues else 0x8001
    for index in range(start, start + 50):
        assert srtp.unprotect(far.send(index)) is not None
    assert srtp.unprotect(Far().send(0x8100)) is None
    assert srtp.highest(PEER) == start + 49


def test_far_side_with_ever_new_sources_is_not_followed_for_ever() -> None:
    srtp, far = Srtp(KEYS, ssrc=SSRC), Far()
    opened = [srtp.unprotect(far.out.protect(packets.build(8, 1, 1, ssrc, b"x"))) for ssrc in range(200)]
    assert sum(packet is not None for packet in opened) == 64


@given(st.binary(max_size=1600))
def test_any_bytes_are_refused(data: bytes) -> None:
    srtp = Srtp(KEYS, ssrc=SSRC)
    assert srtp.unprotect(data) is None
    assert srtp.unprotect_report(data) is None
