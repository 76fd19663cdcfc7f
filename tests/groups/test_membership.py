"""Who is in a group, as what, and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Barrier, Thread

import pytest

from onmeet.errors import UserError
from onmeet.groups.invitations import Invitations
from onmeet.groups.membership import AlreadyMember, GroupGone, Membership, NoSeat
from onmeet.groups.service import Groups
from tests.factories.house import House
from tests.groups.people import NOW, TODAY, People, group_with

House_ = Callable[..., House]


@dataclass
class School:
    """Ada owns a group, Bo administers it, Cy is a member; Zoe is nobody there."""

    house: House
    groups: Groups
    invitations: Invitations
    people: People
    id: int

    def numbers(self) -> dict[str, int]:
        return {each.name: each.number for each in self.groups.members(self.people("Ada"))}

    def role(self, name: str) -> str | None:
        here = self.groups.of(self.people(name))
        return here.role if here else None


@pytest.fixture
def school(house: House) -> School:
    people, database = People(house), house.services.database
    groups, invitations = Groups(database, house.services.policy), Invitations(database)
    group = group_with(groups, invitations, people("Ada"), people("Bo"), people("Cy"), admins=1)
    people("Zoe")
    return School(house, groups, invitations, people, group)


def test_who_makes_a_group_owns_it(school: School) -> None:
    assert school.groups.of(school.people("Ada")) == Membership(
        school.id, "Heron School", school.people("Ada"), "owner", TODAY
    )
    assert school.groups.of(school.people("Zoe")) is None


def test_nobody_is_in_two_groups(school: School) -> None:
    for name in ("Ada", "Bo", "Cy"):
        with pytest.raises(AlreadyMember):
            school.groups.create(school.people(name), "Another", TODAY)
    school.groups.create(school.people("Zoe"), "Another", TODAY)
    token = school.invitations.make(school.people("Ada"), "member", uses=1, days=1, now=NOW)
    with pytest.raises(AlreadyMember):
        school.invitations.accept(token, school.people("Zoe"), NOW)


@pytest.mark.promise("N1.11")
def test_admins_see_name_and_address_of_members_and_nothing_else(school: School) -> None:
    """A group sees name, address, role and day of joining of its members: what the notice lets it see."""
    seen = school.groups.members(school.people("Bo"))
    assert [(each.name, each.email, each.role, each.joined_on, each.you) for each in seen] == [
        ("Ada", "ada@example.org", "owner", TODAY, False),
        ("Bo", "bo@example.org", "admin", TODAY, True),
        ("Cy", "cy@example.org", "member", TODAY, False),
    ]


def test_where_the_notice_lets_groups_see_nothing_members_have_no_name(build_house: House_) -> None:
    house = build_house(notice="meetingsphere")
    people, groups = People(house), Groups(house.services.database, house.services.policy)
    group_with(groups, Invitations(house.services.database), people("Ada"), people("Bo"))
    own, other = groups.members(people("Ada"))
    assert (own.name, own.email) == ("Ada", "ada@example.org")
    assert (other.name, other.email, other.joined_on, other.role) == ("", "", None, "member")


def test_where_payment_is_not_permitted_there_are_no_groups(build_house: House_) -> None:
    house = build_house(notice="3cx-webmeeting")
    groups = Groups(house.services.database, house.services.policy)
    assert not groups.offered
    with pytest.raises(GroupGone):
        groups.create(People(house)("Ada"), "Heron School", TODAY)


@pytest.mark.parametrize("actor", ["Cy", "Zoe"])
def test_who_does_not_rule_changes_nothing(school: School, actor: str) -> None:
    me, number = school.people(actor), school.numbers()["Bo"]
    for attempt in (
        lambda: school.groups.members(me),
        lambda: school.groups.rename(me, "Mine"),
        lambda: school.groups.remove(me, number),
        lambda: school.groups.set_role(me, number, "member"),
        lambda: school.groups.hand_over(me, number),
        lambda: school.groups.delete(me),
        lambda: school.groups.tighten(me, school.groups.policy(school.id)),
        lambda: school.invitations.make(me, "member", uses=1, days=1, now=NOW),
        lambda: school.invitations.of(me, NOW),
    ):
        with pytest.raises(GroupGone):
            attempt()
    assert [each.role for each in school.groups.members(school.people("Ada"))] == ["owner", "admin", "member"]


def test_an_admin_has_no_power_over_owner_and_admins(school: School) -> None:
    bo, numbers = school.people("Bo"), school.numbers()
    for attempt in (
        lambda: school.groups.remove(bo, numbers["Ada"]),
        lambda: school.groups.remove(bo, numbers["Bo"]),
        lambda: school.groups.set_role(bo, numbers["Cy"], "admin"),
        lambda: school.groups.hand_over(bo, numbers["Bo"]),
        lambda: school.groups.delete(bo),
        lambda: school.invitations.make(bo, "admin", uses=1, days=1, now=NOW),
    ):
        with pytest.raises(GroupGone):
            attempt()
    school.groups.remove(bo, numbers["Cy"])
    assert school.role("Cy") is None


def test_members_of_another_group_do_not_exist(school: School) -> None:
    number = school.numbers()["Cy"]
    group_with(school.groups, school.invitations, school.people("Zoe"))
    for attempt in (school.groups.remove, school.groups.hand_over):
        with pytest.raises(GroupGone):
            attempt(school.people("Zoe"), number)
    with pytest.raises(GroupGone):
        school.groups.set_role(school.people("Zoe"), number, "admin")


def test_an_invitation_of_another_group_cannot_be_revoked(school: School) -> None:
    school.invitations.make(school.people("Ada"), "member", uses=1, days=1, now=NOW)
    (invitation,) = school.invitations.of(school.people("Bo"), NOW)
    group_with(school.groups, school.invitations, school.people("Zoe"))
    with pytest.raises(GroupGone):
        school.invitations.revoke(school.people("Zoe"), invitation.number)
    assert school.invitations.of(school.people("Bo"), NOW) == [invitation]


def test_the_owner_hands_over_and_stays_as_an_admin(school: School) -> None:
    school.groups.hand_over(school.people("Ada"), school.numbers()["Cy"])
    assert (school.role("Ada"), school.role("Cy")) == ("admin", "owner")
    school.groups.leave(school.people("Ada"))
    assert school.role("Ada") is None


@pytest.mark.promise("N1.11")
def test_who_leaves_keeps_the_account(school: School) -> None:
    """Leaving a group takes the membership and nothing else: the account goes on."""
    school.groups.leave(school.people("Cy"))
    assert school.role("Cy") is None
    assert school.house.services.own.details(school.people("Cy")).email == "cy@example.org"
    with pytest.raises(GroupGone):
        school.groups.leave(school.people("Cy"))


def test_the_owner_does_not_leave_a_group_alone(school: School) -> None:
    with pytest.raises(UserError):
        school.groups.leave(school.people("Ada"))
    assert school.role("Ada") == "owner"


def test_a_group_that_is_deleted_leaves_the_accounts(school: School) -> None:
    school.groups.delete(school.people("Ada"))
    assert [school.role(name) for name in ("Ada", "Bo", "Cy")] == [None, None, None]
    assert school.house.services.accounts.is_open(school.people("Bo"))


def test_the_admin_who_was_first_inherits_from_an_owner_who_is_gone(school: School) -> None:
    school.groups.set_role(school.people("Ada"), school.numbers()["Cy"], "admin")
    school.house.services.erasure.account(school.people("Ada"), NOW)
    assert school.groups.tidy() == 1
    assert (school.role("Bo"), school.role("Cy")) == ("owner", "admin")
    assert school.groups.tidy() == 0


def test_a_group_without_anybody_to_run_it_goes(school: School) -> None:
    school.groups.remove(school.people("Ada"), school.numbers()["Bo"])
    school.house.services.erasure.account(school.people("Ada"), NOW)
    school.groups.tidy()
    assert school.role("Cy") is None
    with pytest.raises(GroupGone):
        school.groups.seats(school.id)


def test_no_more_come_in_than_seats_are_paid_for(school: School) -> None:
    school.groups.set_seats(school.id, 3)
    token = school.invitations.make(school.people("Ada"), "member", uses=5, days=1, now=NOW)
    with pytest.raises(NoSeat):
        school.invitations.accept(token, school.people("Zoe"), NOW)
    school.groups.set_seats(school.id, 4)
    school.invitations.accept(token, school.people("Zoe"), NOW)
    assert school.groups.seats(school.id).taken == 4
    assert not school.groups.seats(school.id).free


def test_the_last_seat_is_taken_once(school: School) -> None:
    school.groups.set_seats(school.id, 4)
    token = school.invitations.make(school.people("Ada"), "member", uses=9, days=1, now=NOW)
    guests = [school.people(f"Guest{number}") for number in range(4)]
    together, refused = Barrier(len(guests)), []

    def come(account: int) -> None:
        together.wait()
        try:
            school.invitations.accept(token, account, NOW)
        except NoSeat:
            refused.append(account)

    threads = [Thread(target=come, args=(account,)) for account in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (school.groups.seats(school.id).taken, len(refused)) == (4, 3)
