"""From a domain to its machines (RFC 3263), asked of a real DNS server."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from sip.core.uri import Uri
from sip.wire.resolve import Destination, Resolver, Target, Unreachable
from tests.factories.dns import DnsServer, dns_server

RECORDS = {
    ("full.test", "NAPTR"): [
        '20 50 "s" "SIP+D2U" "" _sip._udp.full.test.',
        '10 50 "S" "SIPS+D2T" "" _sips._tcp.full.test.',
        '10 10 "s" "SIP+D2T" "" _sip._tcp.full.test.',
        '5 10 "s" "SIP+D2W" "" _ws.full.test.',
        '1 10 "u" "E2U+sip" "!^.*$!sip:x@y!" .',
    ],
    ("_sips._tcp.full.test", "SRV"): ["0 0 5061 one.full.test."],
    ("_sip._tcp.full.test", "SRV"): ["0 0 5070 one.full.test."],
    ("_sip._udp.full.test", "SRV"): ["20 0 5062 two.full.test.", "10 0 5060 one.full.test."],
    ("one.full.test", "A"): ["127.0.0.1"],
    ("two.full.test", "A"): ["127.0.0.2", "127.0.0.3"],
    ("two.full.test", "AAAA"): ["::1"],
    ("plain.test", "A"): ["127.0.0.4"],
    ("plain.test", "AAAA"): ["::1"],
    ("only-tls.test", "A"): ["127.0.0.9"],
    ("_sips._tcp.only-tls.test", "SRV"): ["0 0 5061 one.full.test."],
    ("none.test", "A"): ["127.0.0.4"],
    ("_sip._udp.none.test", "SRV"): ["0 0 0 ."],
    ("weights.test", "A"): ["127.0.0.4"],
    ("_sip._udp.weights.test", "SRV"): [
        "1 75 1 one.full.test.",
        "1 25 2 one.full.test.",
        "1 0 3 one.full.test.",
    ],
}


def resolver(server: DnsServer, **more: object) -> Resolver:
    return Resolver(nameservers=[server.address], hosts=False, **more)  # type: ignore[arg-type]


async def found(destination: Destination, **more: object) -> list[tuple[str, int, str]]:
    async with dns_server(RECORDS) as server:
        targets = await resolver(server, **more).targets(destination)
        return [(one.host, one.port, one.transport) for one in targets]


@pytest.mark.parametrize(
    ("destination", "target"),
    [
        (Destination("192.0.2.1"), ("192.0.2.1", 5060, "udp")),
        (Destination("192.0.2.1", transport="tls"), ("192.0.2.1", 5061, "tls")),
        (Destination("192.0.2.1", 5070, "tcp"), ("192.0.2.1", 5070, "tcp")),
        (Destination("[2001:DB8::1]"), ("2001:db8::1", 5060, "udp")),
        (Destination("192.0.2.1", secure=True), ("192.0.2.1", 5061, "tls")),
    ],
)
async def test_an_address_needs_no_dns(destination: Destination, target: tuple[str, int, str]) -> None:
    assert await found(destination) == [target]


async def test_naptr_says_the_transports_and_srv_the_machines_in_order() -> None:
    machines = await found(Destination("full.test"))
    assert machines[:4] == [
        ("127.0.0.1", 5070, "tcp"),
        ("127.0.0.1", 5061, "tls"),
        ("127.0.0.1", 5060, "udp"),
        ("::1", 5062, "udp"),
    ]
    # Addresses of one name have no order.
    assert sorted(machines[4:]) == [("127.0.0.2", 5062, "udp"), ("127.0.0.3", 5062, "udp")]


async def test_sips_leads_over_tls_only() -> None:
    assert await found(Destination("full.test", secure=True)) == [("127.0.0.1", 5061, "tls")]


async def test_a_chosen_transport_asks_for_its_srv_records_alone() -> None:
    async with dns_server(RECORDS) as server:
        await resolver(server).targets(Destination("full.test", transport="udp"))
        assert ("full.test", "NAPTR") not in server.asked
        assert ("_sip._tcp.full.test", "SRV") not in server.asked


async def test_without_naptr_the_transport_with_srv_records_is_taken() -> None:
    assert await found(Destination("only-tls.test")) == [("127.0.0.1", 5061, "tls")]


async def test_without_any_the_domain_itself_is_the_machine() -> None:
    assert await found(Destination("plain.test")) == [("::1", 5060, "udp"), ("127.0.0.4", 5060, "udp")]
    assert await found(Destination("plain.test", transport="tls")) == [
        ("::1", 5061, "tls"),
        ("127.0.0.4", 5061, "tls"),
    ]


async def test_only_families_that_we_can_reach_are_asked_for() -> None:
    assert await found(Destination("plain.test", 5070, "udp"), families=(2,)) == [("127.0.0.4", 5070, "udp")]


async def test_the_certificate_must_be_of_the_domain_not_of_the_machine() -> None:
    async with dns_server(RECORDS) as server:
        (target,) = await resolver(server).targets(Destination("full.test", transport="tls"))
        assert target == Target("127.0.0.1", 5061, "tls", "full.test")


async def test_a_domain_that_says_no_is_believed() -> None:
    with pytest.raises(Unreachable):
        await found(Destination("none.test", transport="udp"))


async def test_a_domain_without_machines_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="DNS knows no machine"):
        await found(Destination("nowhere.test"))
    for name in ("a..b", "x" * 300 + ".test", "ümläut.test", " "):
        with pytest.raises(Unreachable):
            await found(Destination(name))


async def test_weights_share_the_calls() -> None:
    firsts: Counter[int] = Counter()
    async with dns_server(RECORDS, ttl=0) as server:
        chance = random.Random(7)
        for _ in range(60):
            asker = resolver(server, chance=chance)
            firsts[(await asker.targets(Destination("weights.test", transport="udp")))[0].port] += 1
    assert firsts[1] > firsts[2] > 3
    assert firsts.total() == 60


async def test_answers_are_remembered_for_as_long_as_they_say() -> None:
    now = [0.0]
    async with dns_server(RECORDS, ttl=60) as server:
        asker = resolver(server, clock=lambda: now[0])
        for moment in (0.0, 59.0, 61.0):
            now[0] = moment
            await asker.targets(Destination("plain.test", 5060, "udp"))
        assert server.asked["plain.test", "A"] == 2


async def test_a_silent_dns_leaves_the_addresses_of_before() -> None:
    now = [0.0]
    async with dns_server(RECORDS, ttl=60) as server:
        asker = resolver(server, clock=lambda: now[0])
        before = await asker.targets(Destination("plain.test", 5060, "udp"))
        now[0], server.silent = 3600.0, True
        asker._seconds, asker._dns = 0.2, None  # from now on nothing comes anyway
        assert await asker.targets(Destination("plain.test", 5060, "udp")) == before
        with pytest.raises(Unreachable, match="DNS does not answer"):
            await asker.targets(Destination("full.test", 5060, "udp"))
        now[0] = 2 * 86_400.0
        with pytest.raises(Unreachable):
            await asker.targets(Destination("plain.test", 5060, "udp"))


async def test_a_name_that_dns_takes_back_is_gone() -> None:
    now = [0.0]
    async with dns_server(RECORDS, ttl=60) as server:
        asker = resolver(server, clock=lambda: now[0])
        await asker.targets(Destination("plain.test", 5060, "udp"))
        now[0] = 100.0
        server.records.clear()
        with pytest.raises(Unreachable):
            await asker.targets(Destination("plain.test", 5060, "udp"))


async def test_names_of_this_machine_are_known_without_dns() -> None:
    async with dns_server({}) as server:
        asker = Resolver(nameservers=[server.address], hosts=True)
        targets = await asker.targets(Destination("localhost", 5060, "udp"))
    assert "127.0.0.1" in {one.host for one in targets}


@pytest.mark.parametrize(
    ("uri", "destination"),
    [
        ("sip:x@Example.NET", Destination("example.net")),
        ("sip:example.net:5070;transport=TCP", Destination("example.net", 5070, "tcp")),
        ("sips:x@example.net", Destination("example.net", secure=True)),
        ("sip:x@example.net;maddr=192.0.2.1;transport=ws", Destination("192.0.2.1")),
        ("sip:x@[2001:db8::1];lr", Destination("2001:db8::1")),
    ],
)
def test_a_uri_names_a_destination(uri: str, destination: Destination) -> None:
    assert Destination.of(Uri.parse(uri)) == destination


def test_a_telephone_number_names_no_machine() -> None:
    with pytest.raises(Unreachable):
        Destination.of(Uri.parse("tel:+4930123456"))
