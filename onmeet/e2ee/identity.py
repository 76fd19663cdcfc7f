"""Whether a hello is genuine, and who says it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.bodies import Hello
from onmeet.e2ee.derive import host_fingerprint
from onmeet.e2ee.encoding import from_base64url
from onmeet.e2ee.hpke import is_usable
from onmeet.e2ee.signing import import_public_key, is_signed
from onmeet.e2ee.voice import Voice

__all__ = ["Identity", "identify"]


@dataclass(frozen=True, slots=True)
class Identity:
    """The signing key of a hello, and whether it is the host's."""

    key: Ed25519PublicKey
    host: bool


def identify(voice: Voice, hello: Hello, probe: X25519PrivateKey) -> Identity | str:
    """The alarm to raise where the hello is by somebody without the link, or false in another way.

    `probe` is any key of ours, for trying whether the hello's public key can be used.
    """
    if not hmac.compare_digest(hello.mac, voice.mac_of(hello.raw)):
        return "no-link"
    raw = from_base64url(hello.sig, 32)
    key = import_public_key(raw)
    if not key or not is_signed(key, voice.meeting.start, hello.raw):
        return "forged"
    if not is_usable(hello.kem, probe):
        return "forged"
    return Identity(key, host_fingerprint(raw) == voice.meeting.host_fingerprint)
