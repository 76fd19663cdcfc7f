"""The chain of epochs as one participant sees it, and the rules by which it grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from onmeet.e2ee.bodies import Epoch, Kick, Standing, seals_match
from onmeet.e2ee.epochs import Meeting, are_grants_valid, epoch_hash, is_kick_valid
from onmeet.e2ee.labels import HINT_MAX
from onmeet.e2ee.roster import Member, Roster
from onmeet.e2ee.turns import Turns

__all__ = ["NOBODY", "Chain", "Parked", "Pending", "Refusal", "Tip", "Verdict"]

NOBODY: Final[Mapping[int, str]] = {}


class Verdict(Enum):
    """What an epoch is to us."""

    ACCEPT = auto()
    HINT = auto()
    """Not for us, but it says where the chain stands."""
    PARK = auto()
    """May count later."""
    IGNORE = auto()
    """Harmless: old, or the loser of a race."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An alarm instead of an epoch; `lost` where the chain cannot go on as it should."""

    alarm: str
    lost: bool = True


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest epoch of the chain."""

    n: int
    th: bytes
    by: int
    roster: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Pending:
    """Our epoch that is on its way."""

    n: int
    th: bytes
    secret: bytes
    landed: bool = False
    """It has come back."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A stand-in's epoch, in case the leader stays silent."""

    epoch: Epoch
    author: Member
    lead: int | None
    """Whose silence it takes for this to count."""


class Chain:
    """Knows the tip and judges what wants to follow it."""

    def __init__(self, index: int, meeting: Meeting, roster: Roster, turns: Turns) -> None:
        self.tip = Tip(0, meeting.start, -1, NOBODY)
        self.joined = False
        """We were in an epoch: from here on the chain has no gaps."""
        self.floor = -1
        """No epoch with this number or a lower one can follow any more."""
        self.kick: Kick | None = None
        """The newest kick, which every later epoch has to carry on."""
        self._index = index
        self._meeting = meeting
        self._roster = roster
        self._turns = turns

    def judge(self, epoch: Epoch, author: Member, now: float) -> Verdict | Refusal:
        """What an epoch, signed by its author, is to us at this moment."""
        if epoch.n <= self.floor:
            return Verdict.IGNORE
        if not self._turns.may_commit(author, now):
            return self._out_of_turn(author)
        if self.joined and epoch.n > self.tip.n + 1:
            return Refusal("withheld")
        if self.joined and epoch.prev != self.tip.th:
            return Refusal("fork")
        if not self.joined and self._index not in epoch.roster:
            return Verdict.HINT
        problem = self._problem_of(epoch, author)
        return Refusal(problem) if problem else Verdict.ACCEPT

    def grow(self, epoch: Epoch) -> None:
        """Take in an epoch that was accepted."""
        self.follow(epoch)
        self.joined = True
        self.kick = epoch.kick
        self._roster.settle(epoch.kick.who if epoch.kick else NOBODY)

    def learn(self, epoch: Epoch) -> None:
        """Before we are in an epoch: whom the host has put out, by the host's word, whoever passes it on."""
        known = self._roster.kicked
        if not self.joined and epoch.kick and is_kick_valid(self._meeting, epoch, known):
            self.kick = epoch.kick
            self._roster.bar(epoch.kick.who)

    def hint(self, epoch: Epoch) -> None:
        """Where the chain stands, as far as somebody can tell who is not in it yet."""
        self.tip = Tip(min(epoch.n, HINT_MAX), epoch_hash(epoch), epoch.by, epoch.roster)

    def follow(self, epoch: Epoch) -> None:
        """Take note of an epoch that counts."""
        self.tip = Tip(epoch.n, epoch_hash(epoch), epoch.by, epoch.roster)
        self.floor = epoch.n

    def place(self, standing: Standing) -> None:
        """Believe somebody who is in the chain."""
        self.tip = Tip(standing.n, standing.th, standing.id, NOBODY)
        self.floor = standing.n

    @property
    def begun(self) -> bool:
        """Whether we know of any epoch."""
        return self.tip.by >= 0

    def is_stale(self, index: int) -> bool:
        """Whether the epoch in force is not one by `index` for exactly those who are there."""
        return self.tip.by != index or not self._roster.matches(self.tip.roster)

    def _out_of_turn(self, author: Member) -> Verdict | Refusal:
        if not self.joined and self._turns.is_second(author):
            return Verdict.PARK
        if self._turns.has_led(author.index):
            return Verdict.IGNORE
        return Refusal("usurped", lost=False)

    def _problem_of(self, epoch: Epoch, author: Member) -> str | None:
        if not seals_match(epoch):
            return "malformed"
        if not is_kick_valid(self._meeting, epoch, self._roster.kicked if self.joined else NOBODY):
            return "bad-kick"
        out = epoch.kick.who if epoch.kick else NOBODY
        if self._index in out and self._index not in epoch.roster:
            return "kicked"
        if not are_grants_valid(self._meeting, epoch, author.host):
            return "bad-grant"
        return None if self._roster.allows(epoch.roster, out) else "roster"
