"""A Redis of the tests' own, for as long as they run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.ports import free_port
from tests.running import end_with_parent
from tests.waiting import until

__all__ = ["RedisServer", "redis_server"]


class RedisServer:
    """`redis-server` on a free port of this machine, which writes to disk, in `folder`, only when told."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.folder = folder
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client = Redis.from_url(self.url, socket_timeout=30)
        self._process = process

    def answers(self) -> bool:
        """Whether it takes questions."""
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def dump(self) -> bytes:
        """Every key with its value, as Redis would write them to its file."""
        keys = list(self.client.scan_iter())
        return b"\n".join(keys + [self.client.dump(key) or b"" for key in keys])

    def end(self) -> None:
        """Stop it, as a failing machine would."""
        self._process.kill()
        self._process.wait(30)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Start it, wait for it, end it."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="onmeet-redis-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=end_with_parent)
        server = RedisServer(port, process, Path(folder))
        try:
            until(server.answers, "Redis to answer", within=60)
            yield server
        finally:
            server.client.close()
            server.end()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """One for a test; skips with the reason where there can be none."""
    if shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed: sudo apt-get install redis-server")
    with running_redis() as server:
        yield server
