"""From where packets are taken: only from addresses that signalling named, and from one of them at a time.

- A packet counts only if its address is the negotiated one or one of `sources`.
- The first valid packet from there, from whatever port, *latches*: from then on only that address and port is
  heard, and sound goes there too (symmetric RTP; the far side may be behind a NAT).
- The negotiated address and port always wins: a packet from there takes the latch back.
- Any other takes the latch only when the latched one has been silent for two seconds.
- After a renegotiation to another port that waits also for the one before: packets that were still under way
  do not draw our sound back to where nobody listens any more.

So somebody at another address is never heard, and somebody at the same address, another port, not while the
stream flows. With SRTP only authentic packets latch.
"""

from __future__ import annotations

__all__ = ["Latch", "plain_host"]

Address = tuple[str, int]

_SILENT = 2.0  # s


def plain_host(host: str) -> str:
    """An address as signalling writes it: without the scope, an IPv4 address out of its IPv6 coat."""
    host = host.partition("%")[0].lower()
    return host[7:] if host.startswith("::ffff:") and "." in host else host


class Latch:
    """`latched`: where packets really come from, None until one came."""

    def __init__(
        self, negotiated: Address, sources: tuple[str, ...] = (), latched: Address | None = None
    ) -> None:
        self._negotiated = (plain_host(negotiated[0]), negotiated[1])
        self._hosts = {self._negotiated[0], *map(plain_host, sources)}
        self.latched = latched
        self._former: Address | None = None  # latched until the port was renegotiated
        self._last: float | None = None  # when it was heard last; another process knows

    def accepts(self, source: Address, now: float) -> bool:
        """Whether a packet from there may be looked at. `source` as `plain_host` writes it."""
        if source == self.latched:
            return True
        if source[0] not in self._hosts:
            return False
        if source == self._negotiated or (self.latched is None and source != self._former):
            return True
        if self._last is None:
            self._last = now
        return now - self._last >= _SILENT

    def confirm(self, source: Address, now: float) -> None:
        """A packet that was accepted proved valid."""
        self.latched, self._last = source, now

    @property
    def target(self) -> Address:
        """Where to send."""
        return self.latched or self._negotiated

    def moved(self, negotiated: Address, sources: tuple[str, ...]) -> Latch:
        """The latch after a renegotiation: what is latched stays as long as the address stays."""
        same = (plain_host(negotiated[0]), negotiated[1]) == self._negotiated
        fresh = Latch(negotiated, sources, self.latched if same else None)
        if same:
            fresh._last = self._last
        elif fresh._negotiated[0] == self._negotiated[0]:
            fresh._former = self.latched or self._former
        return fresh
