"""The secret that a group has with its own sign-in service, as it lies in the database: sealed.

The key comes from the instance's secret, which is not in the database: a copy of the tables alone opens
nothing. Each sealed text names its group, so that it cannot be moved to another one.
"""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["CannotOpen", "open", "seal"]

_NONCE = 12  # NIST SP 800-38D §8.2.2
_PURPOSE = b"onmeet: secrets of groups at their sign-in services"


class CannotOpen(Exception):
    """It was sealed under another SECRET_KEY, or for another group: its administrators must set it anew."""


def seal(secret_key: str, group_id: int, text: str) -> str:
    """AES-256-GCM under a key derived from `Config.secret_key`; base64url. Empty text stays empty."""
    if not text:
        return ""
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(_key(secret_key)).encrypt(nonce, text.encode(), _about(group_id))
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def open(secret_key: str, group_id: int, sealed: str) -> str:
    """What was sealed. Raises `CannotOpen`."""
    if not sealed:
        return ""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        return AESGCM(_key(secret_key)).decrypt(raw[:_NONCE], raw[_NONCE:], _about(group_id)).decode()
    except (ValueError, InvalidTag):
        raise CannotOpen from None


def _key(secret_key: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret_key.encode())  # RFC 5869


def _about(group_id: int) -> bytes:
    return str(group_id).encode()
