"""Challenges for passkeys: what a browser must sign, so that nothing old can be shown again.

A challenge says itself until when it is good, what for, and for which session; nothing has to be stored, and
two tabs do not get in each other's way. This process remembers those that were used for as long as they live.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable

__all__ = ["SECONDS", "Challenges", "StaleChallenge"]

SECONDS = 300
"""How long somebody may take to answer."""

_NONCE, _TIME, _SEAL = 16, 8, 32


class StaleChallenge(Exception):
    """Not ours, for something else, too old, or used already."""


class Challenges:
    """Makes and takes back challenges; thread-safe. `key` seals them."""

    def __init__(self, key: bytes, wall_clock: Callable[[], float]) -> None:
        self._key = key
        self._wall_clock = wall_clock
        self._spent: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def new(self, purpose: str) -> bytes:
        """A challenge for `purpose`, which names the use, the session, and the account where there is one."""
        ends = int(self._wall_clock()) + SECONDS
        head = secrets.token_bytes(_NONCE) + ends.to_bytes(_TIME, "big")
        return head + self._seal(head, purpose)

    def spend(self, challenge: bytes, purpose: str) -> None:
        """Take one back, once. Raises `StaleChallenge`."""
        head, seal = challenge[: _NONCE + _TIME], challenge[_NONCE + _TIME :]
        if len(challenge) != _NONCE + _TIME + _SEAL or not hmac.compare_digest(
            seal, self._seal(head, purpose)
        ):
            raise StaleChallenge
        now, ends = int(self._wall_clock()), int.from_bytes(head[_NONCE:], "big")
        with self._lock:
            self._spent = {each: end for each, end in self._spent.items() if end > now}
            if ends <= now or head in self._spent:
                raise StaleChallenge
            self._spent[head] = ends

    def _seal(self, head: bytes, purpose: str) -> bytes:
        return hmac.digest(self._key, b"challenge\0" + head + purpose.encode(), "sha256")
