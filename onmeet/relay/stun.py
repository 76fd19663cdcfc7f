"""STUN messages as ICE uses them (RFC 8489), read from and written to bytes.

Pure functions: nothing here opens a socket, keeps state or raises on what the network sent.
"""

from __future__ import annotations

import hmac
from binascii import crc32
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from struct import pack, unpack_from

__all__ = [
    "BINDING_ERROR",
    "BINDING_REQUEST",
    "BINDING_SUCCESS",
    "StunMessage",
    "build",
    "error_code",
    "parse",
    "xor_address",
]

COOKIE = 0x2112A442  # RFC 8489 §5
HEADER_LENGTH = 20
MAX_LENGTH = 1500
"""No check of any browser comes near; a longer one is not worth hashing."""

BINDING_REQUEST = 0x0001  # RFC 8489 §3
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

USERNAME = 0x0006  # RFC 8489 §14
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
UNKNOWN_ATTRIBUTES = 0x000A
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024  # RFC 8445 §16.1
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029

UNDERSTOOD = frozenset(
    (
        USERNAME,
        MESSAGE_INTEGRITY,
        ERROR_CODE,
        UNKNOWN_ATTRIBUTES,
        XOR_MAPPED_ADDRESS,
        PRIORITY,
        USE_CANDIDATE,
    )
)
COMPREHENSION_OPTIONAL = 0x8000  # from here on a type may be ignored (RFC 8489 §14)

FINGERPRINT_XOR = 0x5354554E  # RFC 8489 §14.7
FINGERPRINT_SIZE = 8
INTEGRITY_SIZE = 24


@dataclass(frozen=True, slots=True)
class StunMessage:
    """One message, its FINGERPRINT (RFC 8489 §14.7) already found right.

    attributes: type → value, the first of each type, none of what follows MESSAGE-INTEGRITY.
    unknown: comprehension-required types that this side does not know.
    signed: the bytes that MESSAGE-INTEGRITY covers, length field adjusted; None without it.
    """

    type: int
    transaction: bytes
    attributes: dict[int, bytes]
    unknown: tuple[int, ...]
    signed: bytes | None

    def authentic(self, key: bytes) -> bool:
        """Whether MESSAGE-INTEGRITY (RFC 8489 §14.5) is there and was made with `key`."""
        if self.signed is None:
            return False
        expected = hmac.digest(key, self.signed, "sha1")
        return hmac.compare_digest(self.attributes[MESSAGE_INTEGRITY], expected)

    @property
    def username(self) -> tuple[str, str] | None:
        """USERNAME of a check, split into (receiver's, sender's) fragment (RFC 8445 §7.2.2)."""
        value = self.attributes.get(USERNAME)
        if value is None or not value.isascii():
            return None
        local, colon, remote = value.decode("ascii").partition(":")
        return (local, remote) if colon else None


def parse(data: bytes) -> StunMessage | None:
    """Read a message; None for anything that is not STUN with a right FINGERPRINT."""
    if not HEADER_LENGTH + FINGERPRINT_SIZE <= len(data) <= MAX_LENGTH or len(data) % 4:
        return None
    kind, length, cookie = unpack_from("!HHI", data)
    if kind & 0xC000 or cookie != COOKIE or length != len(data) - HEADER_LENGTH:
        return None
    attributes: dict[int, bytes] = {}
    unknown: list[int] = []
    signed: bytes | None = None
    offset, end = HEADER_LENGTH, len(data) - FINGERPRINT_SIZE
    while offset < end:
        attribute, size = unpack_from("!HH", data, offset)
        value = data[offset + 4 : offset + 4 + size]
        if offset + 4 + size > end:
            return None
        if signed is None:
            attributes.setdefault(attribute, value)
            if attribute == MESSAGE_INTEGRITY:
                if size != INTEGRITY_SIZE - 4:
                    return None
                signed = _with_length(data[:offset], offset - HEADER_LENGTH + INTEGRITY_SIZE)
            elif attribute < COMPREHENSION_OPTIONAL and attribute not in UNDERSTOOD:
                unknown.append(attribute)
        offset += 4 + (size + 3 & ~3)
    if offset != end or not _fingerprint_right(data, end):
        return None
    return StunMessage(kind, data[8:20], attributes, tuple(unknown), signed)


def build(
    kind: int,
    transaction: bytes,
    attributes: Iterable[tuple[int, bytes]],
    key: bytes | None = None,
) -> bytes:
    """Write a message with FINGERPRINT, and with MESSAGE-INTEGRITY when `key` is given."""
    body = b"".join(_attribute(number, value) for number, value in attributes)
    data = pack("!HHI", kind, len(body), COOKIE) + transaction + body
    if key is not None:
        covered = _with_length(data, len(body) + INTEGRITY_SIZE)
        data = covered + _attribute(MESSAGE_INTEGRITY, hmac.digest(key, covered, "sha1"))
    data = _with_length(data, len(data) - HEADER_LENGTH + FINGERPRINT_SIZE)
    return data + _attribute(FINGERPRINT, pack("!I", crc32(data) ^ FINGERPRINT_XOR))


def xor_address(host: str, port: int, transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (RFC 8489 §14.2) for an IPv4 or IPv6 address."""
    packed = ip_address(host.partition("%")[0]).packed
    mask = pack("!I", COOKIE) + transaction
    masked = bytes(a ^ b for a, b in zip(packed, mask, strict=False))
    return pack("!BBH", 0, 1 if len(packed) == 4 else 2, port ^ COOKIE >> 16) + masked


def error_code(code: int, reason: str) -> bytes:
    """The value of ERROR-CODE (RFC 8489 §14.8)."""
    return pack("!HBB", 0, code // 100, code % 100) + reason.encode("ascii")


def _attribute(number: int, value: bytes) -> bytes:
    return pack("!HH", number, len(value)) + value + bytes(-len(value) % 4)


def _with_length(data: bytes, length: int) -> bytes:
    return data[:2] + pack("!H", length) + data[4:]


def _fingerprint_right(data: bytes, start: int) -> bool:
    attribute, size, value = unpack_from("!HHI", data, start)
    if attribute != FINGERPRINT or size != 4:
        return False
    return bool(crc32(data[:start]) ^ FINGERPRINT_XOR == value)
