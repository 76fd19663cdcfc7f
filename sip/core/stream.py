"""Cutting a TCP or TLS stream into messages (RFC 3261 §18.3), with keep-alives (RFC 5626 §3.5.1)."""

from __future__ import annotations

import re

from sip.core.message import MAX_MESSAGE
from sip.core.parsing import MessageError

__all__ = ["Cutter"]

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:([^\r]*(?:\r\n[ \t][^\r]*)*)", re.IGNORECASE)


class Cutter:
    """Holds at most one unfinished message of a stream.

    Once the stream cannot be cut any more (no or a bad Content-Length, too large), `error` says why: close
    the connection. Linear in the bytes fed, however small the pieces.
    """

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self.limit = limit
        self.error: MessageError | None = None
        self.pings = 0
        """Double line breaks between messages so far: each wants one `\\r\\n` back."""
        self._buffer = bytearray()
        self._searched = 0
        self._whole: int | None = None
        self._half_ping = False

    @property
    def idle(self) -> bool:
        """Whether no message has begun: on an end of stream now, nothing was lost."""
        return not self._begun

    @property
    def _begun(self) -> bool:
        return bool(self._buffer) and self._buffer != b"\r"

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole now, in order.

        Raises MessageError when the stream is broken and nothing more could be cut; what could be cut
        before the break is returned first, with `error` already set.
        """
        if self.error is not None:
            raise self.error
        self._buffer += data
        messages: list[bytes] = []
        try:
            while (message := self._next()) is not None:
                messages.append(message)
        except MessageError as error:
            self.error = error
            self._buffer.clear()
            if not messages:
                raise
        return messages

    def _next(self) -> bytes | None:
        if self._whole is None and not self._find_whole():
            return None
        whole = self._whole
        if whole is None or len(self._buffer) < whole:
            return None
        message = bytes(self._buffer[:whole])
        del self._buffer[:whole]
        self._whole, self._searched = None, 0
        return message

    def _find_whole(self) -> bool:
        """Learn how long the message at hand is, as soon as its head is there."""
        if self._searched == 0:
            self._skip_line_breaks()
        if not self._begun:
            return False
        end = self._buffer.find(_END, max(0, self._searched - 3))
        self._searched = len(self._buffer)
        if (len(self._buffer) if end < 0 else end) > self.limit:
            raise MessageError(513, "Message Too Large")
        if end < 0:
            return False
        self._whole = end + len(_END) + _content_length(bytes(self._buffer[: end + 2]))
        if self._whole > self.limit:
            raise MessageError(513, "Message Too Large")
        return True

    def _skip_line_breaks(self) -> None:
        begin = 0
        while self._buffer.startswith(b"\r\n", begin):
            begin += 2
            self.pings += self._half_ping
            self._half_ping = not self._half_ping
        del self._buffer[:begin]
        if self._begun:
            self._half_ping = False


def _content_length(head: bytes) -> int:
    found = _LENGTH.findall(head)
    if not found:
        raise MessageError(400, "Content-Length Is Needed on a Stream")
    text = found[0].strip()
    if len(found) > 1 or not text.isdigit() or len(text) > 10:
        raise MessageError(400, "Malformed Content-Length")
    return int(text)
