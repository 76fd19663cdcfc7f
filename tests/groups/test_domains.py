"""Domains of groups: proven by a DNS server, joined by people with a proven address there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from onmeet.errors import ProviderError, UserError
from onmeet.groups.dns_proof import DnsProof, domain_name
from onmeet.groups.domains import MOST_DOMAINS, Domains
from onmeet.groups.invitations import Invitations
from onmeet.groups.membership import AlreadyMember, GroupGone, NoSeat
from onmeet.groups.service import Groups
from tests.factories.dns import DnsServer, dns_server
from tests.factories.house import House
from tests.groups.people import NOW, TODAY, People, group_with, prove


class Registry:
    """Ada owns a group; a DNS server on this machine answers for its domains."""

    def __init__(self, house: House, dns: DnsServer) -> None:
        self.house, self.dns, self.people = house, dns, People(house)
        database = house.services.database
        self.groups = Groups(database, house.services.policy)
        self.domains = Domains(database, DnsProof(dns.address, seconds=30))
        self.group = group_with(self.groups, Invitations(database), self.people("Ada"))

    def add(self, name: str = "example.org") -> int:
        self.domains.add(self.people("Ada"), name)
        return next(each.number for each in self.domains.of(self.people("Ada")) if each.name == name)

    def publish(self, name: str = "example.org") -> None:
        record = next(each.record for each in self.domains.of(self.people("Ada")) if each.name == name)
        self.dns.records[name, "TXT"] = ['"v=spf1 -all"', f'"{record[:20]}" "{record[20:]}"']

    async def check(self, number: int) -> bool:
        """In a thread: the server answers from this one."""
        return await asyncio.to_thread(self.domains.check, self.people("Ada"), number, TODAY)

    async def proven(self, name: str = "example.org") -> int:
        number = self.add(name)
        self.publish(name)
        assert await self.check(number)
        return number

    def verified(self, name: str = "example.org") -> Any:
        return next(each.verified_on for each in self.domains.of(self.people("Ada")) if each.name == name)


@pytest.fixture
def registry(house: House) -> Callable[[], Any]:
    @asynccontextmanager
    async def build() -> AsyncIterator[Registry]:
        async with dns_server({}) as dns:
            yield Registry(house, dns)

    return build


async def test_a_domain_is_proven_by_its_record_alone(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        number = there.add()
        assert not await there.check(number), "no such name"
        there.dns.records["example.org", "TXT"] = ['"onmeet-verification="', '"onmeet-verification=guess"']
        assert not await there.check(number), "another token"
        assert there.verified() is None
        there.publish()
        assert await there.check(number)
        assert there.verified() == TODAY
        assert there.dns.asked["example.org", "TXT"] == 3


async def test_a_dns_that_is_silent_proves_nothing_and_disproves_nothing(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        number = await there.proven()
        there.dns.silent = True
        there.domains = Domains(there.house.services.database, DnsProof(there.dns.address, seconds=0.3))
        with pytest.raises(ProviderError):
            await there.check(number)
        later = TODAY + timedelta(days=30)
        assert await asyncio.to_thread(there.domains.recheck, later) == 0
        assert there.verified() == TODAY


async def test_a_domain_that_was_given_away_is_lost_within_a_week(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        await there.proven()
        there.dns.records["example.org", "TXT"] = ['"v=spf1 -all"']
        assert await asyncio.to_thread(there.domains.recheck, TODAY + timedelta(days=6)) == 0
        assert await asyncio.to_thread(there.domains.recheck, TODAY + timedelta(days=7)) == 1
        assert there.verified() is None


async def test_who_has_a_proven_address_there_may_join(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        number, bo = await there.proven(), there.people("Bo")
        assert there.domains.offers(bo) == [], "the address is not proven"
        with pytest.raises(GroupGone):
            there.domains.accept(bo, number, TODAY)
        prove(there.house.services.database, bo)
        (offer,) = there.domains.offers(bo)
        assert (offer.domain, offer.offer.name, offer.offer.role) == ("example.org", "Heron School", "member")
        assert there.domains.accept(bo, number, TODAY).role == "member"
        assert there.domains.offers(bo) == []
        with pytest.raises(AlreadyMember):
            there.domains.accept(bo, number, TODAY)


@pytest.mark.parametrize(
    "domain", ["elsewhere.example", "sub.example.org", "notexample.org", "example.org.evil.example"]
)
async def test_another_domain_is_another_domain(registry: Callable[[], Any], domain: str) -> None:
    async with registry() as there:
        number, zoe = await there.proven(), People(there.house, domain=domain)("Zoe")
        prove(there.house.services.database, zoe)
        assert there.domains.offers(zoe) == []
        with pytest.raises(GroupGone):
            there.domains.accept(zoe, number, TODAY)
        assert not there.domains.is_of(there.group, f"zoe@{domain}")
        assert there.domains.is_of(there.group, "Zoe@Example.ORG")


async def test_an_unproven_domain_opens_nothing(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        there.add()
        prove(there.house.services.database, there.people("Bo"))
        assert there.domains.offers(there.people("Bo")) == []
        assert not there.domains.is_of(there.group, "bo@example.org")


async def test_seats_hold_for_those_who_come_by_domain(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        number = await there.proven()
        there.groups.set_seats(there.group, 1)
        prove(there.house.services.database, there.people("Bo"))
        with pytest.raises(NoSeat):
            there.domains.accept(there.people("Bo"), number, TODAY)


async def test_domains_are_for_those_who_run_the_group(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        number = await there.proven()
        bo, zoe = there.people("Bo"), there.people("Zoe")
        prove(there.house.services.database, bo)
        there.domains.accept(bo, number, TODAY)
        there.groups.create(zoe, "Another", NOW.date())
        for account in (bo, zoe):
            for attempt in (there.domains.remove, lambda a, n: there.domains.check(a, n, TODAY)):
                with pytest.raises(GroupGone):
                    attempt(account, number)
        with pytest.raises(GroupGone):
            there.domains.add(bo, "example.net")
        there.domains.remove(there.people("Ada"), number)
        assert there.domains.of(there.people("Ada")) == []
        assert there.groups.of(bo) is not None


async def test_a_group_has_no_endless_domains(registry: Callable[[], Any]) -> None:
    async with registry() as there:
        for number in range(MOST_DOMAINS):
            there.add(f"d{number}.example.org")
        there.add("d1.example.org")
        with pytest.raises(UserError):
            there.add("one-more.example.org")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" Example.ORG. ", "example.org"),
        ("müsli.example", "xn--msli-0ra.example"),
        ("a.b.c.example", "a.b.c.example"),
        ("localhost", None),
        ("192.0.2.1", None),
        ("ada@example.org", None),
        ("-x.example.org", None),
        ("exa mple.org", None),
        ("a..example", None),
        ("x" * 64 + ".example", None),
        (".".join(["abcdefgh"] * 40), None),
        ("", None),
    ],
)
def test_what_is_a_domain(typed: str, name: str | None) -> None:
    assert domain_name(typed) == name
