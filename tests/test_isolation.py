"""The guard of conftest.py itself: tests reach nothing beyond this machine."""

from __future__ import annotations

import socket

import pytest

from tests.conftest import OutsideWorldRefused


def test_connections_to_other_machines_are_refused() -> None:
    with socket.socket() as tcp, pytest.raises(OutsideWorldRefused):
        tcp.connect(("203.0.113.7", 80))


def test_datagrams_to_other_machines_are_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        with pytest.raises(OutsideWorldRefused):
            udp.sendto(b"hello", ("203.0.113.7", 9))
        with pytest.raises(OutsideWorldRefused):
            udp.sendto(b"hello", 0, ("203.0.113.7", 9))


def test_the_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address) as client:
            assert client.getpeername() == address
