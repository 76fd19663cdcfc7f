"""The rate limits keep nothing about those whom they count."""

from __future__ import annotations

import time
from typing import Any

import pytest

from onmeet.web.limits import limiter
from tests.factories.house import House
from tests.waiting import until

ADDRESS = "203.0.113.77"


def memory() -> str:
    storage: Any = limiter.storage
    return repr([storage.storage, storage.expirations, storage.events, dict(storage.locks)])


def visit(house: House, address: str) -> None:
    answer = house.visitor().open("/privacy", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 200


@pytest.mark.promise("N1.2")
def test_no_address_is_held_in_memory(house: House) -> None:
    """Not even the memory of the rate limits holds an address."""
    empty = memory()
    visit(house, ADDRESS)
    assert memory() != empty
    assert ADDRESS not in memory()


def test_clients_are_forgotten_after_their_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        visit(house, f"203.0.113.{number}")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7201)
    storage: Any = limiter.storage

    def forgotten() -> bool:
        visit(house, ADDRESS)
        return len(storage.storage) + len(storage.events) <= 4

    until(forgotten, "the storage to forget", within=10)
