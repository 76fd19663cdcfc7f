"""What was sent and not yet acknowledged, kept for a socket that breaks."""

from __future__ import annotations

from collections import deque

__all__ = ["ResendBuffer"]


class ResendBuffer:
    """Sent messages in order, by number; bounded as PROTOCOL.md says.

    The oldest message does not count towards the bytes: a `welcome` into a big meeting may be longer
    than the whole buffer and must still get through.
    """

    MESSAGES = 512
    BYTES = 1024 * 1024

    def __init__(self) -> None:
        self._texts: deque[bytes] = deque()
        self._first = 1
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def last(self) -> int:
        """The number of the latest message; 0 before the first."""
        return self._first + len(self._texts) - 1

    @property
    def acknowledged(self) -> int:
        """The highest number that the other side is known to have."""
        return self._first - 1

    @property
    def size(self) -> int:
        """What is kept, in bytes."""
        return self._bytes

    @property
    def overflown(self) -> bool:
        """Whether more is kept than the bounds allow."""
        oldest = len(self._texts[0]) if self._texts else 0
        return len(self._texts) > self.MESSAGES or self._bytes - oldest > self.BYTES

    def append(self, text: bytes) -> None:
        """Keep the message with the number `last` + 1."""
        self._texts.append(text)
        self._bytes += len(text)

    def acknowledge(self, seq: int) -> bool:
        """Forget everything up to `seq`; False when that number was never sent."""
        if seq > self.last:
            return False
        while self._first <= seq:
            self._bytes -= len(self._texts.popleft())
            self._first += 1
        return True

    def texts(self) -> tuple[bytes, ...]:
        """Everything unacknowledged, oldest first."""
        return tuple(self._texts)

    def clear(self) -> None:
        """Forget the texts, keep the count."""
        self._first += len(self._texts)
        self._texts.clear()
        self._bytes = 0
