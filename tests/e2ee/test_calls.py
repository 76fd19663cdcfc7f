"""Statements about waiting calls: one gateway's word, for one room, for an hour at most."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from onmeet.e2ee.calls import (
    check_statement,
    gateway_fingerprint,
    read_statement,
    spoken_code,
    state_call,
)
from onmeet.e2ee.encoding import BodyError, from_base64url, to_base64url
from tests.running import ROOT

VECTORS = json.loads((ROOT / "tests" / "e2ee" / "vectors" / "calls.json").read_text())
"""What both languages have to say alike; tests/js reads the same file."""


@pytest.mark.parametrize("row", VECTORS["statements"])
def test_same_statement_code_and_fingerprint_as_in_the_vectors(row: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(row["seed"]))
    body = row["statement"]
    gw = from_base64url(body["gw"], 32)
    assert state_call(key, body["room"], body["call"], gw, body["expires"]) == body
    assert read_statement(body).code == row["code"]
    assert gateway_fingerprint(key.public_key().public_bytes_raw()) == row["fingerprint"]


@pytest.mark.parametrize("row", VECTORS["checks"])
def test_same_verdict_as_in_the_vectors(row: dict[str, Any]) -> None:
    assert check_statement(read_statement(row["statement"]), row["room"], row["now"]) == row["fault"]


@pytest.mark.parametrize("body", VECTORS["malformed"])
def test_malformed_statement_is_refused_whole(body: Any) -> None:
    with pytest.raises(BodyError):
        read_statement(body)


def test_gateway_key_that_is_no_point_is_a_fault() -> None:
    body = {**VECTORS["statements"][0]["statement"], "gateway": to_base64url(b"\xff" * 32)}
    statement = read_statement(body)
    assert check_statement(statement, statement.room, statement.expires - 1) in ("gateway", "signature")


@pytest.mark.parametrize("room", ["", "Upper", "a\0b", "a/b", "x" * 65])
def test_room_that_is_none_is_not_signed(room: str) -> None:
    with pytest.raises(BodyError):
        state_call(Ed25519PrivateKey.generate(), room, to_base64url(bytes(16)), bytes(32), 1)


def test_code_changes_with_everything_that_it_stands_for() -> None:
    call, other = to_base64url(bytes(16)), to_base64url(bytes(15) + b"\1")
    codes = {
        spoken_code("a", call, bytes(32), bytes(32)),
        spoken_code("b", call, bytes(32), bytes(32)),
        spoken_code("a", other, bytes(32), bytes(32)),
        spoken_code("a", call, b"\1" * 32, bytes(32)),
        spoken_code("a", call, bytes(32), b"\1" * 32),
    }
    assert len(codes) == 5
    assert all(len(code) == 6 and code.isdigit() for code in codes)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s))
)
def test_anything_at_all_is_read_or_refused(value: Any) -> None:
    with pytest.raises(BodyError):
        read_statement(value)


@given(st.sampled_from(["room", "call", "gw", "expires", "gateway", "s"]), st.integers(0, 2**53 - 1))
def test_no_field_can_be_changed_under_the_signature(field: str, seed: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
    gw = X25519PrivateKey.from_private_bytes(bytes(31) + b"\1").public_key().public_bytes_raw()
    good = state_call(key, "abc-defg-hij", to_base64url(bytes(16)), gw, 1000)
    changed: dict[str, Any] = {
        "room": f"abc-{seed}",
        "call": to_base64url(seed.to_bytes(16, "little")),
        "gw": to_base64url(seed.to_bytes(32, "little")),
        "expires": seed % 3600 + 1,
        "gateway": to_base64url(seed.to_bytes(32, "little")),
        "s": to_base64url(seed.to_bytes(64, "little")),
    }
    body = {**good, field: changed[field]}
    statement = read_statement(body)
    fault = check_statement(statement, statement.room, 0)
    assert (fault is None) == (body == good)
