"""Which stored meetings a telephone reaches: those whose owners' plans have it."""

from __future__ import annotations

from onmeet import clock
from onmeet.billing.entitlements import Entitlements
from onmeet.meetings.service import Meetings

__all__ = ["ReachableMeetings"]


class ReachableMeetings:
    """Finds meetings by their PINs for the telephone gateway."""

    def __init__(self, meetings: Meetings, entitlements: Entitlements) -> None:
        self._meetings = meetings
        self._entitlements = entitlements

    def by_pin(self, pin: str) -> str | None:
        """The code of the meeting that the PIN opens; None, too, where the owner's plan has no telephone."""
        code = self._meetings.by_pin(pin)
        if code is None or not self._entitlements.sold:
            return code
        dial = self._meetings.dial(code)
        permitted = dial is not None and self._entitlements.of(dial.owner, clock.now()).telephone
        return code if permitted else None
