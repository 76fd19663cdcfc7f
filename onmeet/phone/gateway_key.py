"""The telephone gateway's own signing key: Ed25519, made at the first start.

It says "this call is one of mine" and opens nothing. Browsers remember its fingerprint, so it stays the same
as long as its file does.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from onmeet.config import Config
from onmeet.e2ee.calls import gateway_fingerprint, state_call
from onmeet.e2ee.signing import Json
from onmeet.errors import ConfigError
from onmeet.keyfiles import read_or_make

__all__ = ["GatewayKey"]


class GatewayKey:
    """Signs statements about calls. Lives in the gateway process alone, never in a meeting's."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    @classmethod
    def of(cls, config: Config) -> GatewayKey:
        """The key of an instance, made when there is none. Raises ConfigError."""
        return cls.load(config.keys / "gateway.pem")

    @classmethod
    def load(cls, file: Path) -> GatewayKey:
        """The key in a file, made when there is none. Raises ConfigError."""
        try:
            key = load_pem_private_key(read_or_make(file, _new_key).encode("ascii"), None)
        except (OSError, ValueError):
            raise ConfigError(f"ONMEET_KEYS: {file.name}, which signs for calls, cannot be read") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(f"ONMEET_KEYS: {file.name} must hold an Ed25519 key")
        return cls(key)

    @property
    def fingerprint(self) -> str:
        """As browsers show it."""
        return gateway_fingerprint(self.public)

    def state(self, room: str, call: str, gw: bytes, expires: int) -> Json:
        """The signed statement about one call; raises BodyError."""
        return state_call(self._private, room, call, gw, expires)


def _new_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
