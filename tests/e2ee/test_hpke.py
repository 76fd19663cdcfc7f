"""HPKE against RFC 9180, against `cryptography`'s own, and against JavaScript."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hpke as theirs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from onmeet.e2ee.hpke import HpkeError, key_schedule, open_sealed, seal
from tests.e2ee.node import Node, raw_pair
from tests.e2ee.vectors import HPKE_A_1_1

V = {name: bytes.fromhex(value) for name, value in HPKE_A_1_1.items()}


def test_vector_of_the_rfc() -> None:
    recipient = X25519PrivateKey.from_private_bytes(V["skR"])
    ephemeral = X25519PrivateKey.from_private_bytes(V["skE"])
    shared = ephemeral.exchange(recipient.public_key())
    schedule = key_schedule(shared, V["pkE"], V["pkR"], V["info"])
    assert schedule.shared_secret == V["shared_secret"]
    assert schedule.key == V["key"]
    assert schedule.nonce == V["base_nonce"]
    sealed = seal(V["pkR"], V["info"], V["aad"], V["pt"], ephemeral)
    assert sealed == V["pkE"] + V["ct"]
    assert open_sealed(recipient, V["info"], V["aad"], sealed) == V["pt"]


def test_agrees_with_the_library_both_ways() -> None:
    suite = theirs.Suite(theirs.KEM.X25519, theirs.KDF.HKDF_SHA256, theirs.AEAD.AES_128_GCM)
    private = X25519PrivateKey.generate()
    public = private.public_key()
    assert open_sealed(private, b"info", b"", suite.encrypt(b"to us", public, info=b"info")) == b"to us"
    sealed = seal(public.public_bytes_raw(), b"info", b"", b"to them")
    assert suite.decrypt(sealed, private, info=b"info") == b"to them"


def test_agrees_with_javascript_both_ways(node: Node) -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    answer = node.ask("hpkeSeal", recipient=public.hex(), info="aa", aad="bb", plain=b"from script".hex())
    assert open_sealed(private, b"\xaa", b"\xbb", bytes.fromhex(answer)) == b"from script"
    sealed = seal(public, b"\xaa", b"\xbb", b"from Python")
    common = {"pair": raw_pair(private), "info": "aa", "sealed": sealed.hex()}
    assert bytes.fromhex(node.ask("hpkeOpen", aad="bb", **common)) == b"from Python"
    assert "not for this key" in node.ask("hpkeOpen", aad="cc", **common)


def test_other_data_another_key_or_other_info_do_not_open() -> None:
    private = X25519PrivateKey.generate()
    sealed = seal(private.public_key().public_bytes_raw(), b"info", b"aad", b"plain")
    for key, info, aad in (
        (private, b"info", b"other"),
        (private, b"other", b"aad"),
        (X25519PrivateKey.generate(), b"info", b"aad"),
    ):
        with pytest.raises(HpkeError):
            open_sealed(key, info, aad, sealed)


@given(st.binary(max_size=100))
def test_nothing_but_sealed_text_opens(data: bytes) -> None:
    with pytest.raises(HpkeError):
        open_sealed(X25519PrivateKey.from_private_bytes(b"k" * 32), b"", b"", data)


def test_a_point_of_small_order_is_refused() -> None:
    with pytest.raises(HpkeError):
        seal(bytes(32), b"", b"", b"plain")
