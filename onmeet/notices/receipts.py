"""Deletion receipts: what was deleted after a meeting, signed by the instance; about categories, not people.

    body       canonical JSON: UTF-8, keys in order, no spaces (`canonical`)
    signature  Ed25519 (RFC 8032) over exactly the bytes of the body; base64url (RFC 4648 §5) with padding
    key        of this instance, made at the first start, in `receipts.pem` beside the other keys

`docs/receipts.md` shows the format and how to check one without any of this software.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from sqlalchemy.orm import Session

from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.keyfiles import read_or_make
from onmeet.notices.models import Receipt
from onmeet.notices.notice import Notice

__all__ = ["SCHEMA", "InstanceKey", "Issued", "Looked", "Receipts", "canonical", "check", "fingerprint"]

SCHEMA = "onmeet-receipt-1"


@dataclass(frozen=True, slots=True)
class Looked:
    """One store that was looked at, with the result in a few words. categories: how many values went."""

    store: str
    result: str
    categories: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt. id: the hash of the live room's random name."""

    id: str
    at: datetime
    body: str
    signature: str


class InstanceKey:
    """The key with which this instance signs."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_pem = (
            private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
        )

    @classmethod
    def of(cls, config: Config) -> InstanceKey:
        """The key of an instance, made when there is none. Raises ConfigError."""
        return cls.load(config.keys / "receipts.pem")

    @classmethod
    def load(cls, file: Path) -> InstanceKey:
        """The key in a file, made when there is none. Raises ConfigError."""
        try:
            key = load_pem_private_key(read_or_make(file, _new_key).encode("ascii"), None)
        except (OSError, ValueError):
            raise ConfigError(f"ONMEET_KEYS: {file.name}, which signs receipts, cannot be read") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(f"ONMEET_KEYS: {file.name} must hold an Ed25519 key")
        return cls(key)

    @property
    def fingerprint(self) -> str:
        """What a receipt calls this key."""
        return fingerprint(self.public_pem)

    def sign(self, body: str) -> str:
        """The signature of a body, base64url."""
        return base64.urlsafe_b64encode(self._private.sign(body.encode())).decode("ascii")


class Receipts:
    """Makes receipts and finds them again."""

    def __init__(self, database: Database, key: InstanceKey, notice: Notice) -> None:
        self._database = database
        self._key = key
        self._notice = notice

    @property
    def public_key(self) -> str:
        """The instance's public key, PEM."""
        return self._key.public_pem

    def issue(
        self,
        receipt_id: str,
        now: datetime,
        looked: Sequence[Looked],
        kept: Mapping[str, datetime | None] | None = None,
    ) -> Issued:
        """Sign and store a receipt; the one that there is already stays as it is.

        kept: categories that the notice keeps, and until when (None: until something happens).
        """
        body = canonical(self._statement(receipt_id, now, looked, kept or {}))
        issued = Issued(receipt_id, now, body, self._key.sign(body))
        with self._database.writing() as session:
            present = session.get(Receipt, receipt_id)
            if present is not None:
                return _issued(present)
            session.add(Receipt(id=issued.id, at=now, body=body, signature=issued.signature))
        return issued

    def find(self, receipt_id: str) -> Issued | None:
        """A receipt by its id, or None: never issued, or its 30 days are over."""
        with self._database.reading() as session:
            return find(session, receipt_id)

    def _statement(
        self,
        receipt_id: str,
        now: datetime,
        looked: Sequence[Looked],
        kept: Mapping[str, datetime | None],
    ) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "id": receipt_id,
            "at": _utc(now),
            "key": self._key.fingerprint,
            "notice": {"name": self._notice.name, "version": self._notice.version},
            "stores": [_store(store) for store in looked],
            "kept": [
                {"category": category, "until": None if until is None else _utc(until)}
                for category, until in sorted(kept.items())
            ],
        }


def find(session: Session, receipt_id: str) -> Issued | None:
    """A receipt by its id."""
    row = session.get(Receipt, receipt_id)
    return None if row is None else _issued(row)


def canonical(statement: Mapping[str, Any]) -> str:
    """One spelling for one statement: keys in order, no spaces, no escapes but those that JSON needs."""
    return json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(public_key: str) -> str:
    """The name of a public key (PEM): SHA-256 of its DER form (SubjectPublicKeyInfo), in hex.

    Raises ValueError for anything else than an Ed25519 public key.
    """
    der = _public(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def check(body: str, signature: str, public_key: str) -> bool:
    """Whether the instance with this public key (PEM) signed exactly this body. Bad input: False."""
    try:
        raw = base64.b64decode(signature.strip().encode("ascii"), altchars=b"-_", validate=True)
        _public(public_key).verify(raw, body.encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _public(pem: str) -> Ed25519PublicKey:
    key = load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    return key


def _new_key() -> str:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _store(looked: Looked) -> dict[str, Any]:
    said: dict[str, Any] = {"store": looked.store, "result": looked.result}
    if looked.categories:
        said["categories"] = dict(looked.categories)
    return said


def _issued(row: Receipt) -> Issued:
    at = row.at if row.at.tzinfo is not None else row.at.replace(tzinfo=UTC)
    return Issued(row.id, at, row.body, row.signature)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
