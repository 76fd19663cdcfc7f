"""Pairs of ports for sound: even and odd, within the range, and an error when there is none."""

from __future__ import annotations

import contextlib
from unittest.mock import Mock

import pytest

from sip.gateway import ports
from sip.gateway.ports import NoPort, facing, open_pair
from tests.ports import free_ports


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_pair_is_even_and_odd(address: str):
    rtp, rtcp = open_pair(address, None)
    with rtp, rtcp:
        assert rtp.getsockname()[1] % 2 == 0
        assert rtcp.getsockname()[1] == rtp.getsockname()[1] + 1


def test_range_is_kept_and_its_end_is_told():
    first = free_ports(2)
    with contextlib.ExitStack() as held:
        pair = open_pair("127.0.0.1", (first, first + 1))
        for one in pair:
            held.enter_context(one)
        assert pair[0].getsockname()[1] == first
        with pytest.raises(NoPort):
            open_pair("127.0.0.1", (first, first + 1))


def test_last_free_pair_of_a_range_is_found(monkeypatch: pytest.MonkeyPatch):
    """All others are taken; real sockets of this machine would come and go meanwhile."""
    free = 30_126

    def bound(address: str, port: int) -> Mock | None:
        return Mock(getsockname=lambda: (address, port)) if port in (free, free + 1) else None

    monkeypatch.setattr(ports, "_bound", bound)
    for _ in range(20):
        rtp, rtcp = open_pair("127.0.0.1", (30_000, 30_199))
        assert (rtp.getsockname()[1], rtcp.getsockname()[1]) == (free, free + 1)


def test_our_address_is_the_bound_one_or_the_one_that_faces_the_peer():
    assert facing("192.0.2.1", "127.0.0.1") == "127.0.0.1"
    assert facing("127.0.0.1", "0.0.0.0") == "127.0.0.1"
    assert facing("::1", "::") == "::1"
