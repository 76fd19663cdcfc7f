"""Kept text under the key of the row's data subject: with the key destroyed, every copy of it is noise.

A sealed value reads `s1.<subject>.<nonce and ciphertext, base64url>`: AES-256-GCM, bound to its table and
column. `-` and the rest of a key's name may follow the subject's. Dates and counts are not sealed: without
the key they say nothing about anybody. Sealed columns cannot be compared with anything: rows are found by
marks (`onmeet.notices.marks`).
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onmeet.config import Config
from onmeet.errors import NotPermitted
from onmeet.notices.key_names import subject_of
from onmeet.notices.keys import KeyStore
from onmeet.notices.owned import Opened, Owned

__all__ = ["SealBroken", "Sealer", "is_sealed", "key_name", "wanted"]

_NONCE = 12
_SUBJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEALED = re.compile(r"s1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{38,})")  # nonce and tag alone make 38

Process = Callable[[Any], Any]


class SealBroken(RuntimeError):
    """A stored value was changed, cut, or moved to another place."""


class Sealer:
    """Seals and opens single values; the `Sealing` of a gate. Thread-safe."""

    def __init__(self, keys: KeyStore) -> None:
        self.keys = keys

    def seal(self, subject: str, table: str, column: str, text: str) -> str:
        """Text as it is to be stored, under the subject's key or another one that is named as `subject`.

        Raises `SubjectErased` when the subject's key was destroyed.
        """
        if _SUBJECT.fullmatch(subject) is None:
            raise ValueError("the name of a data subject has 1 to 64 letters, digits, - and _")
        key = self.keys.get(subject) or self.keys.ensure([subject])[subject]
        nonce = secrets.token_bytes(_NONCE)
        content = AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), _place(table, column))
        return f"s1.{subject}.{base64.urlsafe_b64encode(nonce + content).decode().rstrip('=')}"

    def open(self, table: str, column: str, stored: str) -> Opened | None:
        """What was sealed, or None when its key is destroyed. Raises `SealBroken`."""
        found = _SEALED.fullmatch(stored)
        if found is None:
            raise SealBroken(f"{table}.{column} holds a value that is not sealed, or only a piece of one")
        subject = found[1]
        key = self.keys.get(subject)
        if key is None:
            return None
        content = _decode(found[2])
        for candidate in self._candidates(subject, key):
            try:
                text = AESGCM(candidate).decrypt(content[:_NONCE], content[_NONCE:], _place(table, column))
            except InvalidTag:
                continue
            return Opened(text.decode("utf-8", "surrogatepass"), subject_of(subject))
        raise SealBroken(f"{table}.{column} holds a value that was changed or comes from elsewhere")

    def is_newest(self, table: str, column: str, stored: str) -> bool:
        """Whether a value lies under the key that seals for its subject now."""
        found = _SEALED.fullmatch(stored)
        key = self.keys.get(found[1]) if found is not None else None
        if found is None or key is None:
            return False
        content = _decode(found[2])
        try:
            AESGCM(key).decrypt(content[:_NONCE], content[_NONCE:], _place(table, column))
        except InvalidTag:
            return False
        return True

    def _candidates(self, subject: str, newest: bytes) -> Iterator[bytes]:
        yield newest
        yield from self.keys.older(subject)  # rarely asked

    def binding(self, table: str, column: str) -> Process:
        """Seals what is written to a column. Text that does not know its subject is refused."""

        def process(value: Any) -> str | None:
            if value is None:
                return None
            if not isinstance(value, Owned):
                raise NotPermitted(
                    f"{table}.{column} is sealed, and this statement does not say whose data it writes: "
                    "change the object, insert with the subject's column, or give Owned(text, subject)"
                )
            return self.seal(value.subject, table, column, value)

        return process

    def comparing(self, table: str, column: str) -> Process:
        """Refuses: equal values are not equal when they are sealed."""

        def process(value: Any) -> None:
            if value is not None:
                raise NotPermitted(
                    f"{table}.{column} is sealed and cannot be compared: find rows by a mark of the value "
                    "(onmeet.notices.marks)"
                )

        return process

    def reading(self, table: str, column: str) -> Process:
        """Opens what is read from a column."""
        return lambda stored: None if stored is None else self.open(table, column, stored)


def is_sealed(stored: str, subject: str) -> bool:
    """Whether a stored value is sealed for a subject, by its looks."""
    name = key_name(stored)
    return name is not None and subject_of(name) == subject


def key_name(stored: str) -> str | None:
    """The name of the key under which a stored value lies; None when it is not sealed."""
    found = _SEALED.fullmatch(stored)
    return found[1] if found is not None else None


def wanted(config: Config) -> bool:
    """Whether values are sealed in the database itself; in back-ups they always are."""
    return config.seal == "always" or not config.database_url.startswith("sqlite:")


def _place(table: str, column: str) -> bytes:
    return f"{table}.{column}".encode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise SealBroken("a sealed value is cut") from None
