"""Ed25519 over canonical bodies.

A signature names the meeting it belongs to and, by the body's `kind`, what is being said: none can be used
in another place.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from onmeet.e2ee.encoding import from_base64url, to_base64url, without
from onmeet.e2ee.labels import label

__all__ = ["Json", "import_public_key", "is_signed", "signed"]

Json = dict[str, object]

SIGNATURE_BYTES = 64


def import_public_key(raw: bytes) -> Ed25519PublicKey | None:
    """None where this is no public key."""
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        return None


def _signed_bytes(start: bytes, body: Json) -> bytes:
    return label("sign", start, without(body, "s"))


def signed(key: Ed25519PrivateKey, start: bytes, body: Json) -> Json:
    """The body with its signature `s`; `start` is the meeting's start hash."""
    return {**body, "s": to_base64url(key.sign(_signed_bytes(start, body)))}


def is_signed(key: Ed25519PublicKey, start: bytes, body: Json) -> bool:
    """Whether `s` of a body, whose shape was checked before, is by this key."""
    try:
        key.verify(from_base64url(body["s"], SIGNATURE_BYTES), _signed_bytes(start, body))
    except InvalidSignature:
        return False
    return True
