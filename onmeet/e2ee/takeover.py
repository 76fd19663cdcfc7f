"""How somebody who comes in to lead learns where the chain stands (docs/e2ee.md, *Takeover*)."""

from __future__ import annotations

from onmeet.e2ee.bodies import Standing
from onmeet.e2ee.chain import Chain
from onmeet.e2ee.labels import TAKEOVER_MS
from onmeet.e2ee.roster import Member, Roster
from onmeet.e2ee.turns import Turns

__all__ = ["Takeover"]


class Takeover:
    """Both sides of it: the one inside who tells a newcomer, and the newcomer who waits to be told."""

    def __init__(self, index: int, chain: Chain, roster: Roster, turns: Turns) -> None:
        self._index = index
        self._chain = chain
        self._roster = roster
        self._turns = turns
        self._greeted_at = 0.0
        self._told = False
        self._answered: tuple[int, int] | None = None

    def asker(self) -> int | None:
        """Whom it is on us to tell where the chain stands; each newcomer once for each epoch."""
        if not self._chain.joined:
            return None
        line, tip = self._roster.line, self._chain.tip
        inside = next((each for each in line if tip.roster.get(each.index) == each.sig), None)
        if not inside or inside.index != self._index or inside is line[0]:
            return None
        question = (line[0].index, tip.n)
        if question == self._answered:
            return None
        self._answered = question
        return line[0].index

    def greeted(self, now: float) -> None:
        """Our hello has come back."""
        self._greeted_at = now

    def believes(self, member: Member) -> bool:
        """Whether we, in no epoch yet and first in line, take this member's word: it was there before us."""
        first = self._roster.line[0]
        return not self._chain.joined and first.index == self._index and member.since < first.since

    def take(self, standing: Standing) -> None:
        """Somebody inside tells us; what is older than what we saw come ourselves is too late."""
        if standing.n >= self._chain.floor:
            self._chain.place(standing)
            self._told = True

    def is_ready(self, now: float) -> bool:
        """Whether we may write an epoch: we know where the chain stands, or nobody is there to tell us."""
        if self._chain.joined or self._told or not self._chain.begun or self._is_alone():
            return True
        return now - max(self._greeted_at, self._turns.lead_since) >= TAKEOVER_MS

    def _is_alone(self) -> bool:
        line = self._roster.line
        return bool(line) and line[0].index == self._index and not any(map(self.believes, line))
