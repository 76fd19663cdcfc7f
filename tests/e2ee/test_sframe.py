"""SFrame against the working group's vectors and against bad frames."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.e2ee.sframe import FrameError, FrameKey, decode_header, encode_header
from tests.e2ee.vectors import ALL, rows

NUMBER = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize("row", rows("header", *ALL[:2]))
def test_headers_of_the_vectors(row: dict[str, Any]) -> None:
    assert encode_header(row["kid"], row["ctr"]).hex() == row["encoded"]
    header = decode_header(bytes.fromhex(row["encoded"]))
    assert header
    assert (header.kid, header.counter, header.size) == (
        row["kid"],
        row["ctr"],
        len(row["encoded"]) // 2,
    )


@pytest.mark.parametrize("row", rows("sframe", *ALL[:2]) + rows("sframe_aes_256_ctr_hmac", ALL[2]))
def test_frames_of_the_vectors(row: dict[str, Any]) -> None:
    key = FrameKey(bytes.fromhex(row["base_key"]), row["kid"], row["cipher_suite"])
    assert key.secret.hex() == row["sframe_secret"]
    assert key.key.hex() == row["sframe_key"]
    assert key.salt.hex() == row["sframe_salt"]
    assert key.nonce(row["ctr"]).hex() == row["nonce"]
    plain, metadata = bytes.fromhex(row["pt"]), bytes.fromhex(row["metadata"])
    sealed = key.seal(row["ctr"], plain, metadata)
    assert sealed.hex() == row["ct"]
    header = decode_header(sealed)
    assert header
    assert key.open(header, sealed, metadata) == plain
    for at in (0, len(sealed) - 1):
        with pytest.raises(FrameError):
            key.open(header, _flipped(sealed, at), metadata)
    with pytest.raises(FrameError):
        key.open(header, sealed, metadata + b"x")


@pytest.mark.parametrize("suite", range(1, 9))
def test_every_suite_refuses_what_is_too_short(suite: int) -> None:
    key = FrameKey(b"b" * 32, 1, suite)
    header = decode_header(b"\x10")
    assert header
    with pytest.raises(FrameError):
        key.open(header, b"\x10")


@given(NUMBER, NUMBER, st.binary(max_size=3))
def test_any_header_comes_back(kid: int, counter: int, rest: bytes) -> None:
    data = encode_header(kid, counter)
    header = decode_header(b"??" + data + rest, 2)
    assert header
    assert (header.kid, header.counter, header.size) == (kid, counter, len(data))


@given(st.binary(max_size=20))
def test_any_bytes_are_a_header_in_its_one_form_or_none(data: bytes) -> None:
    header = decode_header(data)
    assert header is None or encode_header(header.kid, header.counter) == data[: header.size]


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
