"""Which stored meetings a telephone reaches: those whose owners' plans have it, and whose groups want it."""

from __future__ import annotations

from onmeet import clock
from onmeet.billing.entitlements import Entitlements
from onmeet.groups.service import Groups
from onmeet.meetings.service import Meetings

__all__ = ["ReachableMeetings"]


class ReachableMeetings:
    """Finds meetings by their PINs for the telephone gateway."""

    def __init__(self, meetings: Meetings, entitlements: Entitlements, groups: Groups) -> None:
        self._meetings = meetings
        self._entitlements = entitlements
        self._groups = groups

    def by_pin(self, pin: str) -> str | None:
        """The code of the meeting that the PIN opens; None, too, where its owner has no telephone."""
        code = self._meetings.by_pin(pin)
        dial = self._meetings.dial(code) if code is not None else None
        if dial is None or not self._groups.policy_of(dial.owner).telephone:
            return None
        return code if self._entitlements.of(dial.owner, clock.now()).telephone else None
