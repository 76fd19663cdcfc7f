"""What is drawn from the link and from an epoch's secret (docs/e2ee.md, Schedule)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from onmeet.e2ee.encoding import u32
from onmeet.e2ee.labels import BASE_BYTES, CLASS_NAMES, FrameClass, label
from onmeet.e2ee.sframe import hkdf_expand, hkdf_extract

__all__ = [
    "Bases",
    "base_key",
    "base_keys",
    "confirmation",
    "hello_mac",
    "hkdf",
    "host_fingerprint",
    "join_key",
    "safety_code",
    "start_hash",
]

Bases = dict[FrameClass, bytes]

FINGERPRINT_BYTES: Final = 16


def hkdf(ikm: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 with an empty salt (RFC 5869)."""
    return hkdf_expand("sha256", hkdf_extract("sha256", b"", ikm), info, length)


def start_hash(room: str, instance: str) -> bytes:
    """Where a meeting's transcript starts; it names the meeting in every signature, too."""
    return hashlib.sha256(label("start", f"{room}\0{instance}".encode())).digest()


def host_fingerprint(public_key: bytes) -> bytes:
    """HF of the link: 16 bytes of the hash of the host's raw Ed25519 key."""
    return hashlib.sha256(label("host", public_key)).digest()[:FINGERPRINT_BYTES]


def join_key(secret: bytes, room: str) -> bytes:
    """The key under which a hello proves to know the link."""
    return hkdf(secret, label("join", room.encode()), 32)


def hello_mac(key: bytes, start: bytes, unsigned: bytes) -> bytes:
    """`mac` of a hello; `unsigned` is its canonical form without `mac` and `s`."""
    return hmac.digest(key, start + unsigned, "sha256")


def base_key(secret: bytes, room: str, n: int, frame_class: FrameClass) -> bytes:
    """The base key of one class; SFrame draws the key of each sender from it."""
    return hkdf(secret, label(CLASS_NAMES[frame_class], room.encode(), u32(n)), BASE_BYTES)


def base_keys(secret: bytes, room: str, n: int) -> Bases:
    """The base keys of all classes."""
    return {each: base_key(secret, room, n, each) for each in FrameClass}


def confirmation(secret: bytes, room: str, n: int, prev: bytes) -> bytes:
    """What proves to an epoch's members that they all opened the same secret."""
    return hkdf(secret, label("confirm", room.encode(), u32(n), prev), BASE_BYTES)


def safety_code(secret: bytes, room: str, n: int, th: bytes) -> str:
    """Six groups of five digits, the same for all who hold this epoch's secret and transcript."""
    drawn = hkdf(secret, label("code", room.encode(), u32(n), th), 30)
    groups = (int.from_bytes(drawn[at : at + 5], "big") % 100_000 for at in range(0, 30, 5))
    return " ".join(f"{group:05}" for group in groups)
