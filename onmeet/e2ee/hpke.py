"""HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.

Our own, because the public interface of `cryptography`'s HPKE takes no additional data.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onmeet.e2ee.encoding import u16
from onmeet.e2ee.sframe import hkdf_expand

__all__ = ["OVERHEAD_BYTES", "PUBLIC_KEY_BYTES", "HpkeError", "is_usable", "open_sealed", "seal"]

VERSION: Final = b"HPKE-v1"
KEM_SUITE: Final = b"KEM" + u16(0x0020)
SUITE: Final = b"HPKE" + u16(0x0020) + u16(0x0001) + u16(0x0001)
PUBLIC_KEY_BYTES: Final = 32
OVERHEAD_BYTES: Final = PUBLIC_KEY_BYTES + 16
"""What sealing adds: the encapsulated key and the tag."""


class HpkeError(Exception):
    """The sealed text, the key or the public key is not good."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """RFC 9180 §5.1, what a single message needs of it."""

    shared_secret: bytes
    key: bytes
    nonce: bytes


def _extract(suite: bytes, salt: bytes, name: bytes, ikm: bytes) -> bytes:
    """LabeledExtract (RFC 9180 §4)."""
    return hmac.digest(salt or bytes(32), VERSION + suite + name + ikm, "sha256")


def _expand(suite: bytes, prk: bytes, name: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (RFC 9180 §4)."""
    return hkdf_expand("sha256", prk, u16(length) + VERSION + suite + name + info, length)


def _diffie_hellman(private: X25519PrivateKey, public: bytes) -> bytes:
    """Raises HpkeError for points of small order, too (RFC 9180 §7.1.4)."""
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise HpkeError("public key") from None


def is_usable(public: bytes, probe: X25519PrivateKey) -> bool:
    """Whether sealing to this key can work; every member must come to the same answer."""
    try:
        _diffie_hellman(probe, public)
    except HpkeError:
        return False
    return True


def key_schedule(shared: bytes, enc: bytes, recipient: bytes, info: bytes) -> Schedule:
    """The AEAD key and the nonce of the first and only message (RFC 9180 §4.1 and §5.1)."""
    eae_prk = _extract(KEM_SUITE, b"", b"eae_prk", shared)
    shared_secret = _expand(KEM_SUITE, eae_prk, b"shared_secret", enc + recipient, 32)
    psk_id_hash = _extract(SUITE, b"", b"psk_id_hash", b"")
    info_hash = _extract(SUITE, b"", b"info_hash", info)
    context = b"\0" + psk_id_hash + info_hash
    secret = _extract(SUITE, shared_secret, b"secret", b"")
    key = _expand(SUITE, secret, b"key", context, 16)
    nonce = _expand(SUITE, secret, b"base_nonce", context, 12)
    return Schedule(shared_secret, key, nonce)


def seal(
    recipient: bytes,
    info: bytes,
    aad: bytes,
    plain: bytes,
    ephemeral: X25519PrivateKey | None = None,
) -> bytes:
    """Encapsulated key ‖ ciphertext ‖ tag, for the holder of `recipient`'s private key.

    `ephemeral` is for test vectors only. Raises HpkeError where `recipient` is no usable key.
    """
    private = ephemeral or X25519PrivateKey.generate()
    enc = private.public_key().public_bytes_raw()
    schedule = key_schedule(_diffie_hellman(private, recipient), enc, recipient, info)
    return enc + AESGCM(schedule.key).encrypt(schedule.nonce, plain, aad)


def open_sealed(private: X25519PrivateKey, info: bytes, aad: bytes, sealed: bytes) -> bytes:
    """What `seal` was given. Raises HpkeError."""
    if len(sealed) < OVERHEAD_BYTES:
        raise HpkeError("too short")
    enc, body = sealed[:PUBLIC_KEY_BYTES], sealed[PUBLIC_KEY_BYTES:]
    recipient = private.public_key().public_bytes_raw()
    schedule = key_schedule(_diffie_hellman(private, enc), enc, recipient, info)
    try:
        return AESGCM(schedule.key).decrypt(schedule.nonce, body, aad)
    except InvalidTag:
        raise HpkeError("not for this key") from None
