"""The relay's link of a room: it comes back when it breaks, and not when another has taken its place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import Mock

import pytest

from onmeet.signalling import wire
from sip.room import link as links
from sip.room.link import REPLACED, Link
from tests.sip.room.house import eventually


@pytest.mark.parametrize(("code", "comes_back"), [(1012, True), (REPLACED, False)])
async def test_link_comes_back_unless_it_was_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, comes_back: bool
) -> None:
    """Two processes of one room that replace each other by turns would both lose their callers."""
    monkeypatch.setattr(links, "FIRST_WAIT", 0.01)
    opened = 0

    async def relay(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        writer.write(wire.encode(wire.Kind.CLOSE, wire.pack_close(code, "")))
        await writer.drain()
        writer.close()

    listener, path = Mock(), tmp_path / "relay.sock"
    server = await asyncio.start_unix_server(relay, str(path))
    running = asyncio.create_task(Link(path, "room", listener, lambda: 0.0).run())
    try:
        await eventually(lambda: listener.detached.called, "the end of the first connection")
        if comes_back:
            await eventually(lambda: opened > 2, "the link to come back")
        else:
            await asyncio.sleep(0.3)  # 30 times as long as one that comes back would wait
            assert opened == 1
        assert not running.done()
        assert listener.replaced.called is not comes_back
    finally:
        running.cancel()
        server.close()
