"""The ticket: what the web process says about a browser that it lets through to the relay.

The Unix socket between the two has mode 0600, so the file system is the authority and nothing is signed.
A ticket holds no name, account or address: only what the relay must know to run the door.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from onmeet.errors import ProtocolError

__all__ = ["TICKET_SECONDS", "Role", "Ticket"]

Role = Literal["host", "guest"]

TICKET_SECONDS = 10.0
"""How long a ticket is good for; it is used at once, on the same machine."""

_ROOM = re.compile(r"[a-z0-9-]{1,64}")
_BROWSER = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to knock at one room.

    room: the meeting's code. browser: an opaque random id of the browser's session, by which a removed
    guest is kept out. limit: most participants in the meeting. expires: unix seconds.
    """

    room: str
    role: Role
    browser: str
    limit: int
    expires: float

    def to_json(self) -> bytes:
        """The ticket as it crosses the Unix socket."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes, *, now: float) -> Ticket:
        """Read and check a ticket; `now` is unix seconds. Raises ProtocolError `bad-ticket`."""
        try:
            fields = json.loads(data)
        except (ValueError, RecursionError):
            raise ProtocolError("bad-ticket", "not JSON") from None
        if not isinstance(fields, dict) or not _well_formed(fields):
            raise ProtocolError("bad-ticket", "a field is missing or ill-typed")
        ticket = cls(**{name: fields[name] for name in cls.__slots__})
        if ticket.expires < now:
            raise ProtocolError("bad-ticket", "expired")
        return ticket


def _well_formed(fields: dict[str, Any]) -> bool:
    room, browser = fields.get("room"), fields.get("browser")
    limit, expires = fields.get("limit"), fields.get("expires")
    return (
        isinstance(room, str)
        and _ROOM.fullmatch(room) is not None
        and fields.get("role") in ("host", "guest")
        and isinstance(browser, str)
        and _BROWSER.fullmatch(browser) is not None
        and type(limit) is int
        and 1 <= limit <= 1024
        and type(expires) in (int, float)
        and cast(float, expires) == expires  # not NaN
    )
