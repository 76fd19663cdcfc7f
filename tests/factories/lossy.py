"""A stretch of bad network: datagrams go through, but for every so-many-th in each direction.

No datagram is lost more than twice, however often it is repeated: timers of several calls that fall into
step with the count would else lose the same one for ever, which no network does.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["LossyRelay", "lossy_relay"]

Address = tuple[str, int]
PATIENCE = 2
"""So many copies of one datagram may be lost."""


class LossyRelay:
    """Stands between several far sides and one machine at `to`. lost, passed: how many datagrams."""

    def __init__(self, to: Address, every: int) -> None:
        self._to = to
        self._every = every
        self._seen = {"there": 0, "back": 0}
        self._copies_lost: Counter[tuple[str, bytes]] = Counter()
        self.lost = self.passed = 0
        self._loop = asyncio.get_running_loop()
        self._front = self._socket()
        self.address: Address = self._front.getsockname()
        self._backs: dict[Address, socket.socket] = {}
        self._loop.add_reader(self._front.fileno(), self._there)

    def close(self) -> None:
        """Stop."""
        for own in (self._front, *self._backs.values()):
            self._loop.remove_reader(own.fileno())
            own.close()

    @staticmethod
    def _socket() -> socket.socket:
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        own.bind(("127.0.0.1", 0))
        own.setblocking(False)
        return own

    def _there(self) -> None:
        data, far = self._front.recvfrom(65_536)
        if far not in self._backs:
            self._backs[far] = own = self._socket()
            self._loop.add_reader(own.fileno(), self._back, own, far)
        if self._survives("there", data):
            self._backs[far].sendto(data, self._to)

    def _back(self, own: socket.socket, far: Address) -> None:
        data, _ = own.recvfrom(65_536)
        if self._survives("back", data):
            self._front.sendto(data, far)

    def _survives(self, direction: str, data: bytes) -> bool:
        lost = self._seen[direction] % self._every == 0  # the first one is lost
        lost = lost and self._copies_lost[direction, data] < PATIENCE
        self._copies_lost[direction, data] += lost
        self._seen[direction] += 1
        self.lost += lost
        self.passed += not lost
        return not lost


@asynccontextmanager
async def lossy_relay(to: Address, *, every: int = 3) -> AsyncIterator[LossyRelay]:
    """One for the length of the block."""
    relay = LossyRelay(to, every)
    try:
        yield relay
    finally:
        relay.close()
