"""The relay's signalling on a real Unix socket, with a fake media plane, in the test's own loop."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from onmeet.clock import monotonic
from onmeet.signalling.counters import Counters
from onmeet.signalling.registry import Registry
from onmeet.signalling.reports import Reports
from onmeet.signalling.room import Surroundings
from onmeet.signalling.server import SignallingServer, bind
from onmeet.signalling.ticket import Role, Ticket
from tests.factories.media import FakeMediaPlane
from tests.peers.signalling_client import SignallingClient

__all__ = ["QuietRelay", "path", "quiet_relay", "relay"]


@dataclass
class QuietRelay:
    """A relay without media."""

    path: Path
    media: FakeMediaPlane = field(default_factory=FakeMediaPlane)
    counters: Counters = field(default_factory=Counters)
    reports: Reports = field(default_factory=Reports)

    def __post_init__(self) -> None:
        around = Surroundings(self.media, time.time, self.counters, reports=self.reports)
        self.registry = Registry(around, monotonic)
        queries = {
            "health": lambda _: {"status": "ok"},
            "present": self.registry.present,
            "pin": self.registry.pin,
            "held": self.registry.held,
        }
        self.server = SignallingServer(self.registry, queries, wall=time.time, reports=self.reports)

    def ticket(
        self, role: Role = "guest", *, browser: str = "browser", seconds: float = 10, **more: Any
    ) -> Ticket:
        return Ticket("abc-defg-hjk", role, browser, 50, time.time() + seconds, **more)

    async def client(self, role: Role = "guest", **more: Any) -> SignallingClient:
        """A browser that has shown its ticket."""
        return await SignallingClient.over_unix(self.path, self.ticket(role, **more))

    async def joined(self, name: str, role: Role = "guest", **more: Any) -> SignallingClient:
        """A browser in the meeting."""
        client = await self.client(role, **more)
        await client.join(name)
        return client


@asynccontextmanager
async def quiet_relay(path: Path) -> AsyncIterator[QuietRelay]:
    """Listen at `path` for the length of the block."""
    relay = QuietRelay(path)
    await relay.server.listen(bind(path))
    try:
        yield relay
    finally:
        await relay.server.close()
        await relay.media.close()


@pytest.fixture
def path() -> Iterator[Path]:
    """Of a socket; short, because the kernel takes no more than 107 characters."""
    folder = Path(tempfile.mkdtemp())
    yield folder / "relay.sock"
    shutil.rmtree(folder)


@pytest.fixture
async def relay(path: Path) -> AsyncIterator[QuietRelay]:
    async with quiet_relay(path) as relay:
        yield relay
