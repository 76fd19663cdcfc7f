"""A relay process for a module, and a meeting with callers for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2ee.conftest import meeting, node
from tests.peers.conftest import RelayProcess, relay
from tests.sip.room.house import PhoneHouse, short_prompts

__all__ = ["house", "meeting", "node", "relay"]


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings that are over at once."""
    return short_prompts(tmp_path_factory.mktemp("prompts"))


@pytest.fixture
async def house(relay: RelayProcess, prompts: Path) -> AsyncIterator[PhoneHouse]:
    """An empty meeting of its own."""
    async with PhoneHouse(relay.path, relay.media, prompts) as house:
        yield house
