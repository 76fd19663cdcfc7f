"""Rate limits in Redis: shared by workers, about nobody, and no condition for the pages."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onmeet.notices import outlets
from onmeet.serve import check_redis
from onmeet.web import limits
from onmeet.web.limits import client, limiter
from tests.factories.house import House
from tests.factories.redis import RedisServer, redis_server
from tests.ports import free_port

__all__ = ["redis_server"]

ADDRESS = "203.0.113.77"
SECRET = "not a secret, but long enough to be one"


def visit(house: House, address: str = ADDRESS) -> int:
    answer = house.visitor().open("/privacy", environ_overrides={"REMOTE_ADDR": address})
    return answer.status_code


@pytest.fixture
def house(build_house: Any, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(limits, "_SECONDS", 30.0)  # a machine that stalls does not count in memory instead
    yield build_house(redis_url=redis_server.url, secret_key=SECRET)
    build_house()  # the limiter is one for all tests: give it its memory back


def name(house: House, address: str = ADDRESS) -> str:
    with house.app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        return client()


@pytest.mark.promise("N1.2")
def test_redis_holds_no_address_and_no_undeclared_key(house: House, redis_server: RedisServer) -> None:
    """Redis holds no address and nothing that is not declared."""
    assert visit(house) == 200
    keys = [key.decode() for key in redis_server.client.scan_iter()]
    assert keys
    assert [key for key in keys if outlets.unknown_key(key)] == []
    assert ADDRESS.encode() not in redis_server.dump()
    assert all(0 < redis_server.client.ttl(key) <= 7200 for key in keys)


def test_workers_count_a_client_together(build_house: Any, house: House) -> None:
    other = build_house(redis_url=house.config.redis_url, secret_key=SECRET)
    stranger = build_house(redis_url=house.config.redis_url, secret_key=SECRET + "!")
    assert name(house) == name(other)
    assert name(house) != name(stranger)
    assert name(house) != name(house, "203.0.113.78")


def test_names_of_clients_change_daily(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    today = name(house)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    assert name(house) != today


def test_a_limit_is_counted_in_redis(
    house: House, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)  # all in the same minute
    visitor = house.visitor()
    assert [visitor.start_meeting().status_code for _ in range(61)][-1] == 429
    redis_server.client.flushall()
    assert visitor.start_meeting().status_code != 429


def test_pages_are_served_when_redis_goes_away(house: House, redis_server: RedisServer) -> None:
    assert visit(house) == 200
    redis_server.end()
    assert visit(house) == 200
    assert visit(house) == 200


def test_a_redis_that_does_not_answer_stops_the_start(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(free_port()),
        "ONMEET_DATA": str(tmp_path),
        "ONMEET_MEDIA_PORT": "0",
        "REDIS_URL": f"redis://quill:canary-word@127.0.0.1:{free_port()}/0",
    }
    start = [sys.executable, "-m", "onmeet.serve"]
    done = subprocess.run(start, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "OnMeet cannot start: REDIS_URL: Redis does not answer (ConnectionError)" in done.stderr
    assert "canary-word" not in done.stderr


def test_without_redis_nothing_is_asked(build_house: Any) -> None:
    check_redis(build_house().config)
    assert type(limiter.storage).__name__ == "MemoryStorage"
