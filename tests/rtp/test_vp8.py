"""VP8 payload descriptors (RFC 7741)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.rtp import vp8


def test_shortest_descriptor_has_one_octet() -> None:
    frame = vp8.parse(b"\x10\x00", 0, 2)
    assert frame is not None
    assert (frame.starts_frame, frame.payload, frame.picture_id, frame.tl0, frame.tid) == (
        True,
        1,
        -1,
        -1,
        -1,
    )


def test_all_fields_are_read_with_a_wide_picture_id() -> None:
    # X S, I L T K, 15-bit id, TL0, TID 2 Y KEYIDX
    data = bytes.fromhex("ffff 90f0 9234 56 a5 00")
    frame = vp8.parse(data, 2, len(data))
    assert frame is not None
    assert frame.starts_frame
    assert (frame.picture_id, frame.picture_bits, frame.picture_at) == (0x1234, 15, 4)
    assert (frame.tl0, frame.tl0_at) == (0x56, 6)
    assert (frame.tid, frame.sync) == (2, True)
    assert frame.payload == 8


def test_short_picture_id_has_seven_bits() -> None:
    frame = vp8.parse(bytes.fromhex("8080 7f 00"), 0, 4)
    assert frame is not None
    assert (frame.starts_frame, frame.picture_id, frame.picture_bits, frame.payload) == (False, 127, 7, 3)


def test_key_index_alone_takes_an_octet() -> None:
    frame = vp8.parse(bytes.fromhex("8010 1f 00"), 0, 4)
    assert frame is not None
    assert (frame.tid, frame.payload) == (-1, 3)


def test_later_partition_does_not_start_a_frame() -> None:
    frame = vp8.parse(b"\x11\x00", 0, 2)
    assert frame is not None
    assert not frame.starts_frame


@pytest.mark.parametrize("text", ["", "10", "90", "9080", "908092", "90f0923456a5", "9040"])
def test_descriptor_without_payload_behind_it_is_refused(text: str) -> None:
    data = bytes.fromhex(text)
    assert vp8.parse(data, 0, len(data)) is None


def test_descriptor_that_reaches_into_padding_is_refused() -> None:
    data = bytes.fromhex("90f0 9234 56 a5 00 00")
    assert vp8.parse(data, 0, 5) is None


@given(st.integers(0, 0x7FFF), st.integers(-0x7FFF, 0x7FFF), st.integers(0, 255), st.integers(-255, 255))
def test_rewriting_adds_and_wraps_and_keeps_the_rest(
    picture: int, more: int, tl0: int, tl0_more: int
) -> None:
    data = vp8.build(start=True, picture_id=picture, tl0=tl0, tid=1, sync=True) + b"\x01payload"
    frame = vp8.parse(data, 0, len(data))
    assert frame is not None
    buffer = bytearray(b"head" + data)
    vp8.rewrite(buffer, 4, frame, more, tl0_more)
    again = vp8.parse(buffer, 4, len(buffer))
    assert again is not None
    assert again.picture_id == (picture + more) & 0x7FFF
    assert again.tl0 == (tl0 + tl0_more) & 0xFF
    assert (again.tid, again.sync, again.starts_frame) == (1, True, True)
    assert buffer[:4] == b"head"
    assert buffer[again.payload :] == b"\x01payload"


def test_rewriting_keeps_a_short_picture_id_short() -> None:
    data = bytearray.fromhex("8080 7f 00")
    frame = vp8.parse(data, 0, 4)
    assert frame is not None
    vp8.rewrite(data, 0, frame, 3, 0)
    assert data == bytes.fromhex("8080 02 00")


def test_size_is_read_from_the_clear_octets_of_a_key_frame() -> None:
    # RFC 6386 §9.1: 640 × 360, both with scaling bits set
    payload = bytes.fromhex("500000 9d012a 8042 6881")
    assert vp8.dimensions(payload, 0) == (640, 360)
    assert vp8.dimensions(payload[:9], 0) is None
    assert vp8.dimensions(bytes(10), 0) is None


@given(st.binary(max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_noise_never_raises(data: bytes, start: int, end: int) -> None:
    frame = vp8.parse(data, start, min(end, len(data)))
    if frame is not None:
        assert start < frame.payload < min(end, len(data))
