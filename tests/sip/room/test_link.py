"""The relay's link of a room: it comes back when it breaks, and not when another has taken its place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from onmeet.signalling import wire
from sip.room.link import LONGEST_WAIT, REPLACED, Link
from tests.sip.agent.virtual import in_virtual_time

BROKEN = 1012


@pytest.mark.parametrize("code", [BROKEN, REPLACED])
async def test_link_knows_whether_it_was_replaced(tmp_path: Path, code: int) -> None:
    async def relay(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(wire.encode(wire.Kind.CLOSE, wire.pack_close(code, "")))
        await writer.drain()
        writer.close()

    listener, path = Mock(), tmp_path / "relay.sock"
    async with await asyncio.start_unix_server(relay, str(path)):
        assert await Link(path, "room", listener, lambda: 0.0)._once() == code
    assert listener.detached.called
    assert listener.replaced.called is (code == REPLACED)


@in_virtual_time
async def test_link_comes_back_until_it_is_replaced() -> None:
    """Two processes of one room that replace each other by turns would both lose their callers."""
    link = Link(Path("relay.sock"), "room", Mock(), lambda: 0.0)
    link._once = AsyncMock(side_effect=[BROKEN, None, BROKEN, REPLACED])  # type: ignore[method-assign]
    running = asyncio.create_task(link.run())
    await asyncio.sleep(10 * LONGEST_WAIT)
    assert link._once.await_count == 4
    assert not running.done()
    running.cancel()
