"""What the keeper does for groups: heirs for lost owners, and what a group wants to be gone sooner."""

from __future__ import annotations

from onmeet.groups.policy import GroupPolicy
from onmeet.keeper.__main__ import Keeper
from tests.factories.house import House
from tests.groups.people import NOW, People, group_with


def test_the_keeper_finds_an_heir_and_sweeps_what_a_group_withholds(house: House) -> None:
    behind, people = house.services, People(house)
    group_with(behind.groups, behind.invitations, *map(people, ("Ada", "Bo", "Cy")), admins=1)
    behind.own.correct(people("Cy"), name="Cy", phone="+49 30 1234567", country="DE")
    behind.groups.tighten(people("Ada"), GroupPolicy(frozenset({"account.phone"})))
    behind.erasure.account(people("Ada"), NOW)
    work = Keeper(house.config, behind.policy, behind.database)._work()
    for job in ("erasures", "everything", "domains"):
        work[job](NOW)
    here = behind.groups.of(people("Bo"))
    assert here is not None
    assert here.role == "owner"
    assert (behind.own.details(people("Cy")).name, behind.own.details(people("Cy")).phone) == ("Cy", "")
