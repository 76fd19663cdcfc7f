"""When to ask a publisher for a key frame (RFC 4585 §6.3.1 PLI): soon, and not too often."""

from __future__ import annotations

__all__ = ["KeyframeRequests"]

_APART = 0.5  # s between two requests for one layer


class KeyframeRequests:
    """The wish for a key frame of one layer."""

    __slots__ = ("_asked", "_wanted")

    def __init__(self) -> None:
        self._wanted = False
        self._asked = -_APART  # when the last request went out

    def want(self) -> None:
        """Somebody needs a key frame; `due` says when to ask."""
        self._wanted = True

    def due(self, now: float, waiting: bool) -> bool:
        """Whether to send a request now. waiting: somebody cannot go on without a key frame."""
        return (self._wanted or waiting) and now - self._asked >= _APART

    def asked(self, now: float) -> None:
        """A request went out."""
        self._wanted = False
        self._asked = now

    def arrived(self) -> None:
        """A key frame began: wishes from before are fulfilled."""
        self._wanted = False
