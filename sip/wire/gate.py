"""What comes in, and what stays outside: sources, floods, too many connections. Pure: time is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from sip.wire.addresses import Address
from sip.wire.buckets import Bucket, Buckets
from sip.wire.options import Limits, Options, Upstream
from sip.wire.sources import Sources

__all__ = ["Gate", "Verdict"]

Verdict = Literal["take", "excess", "drop", "flood"]
"""excess: an INVITE too many, which may be refused politely. flood: its connection is to end."""


class Gate:
    """The one place that says no. dropped: how often, by words of ours, for figures."""

    def __init__(self, options: Options, upstreams: Iterable[Upstream], now: float) -> None:
        limits: Limits = options.limits
        self.sources = Sources(((one.name, one.allow) for one in upstreams), local=options.local)
        self.dropped: Counter[str] = Counter()
        self._limits = limits
        self._messages = Buckets(limits.messages)
        self._invites = Buckets(limits.invites)
        self._all_invites = Bucket(limits.all_invites, now)
        self._excess = Bucket(limits.invites, now)
        self._guests: Counter[str] = Counter()

    def knows(self, remote: Address, now: float, *, datagram: bool) -> bool:
        """Whether an address may send us anything."""
        known = self.sources.who(remote, now, datagram=datagram) is not None
        self.dropped["stranger"] += not known
        return known

    def judge(self, data: bytes, remote: Address, now: float) -> Verdict:
        """What to do with a message of a known source; counted by IP address."""
        source = remote[0]
        if not self._messages.take(source, now):
            self.dropped["flood"] += 1
            return "flood"
        if data[:7].upper() != b"INVITE ":
            return "take"
        # First its own limit: one that is held off there takes nothing from the others.
        if self._invites.take(source, now) and self._all_invites.take(now):
            return "take"
        self.dropped["invites"] += 1
        return "excess" if self._excess.take(now) else "drop"

    def admit(self, remote: Address, now: float) -> bool:
        """Whether a connection from there is accepted; if so, it is counted until `leave`."""
        if not self.knows(remote, now, datagram=False):
            return False
        full = self._guests.total() >= self._limits.all_connections
        if full or self._guests[remote[0]] >= self._limits.connections:
            self.dropped["connections"] += 1
            return False
        self._guests[remote[0]] += 1
        return True

    def leave(self, remote: Address) -> None:
        """A connection that was admitted is over."""
        self._guests[remote[0]] -= 1
        if self._guests[remote[0]] <= 0:
            del self._guests[remote[0]]
