"""What a late joiner needs of the key agreement so far (PROTOCOL.md, *Key messages*). Bounded."""

from __future__ import annotations

from typing import Any

from onmeet.signalling.news import RelayKey

__all__ = ["KeyLog"]

_PER_PARTICIPANT = frozenset({"hello", "next"})
_LATEST = "epoch"


class KeyLog:
    """The last `hello` and `next` of each participant present and the last `epoch`, in order.

    So it holds at most 2 · participants + 1 messages, each within its size limit.
    """

    def __init__(self) -> None:
        # A dict keeps the order of insertion: a newer message of its kind is put at the end.
        self._entries: dict[tuple[str, int], RelayKey] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, sender: int, body: dict[str, Any]) -> None:
        """Note a key message, if it is of a kind that is kept."""
        kind = body.get("kind")
        if kind == _LATEST:
            slot = (_LATEST, -1)
        elif isinstance(kind, str) and kind in _PER_PARTICIPANT:
            slot = (kind, sender)
        else:
            return
        self._entries.pop(slot, None)
        self._entries[slot] = RelayKey(sender, body)

    def forget(self, index: int) -> None:
        """A participant left; the last `epoch` stays even when it was theirs."""
        for kind in _PER_PARTICIPANT:
            self._entries.pop((kind, index), None)

    def entries(self) -> tuple[RelayKey, ...]:
        """The log in its original order."""
        return tuple(self._entries.values())
