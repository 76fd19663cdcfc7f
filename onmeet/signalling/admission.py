"""Who may come in: one pure rule. (A lobby adds a third answer here: wait.)"""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.signalling import closing
from onmeet.signalling.closing import Closing
from onmeet.signalling.ticket import Ticket

__all__ = ["INDEXES", "Door", "refusal"]

INDEXES = 1024
"""How many participants a meeting may see in its life: the KID of a frame has ten bits for the index."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the rule needs to know of a meeting.

    barred: browsers that a host removed. next_index: the index that the next participant gets.
    """

    locked: bool
    barred: frozenset[str]
    present: int
    next_index: int


def refusal(ticket: Ticket, door: Door) -> Closing | None:
    """Why the bearer of the ticket stays outside, or None when they come in.

    Hosts pass a locked door and are never barred: a host who removed a second window of their own
    browser must not lose the meeting.
    """
    guest = ticket.role == "guest"
    if guest and ticket.browser in door.barred:
        return closing.REMOVED
    if guest and door.locked:
        return closing.LOCKED
    if door.present >= ticket.limit or door.next_index >= INDEXES:
        return closing.FULL
    return None
