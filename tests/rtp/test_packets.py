"""RTP headers: what is read, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp import extensions, packets

PAYLOAD = b"payload"


def test_fixed_header_is_read_at_its_offsets() -> None:
    data = bytes.fromhex("80e0 1234 89abcdef 01020304") + PAYLOAD
    header = packets.parse(data)
    assert header is not None
    assert (header.marker, header.payload_type) == (True, 96)
    assert (header.sequence, header.timestamp, header.ssrc) == (0x1234, 0x89ABCDEF, 0x01020304)
    assert data[header.start : header.end] == PAYLOAD


def test_contributing_sources_extension_and_padding_surround_the_payload() -> None:
    data = (
        bytes.fromhex("b2600001 00000000 00000001")
        + bytes(8)  # two CSRCs
        + bytes.fromhex("bede0001 10aa0000")
        + PAYLOAD
        + b"\0\0\3"
    )
    header = packets.parse(data)
    assert header is not None
    assert data[header.start : header.end] == PAYLOAD
    assert extensions.read(data, header) == {1: b"\xaa"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        bytes.fromhex("40600001 00000000 00000001"),  # version 1
        bytes.fromhex("81600001 00000000 00000001"),  # CSRC count without CSRCs
        bytes.fromhex("90600001 00000000 00000001 bede"),  # extension cut off
        bytes.fromhex("90600001 00000000 00000001 bede0002 00000000"),  # shorter than it says
        bytes.fromhex("a0600001 00000000 00000001 00"),  # padding of length zero
        bytes.fromhex("a0600001 00000000 00000001 aa05"),  # more padding than payload
        bytes.fromhex("a0600001 00000000 00000001"),  # padding flag, nothing there
    ],
)
def test_malformed_packets_are_refused(data: bytes) -> None:
    assert packets.parse(data) is None


def test_rtcp_is_told_apart_from_rtp() -> None:
    assert packets.is_rtcp(bytes.fromhex("80c8000100000001"))
    assert not packets.is_rtcp(bytes.fromhex("8060000100000001"))
    assert not packets.is_rtcp(b"\x80\xc8")


def test_padding_only_packet_is_valid_and_empty() -> None:
    data = packets.padding_only(96, 65536 + 7, (1 << 32) + 9, 5)
    header = packets.parse(data)
    assert header is not None
    assert (header.sequence, header.timestamp) == (7, 9)
    assert header.start == header.end


@given(
    st.integers(0, 127),
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.binary(max_size=50),
    st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=4),
)
def test_what_is_built_is_read_back(
    kind: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    marker: bool,
    payload: bytes,
    elements: list[tuple[int, bytes]],
) -> None:
    data = packets.build(
        kind, sequence, timestamp, ssrc, payload, marker=marker, extensions=extensions.block(elements)
    )
    header = packets.parse(data)
    assert header is not None
    assert header[:5] == (marker, kind, sequence, timestamp, ssrc)
    assert data[header.start : header.end] == payload
    assert extensions.read(data, header) == dict(elements)
    assert packets.parse(packets.plain(data, header)) is not None


@given(st.binary(max_size=80))
def test_noise_never_raises(data: bytes) -> None:
    header = packets.parse(data)
    if header is not None:
        assert 12 <= header.start <= header.end <= len(data)
        extensions.read(data, header)


@given(st.binary(max_size=60))
def test_noise_behind_a_valid_start_never_raises(tail: bytes) -> None:
    data = b"\x90\x60" + bytes(10) + b"\xbe\xde" + tail
    header = packets.parse(data)
    if header is not None:
        for value in extensions.read(data, header).values():
            assert len(value) <= 16
