"""The relay as its own process, one for a module; a meeting of its own for each test."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.meeting import Meeting
from tests.ports import free_port
from tests.running import ROOT
from tests.waiting import until


@dataclass(frozen=True)
class RelayProcess:
    """A running relay: its pid, its internal socket, and where media goes."""

    pid: int
    path: Path
    media: tuple[str, int]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """`python -m onmeet.relay`, ended by its own id."""
    folder = tmp_path_factory.mktemp("relay")
    port = free_port()
    environment = {
        **os.environ,
        "ONMEET_DATA": str(folder),
        "ONMEET_MEDIA_PORT": str(port),
        "ONMEET_MEDIA_IP": "127.0.0.1",
    }
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "onmeet.relay"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    path = folder / "run" / "relay.sock"

    def listening() -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(path)) == 0

    try:
        until(lambda: listening() or process.poll() is not None, "the relay to listen", within=60)
        assert process.poll() is None, (folder / "output.txt").read_text()
        yield RelayProcess(process.pid, path, ("127.0.0.1", port))
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    written = (folder / "output.txt").read_text()
    assert "Traceback" not in written, written


@pytest.fixture
async def meeting(relay: RelayProcess) -> AsyncIterator[Meeting]:
    """An empty meeting; everybody still in it leaves at the end."""
    meeting = Meeting(relay.path, relay.media)
    yield meeting
    await meeting.close()
    await asyncio.sleep(0)
