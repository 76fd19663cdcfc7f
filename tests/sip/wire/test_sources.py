"""Who may send us anything at all."""

from __future__ import annotations

import ipaddress

import pytest

from sip.wire.addresses import is_loopback, literal, own_address, plain, spelled
from sip.wire.sources import KEPT_SECONDS, Source, Sources

NET = (ipaddress.ip_network("198.51.100.0/24"), ipaddress.ip_network("2001:db8::/32"))


def test_a_stranger_is_nobody() -> None:
    sources = Sources([("a", NET)], local=False)
    assert sources.who(("203.0.113.1", 5060), 0) is None
    assert sources.who(("not an address", 5060), 0) is None
    assert sources.who(("fe80::1%eth0", 5060), 0) is None


def test_the_networks_of_a_trunk_are_its_own() -> None:
    sources = Sources([("a", NET), ("b", ())], local=False)
    assert sources.who(("198.51.100.7", 40000), 0) == Source(("a",))
    assert sources.who(("2001:db8::5", 5060), 0) == Source(("a",))


def test_resolved_addresses_count_from_any_port_until_dns_forgets_them() -> None:
    sources = Sources([("a", ())], local=False)
    sources.learn("a", [("203.0.113.1", 5060)], now=10)
    assert sources.who(("203.0.113.1", 41234), 10) == Source(("a",))
    assert sources.who(("203.0.113.1", 5060), 10 + KEPT_SECONDS) == Source(("a",))
    assert sources.who(("203.0.113.1", 5060), 11 + KEPT_SECONDS) is None


def test_two_trunks_of_one_provider_are_both_named() -> None:
    sources = Sources([("a", ()), ("b", ())], local=False)
    for name in ("a", "b", "unknown"):
        sources.learn(name, [("203.0.113.1", 5060)], now=0)
    assert sources.who(("203.0.113.1", 5060), 0) == Source(("a", "b"))


def test_this_machine_counts_only_when_we_listen_to_it_alone() -> None:
    assert Sources([], local=True).who(("127.0.0.1", 40000), 0) == Source()
    assert Sources([], local=True).who(("::1", 40000), 0) == Source()
    assert Sources([], local=False).who(("127.0.0.1", 40000), 0) is None


def test_a_softphone_beside_a_pbx_on_this_machine_is_not_taken_for_it() -> None:
    sources = Sources([("pbx", ())], local=True)
    sources.learn("pbx", [("127.0.0.1", 5080)], now=0)
    assert sources.who(("127.0.0.1", 5080), 0) == Source(("pbx",))
    assert sources.who(("127.0.0.1", 40000), 0) == Source()
    assert sources.who(("127.0.0.1", 40000), 0, datagram=False) == Source(("pbx",))


def test_dns_cannot_fill_the_memory() -> None:
    sources = Sources([("a", ())], local=False)
    sources.learn("a", [(f"203.0.{n >> 8}.{n & 255}", 5060) for n in range(2000)], now=0)
    assert sources.who(("203.0.0.0", 5060), 0) is None
    assert sources.who(("203.0.7.207", 5060), 0) == Source(("a",))


# -- spelling ----------------------------------------------------------------------------------------


def test_ipv4_in_ipv6_clothes_is_ipv4() -> None:
    assert plain(("::ffff:127.0.0.1", 5060, 0, 0)) == ("127.0.0.1", 5060)
    assert plain(("2001:db8::1", 5060, 0, 0)) == ("2001:db8::1", 5060)
    assert spelled(("127.0.0.1", 1), 10) == ("::ffff:127.0.0.1", 1)
    assert literal("::ffff:192.0.2.1") == "192.0.2.1"
    assert literal("[2001:DB8::0:1]") == "2001:db8::1"
    assert literal("example.net") is None
    assert is_loopback("::ffff:127.9.9.9")
    assert not is_loopback("localhost")


@pytest.mark.parametrize(
    ("remote", "advertised", "bound", "ours"),
    [
        ("198.51.100.1", "203.0.113.7", "0.0.0.0", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "", "0.0.0.0", "127.0.0.1"),
        ("::1", "203.0.113.7", "::", "::1"),
        ("198.51.100.1", "", "192.0.2.9", "192.0.2.9"),
    ],
)
def test_our_address_is_the_one_that_the_far_side_reaches(
    remote: str, advertised: str, bound: str, ours: str
) -> None:
    assert own_address(remote, advertised, bound) == ours


def test_a_pbx_in_our_own_network_is_not_told_our_public_address() -> None:
    assert own_address("10.0.0.5", "8.8.8.8", "10.0.0.1") == "10.0.0.1"
    assert own_address("9.9.9.9", "8.8.8.8", "10.0.0.1") == "8.8.8.8"
