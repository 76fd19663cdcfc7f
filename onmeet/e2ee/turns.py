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
        self._lead: int | None = None
        self._lead_since = 0.0
        self._led: set[int] = set()

    def update(self, now: float) -> None:
        """The line may have changed."""
        line = self._roster.line
        lead = line[0].index if line else None
        if lead == self._lead:
            return
        self._lead, self._lead_since = lead, now
        if lead is not None:
            self._led.add(lead)

    def settle(self) -> None:
        """An epoch was accepted."""
        self._led = set() if self._lead is None else {self._lead}

    def has_led(self, index: int) -> bool:
        """Whether this member led since the last epoch, and may honestly have lost a race."""
        return index in self._led

    def may_commit(self, author: Member, now: float) -> bool:
        """Whether an epoch by this member counts now."""
        line = self._roster.line
        if author.host or author is line[0]:
            return True
        return author is line[1] and self._idle(now) >= STAND_IN_ACCEPT_MS

    def is_second(self, author: Member) -> bool:
        """Whether this member would count if the leader stayed silent."""
        line = self._roster.line
        return len(line) > 1 and author is line[1]

    def is_ours(self, index: int, now: float) -> bool:
        """Whether we, `index`, should write the next epoch if one is needed."""
        line = self._roster.line
        if line and line[0].index == index:
            return True
        second = len(line) > 1 and line[1].index == index
        return second and self._idle(now) >= STAND_IN_ACT_MS

    def _idle(self, now: float) -> float:
        """For how long nothing was heard of the leader, in milliseconds."""
        line = self._roster.line
        heard = line[0].pulse.heard if line else now
        return now - max(heard, self._lead_since)
