"""Our HPKE keys, a fresh one after each epoch."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.hpke import HpkeError, open_sealed

__all__ = ["OwnKeys"]


@dataclass(slots=True)
class _Own:
    public: bytes
    private: X25519PrivateKey
    echoed: bool = False


class OwnKeys:
    """A committer seals to the newest key that it has seen.

    So a key goes when an epoch has come after the echo of a newer one: never more than three are held,
    usually two.
    """

    def __init__(self) -> None:
        self._keys: list[_Own] = []

    def issue(self) -> bytes:
        """The public half of a new key."""
        private = X25519PrivateKey.generate()
        self._keys.append(_Own(private.public_key().public_bytes_raw(), private))
        return self._keys[-1].public

    def echoed(self, public: bytes) -> None:
        """Everybody has seen this key of ours."""
        for each in self._keys:
            each.echoed = each.echoed or each.public == public

    def settle(self) -> bool:
        """An epoch was accepted: forget what no later one can be sealed to. Says whether a new key is due."""
        newest = max((at for at, each in enumerate(self._keys) if each.echoed), default=0)
        del self._keys[:newest]
        return len(self._keys) == 1

    def open(self, info: bytes, aad: bytes, sealed: bytes) -> bytes | None:
        """None where it was sealed to none of our keys."""
        for each in self._keys:
            try:
                return open_sealed(each.private, info, aad, sealed)
            except HpkeError:
                continue
        return None
