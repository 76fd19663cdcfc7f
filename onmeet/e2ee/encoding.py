"""Bytes, text and the canonical form of key messages."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

__all__ = ["BodyError", "canonical", "from_base64url", "to_base64url", "u16", "u32", "whole", "without"]

MAX_SAFE: Final = 2**53 - 1
"""The greatest whole number that every JSON reader keeps exact."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
# Printable ASCII without quote and backslash: one text, one JSON form, in every language.
_PLAIN = re.compile(r"[ !#-\[\]-~]*")


class BodyError(Exception):
    """A key message, or a part of one, that breaks docs/e2ee.md."""


def u16(value: int) -> bytes:
    """Two bytes, big endian."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Four bytes, big endian."""
    return value.to_bytes(4, "big")


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: object, length: int) -> bytes:
    """The bytes of a text that stands for exactly `length` of them, in its one valid spelling.

    Raises BodyError.
    """
    if not isinstance(text, str) or len(text) != -(-length * 4 // 3):
        raise BodyError("base64url")
    if not _BASE64URL.fullmatch(text):
        raise BodyError("base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise BodyError("base64url") from None
    # Spare low bits in the last character would give one value several spellings.
    if to_base64url(data) != text:
        raise BodyError("base64url")
    return data


def whole(value: object) -> int | None:
    """A whole number from 0 to 2^53 - 1, in whichever way JSON spelled it (`1`, `1.0`); else None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE:
        return value
    return None


def canonical(value: object) -> str:
    """The one JSON text of objects, arrays, plain ASCII strings and whole numbers.

    Keys in code-point order, no white space. This is what is signed and hashed. Raises BodyError.
    """
    if (number := whole(value)) is not None:
        return str(number)
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{','.join(canonical(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = sorted(value.items())
        return f"{{{','.join(f'{canonical(key)}:{canonical(item)}' for key, item in pairs)}}}"
    raise BodyError("not canonical")


def without(body: dict[str, object], *fields: str) -> bytes:
    """`body` less the named fields, in canonical form."""
    return canonical({key: item for key, item in body.items() if key not in fields}).encode()
