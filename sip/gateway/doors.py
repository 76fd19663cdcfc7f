"""Which meeting a PIN belongs to: those that live now are the relay's, the others stand in the database."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Protocol

from onmeet.signalling.client import RelayUnreachable, query

__all__ = ["Doors", "KeptMeetings", "OutOfOrder"]

ASK_SECONDS = 2.0

_PIN = re.compile(r"[0-9]{6,10}")


class KeptMeetings(Protocol):
    """The meetings that people keep."""

    def by_pin(self, pin: str) -> str | None:
        """The code of the meeting with this PIN, or None."""


class OutOfOrder(Exception):
    """It cannot be told now: relay or database do not answer."""


class Doors:
    """Looks PINs up, in a thread: neither the relay nor a database may hold up other calls."""

    def __init__(self, relay_socket: Path, meetings: KeptMeetings) -> None:
        self._relay_socket = relay_socket
        self._meetings = meetings

    async def room_of(self, pin: str) -> str | None:
        """The room's code, or None for a PIN that opens nothing. Raises `OutOfOrder`."""
        if _PIN.fullmatch(pin) is None:
            return None
        return await asyncio.to_thread(self._look, pin)

    def _look(self, pin: str) -> str | None:
        try:
            answer = query(self._relay_socket, {"query": "pin", "pin": pin}, ASK_SECONDS)
            kept = self._meetings.by_pin(pin)
        except RelayUnreachable:
            raise OutOfOrder from None
        except Exception as error:  # whatever the database's driver raises
            raise OutOfOrder from error
        room = answer.get("room")
        return room if isinstance(room, str) else kept
