"""The secret part of a meeting's link, `1.<L>.<HF>`: it stands after the `#`, which browsers do not send."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.derive import FINGERPRINT_BYTES, host_fingerprint
from onmeet.e2ee.encoding import BodyError, from_base64url, to_base64url

__all__ = ["Link", "LinkError", "create_link", "parse_fragment"]

VERSION: Final = "1"
SECRET_BYTES: Final = 32


class LinkError(Exception):
    """What is wrong with a fragment: `code` is `missing`, `version` or `malformed`."""

    def __init__(self, code: Literal["missing", "version", "malformed"]) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Link:
    """L, which authenticates joining, and HF, which names the host's key."""

    secret: bytes
    host_fingerprint: bytes

    @property
    def fragment(self) -> str:
        """The part of the link after `#`."""
        return ".".join((VERSION, to_base64url(self.secret), to_base64url(self.host_fingerprint)))


def create_link() -> tuple[Link, Ed25519PrivateKey]:
    """A new meeting's link and its host's signing key."""
    host_key = Ed25519PrivateKey.generate()
    fingerprint = host_fingerprint(host_key.public_key().public_bytes_raw())
    return Link(os.urandom(SECRET_BYTES), fingerprint), host_key


def parse_fragment(fragment: str) -> Link:
    """Read a fragment, with or without `#`. Raises LinkError."""
    text = fragment.removeprefix("#")
    if not text:
        raise LinkError("missing")
    version, *parts = text.split(".")
    if version != VERSION:
        raise LinkError("version" if version.isascii() and version.isdigit() else "malformed")
    if len(parts) != 2:
        raise LinkError("malformed")
    try:
        return Link(from_base64url(parts[0], SECRET_BYTES), from_base64url(parts[1], FINGERPRINT_BYTES))
    except BodyError:
        raise LinkError("malformed") from None
