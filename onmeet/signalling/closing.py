"""Close codes: the table *Close codes* of PROTOCOL.md, and what each means for the participant."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Closing"]


class Closing(NamedTuple):
    """How a socket is closed: WebSocket close code (RFC 6455 §7.4) and reason."""

    code: int
    reason: str

    @property
    def final(self) -> bool:
        """Whether the browser joins afresh or never, so that its participant leaves at once."""
        return self.code in (4400, 4403, 4429)


LEFT = Closing(1000, "left")
INTERNAL = Closing(1011, "internal-error")
RESTART = Closing(1012, "restart")
UNAVAILABLE = Closing(1013, "unavailable")
PROTOCOL = Closing(4400, "protocol-error")
OVERFLOW = Closing(4400, "overflow")
FORBIDDEN = Closing(4403, "forbidden")
UNKNOWN_TOKEN = Closing(4404, "unknown-token")
TIMEOUT = Closing(4408, "timeout")
REPLACED = Closing(4409, "replaced")
ENDED = Closing(4410, "ended")
REMOVED = Closing(4411, "removed")
TURNED_AWAY = Closing(4412, "turned-away")
LOCKED = Closing(4423, "locked")
TOO_MANY = Closing(4429, "too-many")
FULL = Closing(4503, "full")
