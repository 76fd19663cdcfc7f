"""SFrame (RFC 9605): headers, cipher suites, one frame at a time.

OnMeet uses suite 4 (AES-128-GCM with SHA-256) only; the others are here because one table serves them all
and the published test vectors then prove the key derivation in every size. Suites 6 to 8 (AES-256-CTR with
SHA-512) come from the working group's vectors, not from the RFC.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

__all__ = [
    "SUITES",
    "SUITE_ID",
    "FrameError",
    "FrameKey",
    "Header",
    "Suite",
    "decode_header",
    "encode_header",
]

COUNTER_MAX: Final = 2**64 - 1


class FrameError(Exception):
    """A frame that cannot be opened; `reason` is `malformed` or `tag`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of RFC 9605 §4.5; sizes in bytes. `auth` is 0 for AEAD ciphers."""

    hash_name: str
    enc: int
    auth: int
    tag: int


SUITES: Final = {
    1: Suite("sha256", 16, 32, 10),
    2: Suite("sha256", 16, 32, 8),
    3: Suite("sha256", 16, 32, 4),
    4: Suite("sha256", 16, 0, 16),
    5: Suite("sha512", 32, 0, 16),
    6: Suite("sha512", 32, 64, 10),
    7: Suite("sha512", 32, 64, 8),
    8: Suite("sha512", 32, 64, 4),
}
SUITE_ID: Final = 4
NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Header:
    """A decoded SFrame header and the number of bytes it took."""

    kid: int
    counter: int
    size: int


def _field(value: int) -> tuple[int, bytes]:
    """The 4-bit half of the config byte and the bytes that follow it (RFC 9605 §4.3)."""
    if value < 8:
        return value, b""
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return 8 | len(data) - 1, data


def encode_header(kid: int, counter: int) -> bytes:
    """The shortest header for this key identifier and counter, 1 to 17 bytes."""
    if not (0 <= kid <= COUNTER_MAX and 0 <= counter <= COUNTER_MAX):
        raise ValueError("KID and counter are unsigned 64-bit numbers")
    kid_bits, kid_bytes = _field(kid)
    counter_bits, counter_bytes = _field(counter)
    return bytes([kid_bits << 4 | counter_bits]) + kid_bytes + counter_bytes


def decode_header(data: bytes | bytearray | memoryview, offset: int = 0) -> Header | None:
    """The header that starts at `offset`, or None where the data ends too early.

    Encodings longer than needed are refused: the header is authenticated, and one number has one form.
    """
    if offset >= len(data):
        return None
    config = data[offset]
    at = offset + 1
    numbers = []
    for half in (config >> 4, config & 15):
        if half < 8:
            numbers.append(half)
            continue
        length = (half & 7) + 1
        field = data[at : at + length]
        if len(field) < length or (field[0] == 0 if length > 1 else field[0] < 8):
            return None
        numbers.append(int.from_bytes(field, "big"))
        at += length
    return Header(numbers[0], numbers[1], at - offset)


def hkdf_extract(hash_name: str, salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract (RFC 5869 §2.2)."""
    size = hashlib.new(hash_name).digest_size
    return hmac.digest(salt or bytes(size), ikm, hash_name)


def hkdf_expand(hash_name: str, prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869 §2.3)."""
    out, block = b"", b""
    for count in range(1, 256):
        if len(out) >= length:
            break
        block = hmac.digest(prk, block + info + bytes([count]), hash_name)
        out += block
    return out[:length]


class FrameKey:
    """The key and salt of one KID; seals and opens single frames and keeps no counter."""

    __slots__ = ("_aead", "_auth", "_enc", "_suite", "key", "kid", "salt", "secret")

    def __init__(self, base_key: bytes, kid: int, suite_id: int = SUITE_ID) -> None:
        suite = SUITES[suite_id]
        tail = kid.to_bytes(8, "big") + suite_id.to_bytes(2, "big")
        self.kid = kid
        self.secret = hkdf_extract(suite.hash_name, b"", base_key)
        self.key = hkdf_expand(
            suite.hash_name, self.secret, b"SFrame 1.0 Secret key " + tail, suite.enc + suite.auth
        )
        self.salt = hkdf_expand(suite.hash_name, self.secret, b"SFrame 1.0 Secret salt " + tail, NONCE_BYTES)
        self._suite = suite
        self._enc, self._auth = self.key[: suite.enc], self.key[suite.enc :]
        self._aead = None if suite.auth else AESGCM(self.key)

    def nonce(self, counter: int) -> bytes:
        """Salt XOR counter (RFC 9605 §4.4.3)."""
        return (int.from_bytes(self.salt, "big") ^ counter).to_bytes(NONCE_BYTES, "big")

    def seal(self, counter: int, data: bytes, metadata: bytes = b"") -> bytes:
        """Header ‖ ciphertext ‖ tag; the header and the metadata are authenticated."""
        header = encode_header(self.kid, counter)
        aad, nonce = header + metadata, self.nonce(counter)
        if self._aead is not None:
            return header + self._aead.encrypt(nonce, data, aad)
        sealed = self._stream(nonce, data)
        return header + sealed + self._tag(nonce, aad, sealed)

    def open(self, header: Header, data: bytes, metadata: bytes = b"") -> bytes:
        """The plain frame from header ‖ ciphertext ‖ tag; raises `FrameError("tag")`."""
        aad, nonce = data[: header.size] + metadata, self.nonce(header.counter)
        body = data[header.size :]
        if self._aead is not None:
            try:
                return self._aead.decrypt(nonce, body, aad)
            except InvalidTag:
                raise FrameError("tag") from None
        sealed, tag = body[: -self._suite.tag], body[-self._suite.tag :]
        if not hmac.compare_digest(tag, self._tag(nonce, aad, sealed)):
            raise FrameError("tag")
        return self._stream(nonce, sealed)

    def _stream(self, nonce: bytes, data: bytes) -> bytes:
        cipher = Cipher(AES(self._enc), CTR(nonce + bytes(4))).encryptor()
        return cipher.update(data) + cipher.finalize()

    def _tag(self, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
        """RFC 9605 §4.5.1: lengths, nonce, additional data and ciphertext under HMAC, cut short."""
        sizes = b"".join(n.to_bytes(8, "big") for n in (len(aad), len(sealed), self._suite.tag))
        mac = hmac.digest(self._auth, sizes + nonce + aad + sealed, self._suite.hash_name)
        return mac[: self._suite.tag]
