"""Sealing and opening packets in shared buffers, and the sink that forwarding writes to."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80
from hypothesis import given
from hypothesis import strategies as st

from onmeet.relay.dtls import RECORD_HEADER, _datagrams
from onmeet.relay.srtp import MAX_PLAIN, PacketBuffer, SrtpKeys, SrtpReceiver, SrtpSender
from tests.relay.client import rtp

RR = bytes.fromhex("80c90001") + bytes(4)


class Pair:
    """A sender whose datagrams land in a receiver's inbox."""

    def __init__(self, profile: Any = SRTP_AEAD_AES_128_GCM) -> None:
        key = secrets.token_bytes(profile.key_length + profile.salt_length)
        keys = SrtpKeys(profile.libsrtp_profile, key, key)
        self.inbox = PacketBuffer()
        self.sender = SrtpSender(PacketBuffer())
        self.sender.key(keys)
        self.sender.direct(self.sendto, ("192.0.2.1", 1))
        self.receiver = SrtpReceiver(self.inbox, lambda: 5.0)
        self.receiver.key(keys)
        self.rtp: list[tuple[bytes, float]] = []
        self.rtcp: list[tuple[bytes, float]] = []
        self.receiver.deliver(
            lambda data, at: self.rtp.append((data, at)),
            lambda data, at: self.rtcp.append((data, at)),
        )
        self.sent: list[bytes] = []

    def sendto(self, data: Any, address: Any) -> int:
        self.sent.append(bytes(data))
        self.deliver(self.sent[-1])
        return len(data)

    def deliver(self, datagram: bytes) -> None:
        self.inbox.view[: len(datagram)] = datagram
        self.receiver.receive(len(datagram))


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.mark.parametrize("profile", [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_packet_arrives_as_it_was(profile: Any, kind: Any) -> None:
    pair = Pair(profile)
    packet = rtp(1, 1, 111, b"payload")
    pair.sender.send_rtp(kind(packet))
    pair.sender.send_rtcp(RR)
    assert pair.rtp == [(packet, 5.0)]
    assert pair.rtcp == [(RR, 5.0)]
    assert b"payload" not in pair.sent[0]
    assert (pair.sender.packets, pair.receiver.packets) == (1, 1)


def test_the_buffer_may_be_used_again_at_once(pair: Pair) -> None:
    buffer = bytearray(rtp(1, 1, 111, b"first"))
    pair.sender.send_rtp(buffer)
    buffer[:] = rtp(1, 2, 111, b"again")
    pair.sender.send_rtp(buffer)
    assert [data[-5:] for data, _ in pair.rtp] == [b"first", b"again"]


def test_a_sequence_number_is_never_sent_twice(pair: Pair) -> None:
    """A second packet under the same number would reuse its nonce."""
    pair.sender.send_rtp(rtp(1, 7, 111, b"one"))
    pair.sender.send_rtp(rtp(1, 7, 111, b"two"))
    assert len(pair.sent) == 1
    assert pair.sender.failed == 1


@pytest.mark.promise("N1.16")
def test_changed_and_repeated_datagrams_are_rejected(pair: Pair) -> None:
    """Media that was changed or repeated on its way is rejected."""
    pair.sender.send_rtp(rtp(1, 1, 111, b"x"))
    pair.deliver(pair.sent[0])
    pair.deliver(pair.sent[0][:-1] + bytes([pair.sent[0][-1] ^ 1]))
    assert len(pair.rtp) == 1
    assert pair.receiver.rejected == 2


def test_an_oversized_packet_is_dropped_and_counted(pair: Pair) -> None:
    pair.sender.send_rtp(rtp(1, 1, 111, bytes(MAX_PLAIN)))
    pair.sender.send_rtcp(bytes(MAX_PLAIN + 1))
    assert pair.sent == []
    assert pair.sender.failed == 1


def test_a_full_socket_loses_the_packet_and_nothing_else(pair: Pair) -> None:
    def full(data: Any, address: Any) -> int:
        raise BlockingIOError

    pair.sender.direct(full, ("192.0.2.1", 1))
    pair.sender.send_rtp(rtp(1, 1, 111, b"lost"))
    pair.sender.send_rtcp(RR)
    assert (pair.sender.failed, pair.sender.packets) == (2, 0)
    pair.sender.direct(pair.sendto, ("192.0.2.1", 1))
    pair.sender.send_rtp(rtp(1, 2, 111, b"arrives"))
    assert len(pair.rtp) == 1


@pytest.mark.promise("N1.16")
def test_without_keys_or_address_nothing_is_sent(pair: Pair) -> None:
    """Without keys for the way nothing is sent."""
    pair.sender.direct(None)
    pair.sender.send_rtp(rtp(1, 1, 111, b"x"))
    pair.sender.direct(pair.sendto, ("192.0.2.1", 1))
    pair.sender.unkey()
    pair.sender.send_rtp(rtp(1, 1, 111, b"x"))
    pair.sender.send_rtcp(RR)
    pair.sender.forget(1)
    pair.sender.close()
    pair.sender.send_rtp(rtp(1, 1, 111, b"x"))
    assert pair.sent == []


def test_a_closed_receiver_takes_nothing(pair: Pair) -> None:
    pair.receiver.close()
    pair.sender.send_rtp(rtp(1, 1, 111, b"x"))
    pair.sender.send_rtcp(RR)
    assert pair.sent != []
    assert pair.rtp == pair.rtcp == []


@given(st.binary(max_size=1500))
def test_any_datagram_is_taken_without_a_word(datagram: bytes) -> None:
    pair = Pair()
    pair.deliver(datagram)
    pair.deliver(b"\x80" + datagram)
    assert pair.rtp == pair.rtcp == []


@given(st.lists(st.integers(0, 1100), min_size=1, max_size=12))
def test_a_flight_is_cut_at_record_borders(sizes: list[int]) -> None:
    records = [
        b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2) + bytes([n]) * size for n, size in enumerate(sizes)
    ]
    datagrams = list(_datagrams(b"".join(records)))
    assert b"".join(datagrams) == b"".join(records)
    assert max(map(len, datagrams)) <= 1200
    borders = {0}
    for record in records:
        borders.add(max(borders) + len(record))
    start = 0
    for datagram in datagrams:
        start += len(datagram)
        assert start in borders
    assert len(records[0]) >= RECORD_HEADER
