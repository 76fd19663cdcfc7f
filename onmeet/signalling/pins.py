"""PINs of ad-hoc meetings: made when the meeting comes to life, gone with it, in memory alone."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from onmeet.meetings.pins import AD_HOC_DIGITS, new_pin

__all__ = ["Pins"]


class Pins:
    """Which live room a PIN opens.

    PINs are looked up by keyed digests of one length, so that the time of an answer says nothing about how
    much of a guess was right.
    """

    def __init__(self, mint: Callable[[], str] = lambda: new_pin(AD_HOC_DIGITS)) -> None:
        self._mint = mint
        self._key = secrets.token_bytes(32)
        self._rooms: dict[bytes, str] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def take(self, room: str) -> str:
        """A PIN for a room, unlike that of any other."""
        while (digest := self._digest(pin := self._mint())) in self._rooms:
            pass
        self._rooms[digest] = room
        return pin

    def release(self, pin: str) -> None:
        """The room is gone, and with it its PIN. Unknown ones are ignored."""
        self._rooms.pop(self._digest(pin), None)

    def room(self, pin: str) -> str | None:
        """The room that a PIN opens, or None."""
        return self._rooms.get(self._digest(pin))

    def _digest(self, pin: str) -> bytes:
        return hashlib.blake2b(pin.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()
