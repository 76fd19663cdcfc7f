"""Who may come in: one pure rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from onmeet.signalling import closing
from onmeet.signalling.closing import Closing
from onmeet.signalling.ticket import Ticket

__all__ = ["INDEXES", "Door", "verdict"]

INDEXES = 1024
"""How many participants a meeting may see in its life: the KID of a frame has ten bits for the index."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the rule needs to know of a meeting.

    barred: browsers that a host removed. full: nobody else fits in. lobby: guests wait for a host.
    """

    locked: bool
    barred: frozenset[str]
    full: bool
    lobby: bool


def verdict(ticket: Ticket, door: Door) -> Closing | Literal["in", "wait"]:
    """Whether the bearer of the ticket comes in, waits, or why they stay outside.

    Hosts pass a locked door and are never barred: a host who removed a second window of their own
    browser must not lose the meeting.
    """
    guest = ticket.role == "guest"
    if guest and ticket.browser in door.barred:
        return closing.REMOVED
    if guest and door.locked:
        return closing.LOCKED
    if door.full:
        return closing.FULL
    return "wait" if guest and door.lobby else "in"
