"""Whose turn it is to write the next epoch."""

from __future__ import annotations

from onmeet.e2ee.labels import STAND_IN_ACCEPT_MS, STAND_IN_ACT_MS
from onmeet.e2ee.roster import Member, Roster

__all__ = ["Turns"]


class Turns:
    """The first in line leads, every host may, and the second stands in when the leader has fallen silent.

    All take the turn from the same messages in the same order.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self.lead: int | None = None
        """The first in line."""
        self.lead_since = 0.0
        """When the first in line became the first."""
        self._led: set[int] = set()

    def update(self, now: float) -> None:
        """The line may have changed."""
        line = self._roster.line
        lead = line[0].index if line else None
        if lead == self.lead:
            return
        self.lead, self.lead_since = lead, now
        if lead is not None:
            self._led.add(lead)

    def settle(self) -> None:
        """An epoch was accepted."""
        self._led = set() if self.lead is None else {self.lead}

    def has_led(self, index: int) -> bool:
        """Whether this member led since the last epoch, and may honestly have lost a race."""
        return index in self._led

    def may_commit(self, author: Member, now: float) -> bool:
        """Whether an epoch by this member counts now."""
        if author.host or self._stands(0, author.index):
            return True
        return self._stands(1, author.index) and self._idle(now) >= STAND_IN_ACCEPT_MS

    def is_second(self, author: Member) -> bool:
        """Whether this member would count if the leader stayed silent."""
        return self._stands(1, author.index)

    def is_ours(self, index: int, now: float) -> bool:
        """Whether we, `index`, should write the next epoch if one is needed."""
        return self._stands(0, index) or (self._stands(1, index) and self._idle(now) >= STAND_IN_ACT_MS)

    def _stands(self, place: int, index: int) -> bool:
        line = self._roster.line
        return place < len(line) and line[place].index == index

    def _idle(self, now: float) -> float:
        """For how long nothing was heard of the leader, in milliseconds."""
        line = self._roster.line
        heard = line[0].pulse.heard if line else now
        return now - max(heard, self.lead_since)
