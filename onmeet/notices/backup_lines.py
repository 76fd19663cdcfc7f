"""The lines of a back-up, encrypted in their order."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onmeet.errors import UserError

__all__ = ["Lines"]

_NONCE = 12


class Lines:
    """Encrypts lines in their order, so that none can be left out, added or exchanged."""

    def __init__(self, key: bytes, name: str) -> None:
        self._cipher = AESGCM(key)
        self._name = name
        self._number = 0

    def seal(self, row: list[Any]) -> str:
        """A line with a row, or with the counts at the end."""
        nonce = secrets.token_bytes(_NONCE)
        content = self._cipher.encrypt(nonce, json.dumps(row).encode(), self._about())
        return base64.b64encode(nonce + content).decode()

    def open_all(self, handle: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows; the last line must be there and agree with their number."""
        seen: dict[str, int] = {}
        for line in handle:
            name, row = self._open(line)
            if not name:
                if row == seen and not handle.readline():
                    return
                break
            seen[name] = seen.get(name, 0) + 1
            yield name, row
        raise UserError("the back-up is incomplete")

    def _open(self, line: str) -> tuple[str, dict[str, Any]]:
        try:
            raw = base64.b64decode(line.strip(), validate=True)
            name, row = json.loads(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], self._about()))
        except (InvalidTag, binascii.Error, ValueError):
            raise UserError("the back-up is damaged") from None
        return name, row

    def _about(self) -> bytes:
        self._number += 1
        return f"{self._name}/{self._number}".encode()
