"""Pairs of ports for sound: even and odd, within the range, and an error when there is none."""

from __future__ import annotations

import contextlib

import pytest

from sip.gateway.ports import NoPort, facing, open_pair


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_pair_is_even_and_odd(address: str):
    rtp, rtcp = open_pair(address, None)
    with rtp, rtcp:
        assert rtp.getsockname()[1] % 2 == 0
        assert rtcp.getsockname()[1] == rtp.getsockname()[1] + 1


def test_range_is_kept_and_its_end_is_told():
    found = open_pair("127.0.0.1", None)
    first = found[0].getsockname()[1]
    for one in found:
        one.close()
    pairs = [open_pair("127.0.0.1", (first, first + 1))]
    try:
        assert pairs[0][0].getsockname()[1] == first
        with pytest.raises(NoPort):
            open_pair("127.0.0.1", (first, first + 1))
    finally:
        for pair in pairs:
            for one in pair:
                one.close()


def test_last_free_pair_of_a_range_is_found():
    found = open_pair("127.0.0.1", None)
    first = found[0].getsockname()[1]
    for one in found:
        one.close()
    pairs = []
    try:
        with contextlib.suppress(NoPort):
            while True:
                pairs.append(open_pair("127.0.0.1", (first, min(first + 199, 65535))))
        held = {pair[0].getsockname()[1] for pair in pairs}
        last = pairs.pop()
        free = last[0].getsockname()[1]
        for one in last:
            one.close()
        for _ in range(5):
            again = open_pair("127.0.0.1", (first, min(first + 199, 65535)))
            assert again[0].getsockname()[1] == free
            for one in again:
                one.close()
        assert len(held) > 50
    finally:
        for pair in pairs:
            for one in pair:
                one.close()


def test_our_address_is_the_bound_one_or_the_one_that_faces_the_peer():
    assert facing("192.0.2.1", "127.0.0.1") == "127.0.0.1"
    assert facing("127.0.0.1", "0.0.0.0") == "127.0.0.1"
    assert facing("::1", "::") == "::1"
