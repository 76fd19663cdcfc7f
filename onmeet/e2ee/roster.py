"""Who is in the meeting, in the words of the ordered broadcast."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from onmeet.e2ee.pulse import Pulse

__all__ = ["Member", "Roster"]


@dataclass(slots=True)
class Member:
    """Somebody whose hello proved to be genuine."""

    index: int
    sig: str
    key: Ed25519PublicKey
    host: bool
    kem: bytes
    """Where to seal the next epoch's secret."""
    pulse: Pulse
    since: int
    """Position of the hello in the order of the server's messages."""
    until: float = math.inf
    """Position of its end."""
    issued: int = -1
    """The epoch after which `kem` was made; -1 for the one in the hello."""


class Roster:
    """Everybody sees the same messages in the same order, so what holds at a position holds there for all."""

    def __init__(self) -> None:
        self.position = 0
        """Counts the server's messages."""
        self.kicked: Mapping[int, str] = {}
        """Index → signing key, put out by the host."""
        self._members: dict[int, Member] = {}
        self._gone: set[int] = set()
        self._settled = 0

    def add(self, member: Member) -> None:
        self._members[member.index] = member

    def get(self, index: int) -> Member | None:
        """Somebody who is there."""
        member = self._members.get(index)
        return member if member and member.until == math.inf else None

    def leave(self, index: int) -> None:
        """An index that may never come back."""
        self._gone.add(index)
        if member := self.get(index):
            member.until = self.position

    def is_gone(self, index: int) -> bool:
        return index in self._gone

    def is_barred(self, index: int, sig: str) -> bool:
        return index in self.kicked or sig in self.kicked.values()

    @property
    def line(self) -> list[Member]:
        """Those who are there, in the order in which they are to commit: hosts, then by index."""
        live = [each for each in self._members.values() if each.until == math.inf]
        return sorted(live, key=lambda each: (not each.host, each.index))

    def matches(self, roster: Mapping[int, str]) -> bool:
        """Whether these are exactly the ones who are there."""
        return {each.index: each.sig for each in self.line} == dict(roster)

    def allows(self, roster: Mapping[int, str], kicked: Mapping[int, str]) -> bool:
        """Whether an honest committer can have written this roster.

        It saw everything up to the previous epoch and up to the newest hello it names; what came after
        that it may or may not have seen.
        """
        seen = self._settled
        for index, sig in roster.items():
            member = self._members.get(index)
            if not member or member.sig != sig or index in kicked:
                return False
            seen = max(seen, member.since)
        return all(
            each.until > seen
            if each.index in roster
            else each.since > seen or each.until != math.inf or each.index in kicked
            for each in self._members.values()
        )

    def settle(self, kicked: Mapping[int, str]) -> None:
        """An epoch was accepted here: those who went before it cannot be in a later one."""
        self._settled = self.position
        self.bar(kicked)
        self._members = {i: each for i, each in self._members.items() if each.until == math.inf}

    def bar(self, kicked: Mapping[int, str]) -> None:
        """`kicked` is everybody whom the host has put out so far."""
        self.kicked = kicked
        for each in list(self._members.values()):
            if self.is_barred(each.index, each.sig):
                del self._members[each.index]
                self._gone.add(each.index)
