"""The sockets: shared port, bounded turns, a clean end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from onmeet.clock import monotonic
from onmeet.errors import ConfigError
from onmeet.relay.endpoint import BATCH, Endpoint
from onmeet.relay.settings import MediaSettings
from tests.ports import free_port
from tests.relay.client import eventually


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint.open(MediaSettings(port=0, advertise=("127.0.0.1", "::1")), monotonic)
    yield endpoint
    endpoint.close()


def flood(endpoint: Endpoint, count: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noisy:
        for _ in range(count):
            noisy.sendto(b"\x80noise", ("127.0.0.1", endpoint.port))


async def test_one_port_serves_both_families(endpoint: Endpoint) -> None:
    assert endpoint.families == {socket.AF_INET, socket.AF_INET6}
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.sendto(b"\xff", (host, endpoint.port))
    await eventually(lambda: endpoint.received == 2)
    assert endpoint.dropped == 2


async def test_a_flood_yields_to_others_after_each_batch(endpoint: Endpoint) -> None:
    flood(endpoint, 3 * BATCH)
    turns: list[int] = []
    while endpoint.received < 3 * BATCH:
        await asyncio.sleep(0)
        turns.append(endpoint.received)
    steps = {after - before for before, after in zip([0, *turns], turns, strict=False)}
    assert steps <= {0, BATCH}


async def test_empty_and_unknown_datagrams_are_counted(endpoint: Endpoint) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for datagram in (b"", b"\x00", b"\x16" * 40, b"\x40", b"\x80" * 40, b"\xff"):
            client.sendto(datagram, ("127.0.0.1", endpoint.port))
    await eventually(lambda: endpoint.dropped == 6)


async def test_closing_twice_is_closing_once() -> None:
    settings = MediaSettings(port=free_port(), advertise=())
    endpoint = Endpoint.open(settings, monotonic)
    endpoint.close()
    endpoint.close()
    again = Endpoint.open(settings, monotonic)
    again.close()


async def test_a_missing_family_is_left_out() -> None:
    settings = MediaSettings(port=0, bind=("127.0.0.1", "2001:db8::1"), advertise=())
    endpoint = Endpoint.open(settings, monotonic)
    assert endpoint.families == {socket.AF_INET}
    endpoint.close()


async def test_no_address_at_all_is_said_plainly() -> None:
    with pytest.raises(ConfigError):
        Endpoint.open(MediaSettings(port=0, bind=("192.0.2.77",)), monotonic)
