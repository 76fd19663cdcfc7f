"""Fixtures for every test: no network beyond this machine, and the real server on request."""

from __future__ import annotations

import gc
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.running import OnMeetServer

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")  # a machine that stalls for a moment breaks no property

gc.set_threshold(100_000, 50, 50)
"""A house of many objects for each test is no garbage: looking for some as often as usual costs a seventh."""


class OutsideWorldRefused(Exception):
    """A test tried to reach another machine; deliberately no OSError, so that nothing swallows it."""


def _check(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0]).partition("%")[0]
    try:
        parsed = ipaddress.ip_address(host)
        allowed = (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback
    except ValueError:
        allowed = host == "localhost"
    if not allowed:
        raise OutsideWorldRefused(f"tests speak to 127.0.0.1 and ::1 only, not to {host}")


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """Refuse every connection and datagram of Python code to an address that is not loopback."""
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}

    def guarded(name: str) -> Any:
        def method(self: socket.socket, *args: Any) -> Any:
            _check(self.family, args[-1])
            return real[name](self, *args)

        return method

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(socket.socket, name, guarded(name))
        yield


@pytest.fixture(scope="module")
def onmeet_server() -> Iterator[OnMeetServer]:
    """The real server, one for all tests of a module."""
    with OnMeetServer() as server:
        yield server
        complaints = server.complaints()
        assert not complaints, f"{complaints}\n{server.log_text()}"
