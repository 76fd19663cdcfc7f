"""Keyed hashes by which a row is found without storing in clear what it is found by.

A mark leads back to nobody without the instance's key, and the same value gives the same mark, so that a
column with a unique index can hold it.
"""

from __future__ import annotations

import hmac

__all__ = ["mark"]


def mark(key: bytes, kind: str, value: str) -> str:
    """64 hex digits: HMAC-SHA-256 of a value, apart from those of other kinds (`account`, `meeting`)."""
    return hmac.new(key, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()
