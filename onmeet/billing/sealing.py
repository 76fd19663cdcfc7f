"""The name of a customer at the provider, sealed until the customer is deleted there.

The key comes from the instance's secret, which is not in the database: a copy of the tables names nobody.
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["opened", "seal"]

_NONCE = 12  # NIST SP 800-38D §8.2.2
_PURPOSE = b"onmeet: customers at the payment provider"


def seal(secret_key: str, customer: str) -> str:
    """AES-256-GCM under a key derived from `Config.secret_key`; base64url."""
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(
        nonce + _cipher(secret_key).encrypt(nonce, customer.encode(), None)
    ).decode()


def opened(secret_key: str, sealed: str) -> str | None:
    """What was sealed, None when that was under another secret."""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        return _cipher(secret_key).decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None


def _cipher(secret_key: str) -> AESGCM:
    derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode())
    return AESGCM(derived)
