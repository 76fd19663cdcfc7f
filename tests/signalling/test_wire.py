"""Frames come out as they went in, however the stream was cut."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ProtocolError
from onmeet.signalling.wire import Decoder, Frame, Kind, encode, pack_close, unpack_close

frames = st.lists(st.builds(Frame, st.sampled_from(Kind), st.binary(max_size=50)), max_size=10)


@given(frames, st.lists(st.integers(1, 20), min_size=1))
def test_frames_survive_any_cutting(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(*frame) for frame in sent)
    decoder, got, i = Decoder(50), [], 0
    while stream:
        size = cuts[i % len(cuts)]
        got += decoder.feed(stream[:size])
        stream, i = stream[size:], i + 1
    assert got == sent


def test_a_frame_over_the_limit_is_refused_before_it_is_buffered() -> None:
    decoder = Decoder(100)
    with pytest.raises(ProtocolError, match="too long"):
        list(decoder.feed(encode(Kind.MESSAGE, bytes(101))[:5]))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ProtocolError, match="unknown kind"):
        list(Decoder(100).feed(b"X\0\0\0\0"))


@given(st.binary(max_size=300))
def test_noise_gives_frames_or_a_protocol_error(noise: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        for frame in Decoder(64).feed(noise):
            assert len(frame.payload) <= 64


def test_a_close_keeps_code_and_reason() -> None:
    assert unpack_close(pack_close(4423, "locked")) == (4423, "locked")


def test_a_long_reason_is_cut_to_what_a_close_frame_holds() -> None:
    code, reason = unpack_close(pack_close(1000, "ä" * 100))
    assert code == 1000
    assert len(reason.encode()) <= 123
    assert set(reason) == {"ä"}


def test_a_close_without_code_is_refused() -> None:
    with pytest.raises(ProtocolError, match="bad-frame"):
        unpack_close(b"\x01")
