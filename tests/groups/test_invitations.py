"""Links into a group: how many, how long, and that they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from onmeet.errors import UserError
from onmeet.groups.invitations import MOST_LINKS, Invitations
from onmeet.groups.membership import GroupGone
from onmeet.groups.models import GroupInvitation
from onmeet.groups.policy import NOTHING, GroupPolicy
from onmeet.groups.service import Groups
from onmeet.notices.sweep import Sweep
from tests.factories.house import House
from tests.groups.people import NOW, People, group_with


@pytest.fixture
def people(house: House) -> People:
    return People(house)


@pytest.fixture
def groups(house: House) -> Groups:
    return Groups(house.services.database, house.services.policy)


@pytest.fixture
def invitations(house: House, groups: Groups, people: People) -> Invitations:
    made = Invitations(house.services.database)
    group_with(groups, made, people("Ada"))
    return made


def test_a_link_lets_in_as_many_as_it_says(invitations: Invitations, groups: Groups, people: People) -> None:
    token = invitations.make(people("Ada"), "member", uses=2, days=1, now=NOW)
    assert invitations.accept(token, people("Bo"), NOW).role == "member"
    assert invitations.accept(token, people("Cy"), NOW).role == "member"
    with pytest.raises(GroupGone):
        invitations.accept(token, people("Zoe"), NOW)
    assert len(groups.members(people("Ada"))) == 3
    assert invitations.of(people("Ada"), NOW) == []


def test_a_link_ends_with_its_day_and_the_sweep_takes_it(
    house: House, invitations: Invitations, people: People
) -> None:
    token = invitations.make(people("Ada"), "member", uses=2, days=1, now=NOW)
    later = NOW + timedelta(days=1)
    for attempt in (
        lambda: invitations.accept(token, people("Bo"), later),
        lambda: invitations.offer(token, later),
    ):
        with pytest.raises(GroupGone):
            attempt()
    assert invitations.of(people("Ada"), later) == []
    Sweep(house.services.database, house.services.policy, rest=lambda _: None).run(later)
    with house.services.database.reading() as session:
        assert session.scalars(select(GroupInvitation)).all() == []


def test_a_withdrawn_link_leads_nowhere(invitations: Invitations, people: People) -> None:
    token = invitations.make(people("Ada"), "member", uses=2, days=1, now=NOW)
    (invitation,) = invitations.of(people("Ada"), NOW)
    invitations.revoke(people("Ada"), invitation.number)
    with pytest.raises(GroupGone):
        invitations.accept(token, people("Bo"), NOW)


def test_an_offer_says_what_there_is_to_know_and_takes_nothing(
    invitations: Invitations, groups: Groups, people: People
) -> None:
    token = invitations.make(people("Ada"), "admin", uses=1, days=1, now=NOW)
    assert invitations.offer(token, NOW).policy == NOTHING
    groups.tighten(people("Ada"), GroupPolicy(withheld=frozenset({"account.phone"}), lobby=True))
    offer = invitations.offer(token, NOW)
    assert (offer.name, offer.role, offer.policy.lobby) == ("Heron School", "admin", True)
    assert len(groups.members(people("Ada"))) == 1
    assert invitations.accept(token, people("Bo"), NOW).role == "admin"


def test_somebody_who_is_refused_does_not_use_a_link_up(
    invitations: Invitations, groups: Groups, people: People
) -> None:
    token = invitations.make(people("Ada"), "member", uses=1, days=1, now=NOW)
    with pytest.raises(UserError):
        invitations.accept(token, people("Ada"), NOW)
    assert invitations.accept(token, people("Bo"), NOW).role == "member"


@pytest.mark.parametrize("token", ["", "x", "\ud800", "0" * 9000])
def test_no_link_is_guessed(invitations: Invitations, token: str) -> None:
    with pytest.raises(GroupGone):
        invitations.offer(token, NOW)


@pytest.mark.parametrize(("uses", "days"), [(0, 1), (-1, 1), (1, 0), (1001, 1), (1, 91)])
def test_links_have_bounds(invitations: Invitations, people: People, uses: int, days: int) -> None:
    with pytest.raises(UserError):
        invitations.make(people("Ada"), "member", uses=uses, days=days, now=NOW)


def test_a_group_has_no_endless_links(invitations: Invitations, people: People) -> None:
    for _ in range(MOST_LINKS):
        invitations.make(people("Ada"), "member", uses=1, days=1, now=NOW)
    with pytest.raises(UserError):
        invitations.make(people("Ada"), "member", uses=1, days=1, now=NOW)


def test_the_database_holds_no_token(house: House, invitations: Invitations, people: People) -> None:
    token = invitations.make(people("Ada"), "member", uses=1, days=1, now=NOW)
    with house.services.database.reading() as session:
        held = session.connection().exec_driver_sql("SELECT * FROM group_invitations").all()
    assert len(held) == 1
    assert token not in repr(held)
