"""Somebody's place in a group, in a transaction of the caller's: what the services of groups share.

Everybody who is refused is told the same, that there is no such group or member: nobody learns of groups in
which they have no part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet.errors import N_, UserError
from onmeet.groups.models import Group, GroupMember
from onmeet.groups.policy import NOTHING, GroupPolicy

__all__ = [
    "RANKS", "AlreadyMember", "GroupGone", "Member", "Membership", "NoSeat", "Role", "Seats", "admit",
    "group_of", "join", "member", "membership", "one_group_each", "policy_of", "role_of", "ruled", "seats_of",
    "withheld",
]  # fmt: skip

Role = Literal["owner", "admin", "member"]

RANKS: tuple[Role, ...] = ("member", "admin", "owner")
"""Each may do what those before it may."""


class GroupGone(UserError):
    """There is no such group or member, or the asker has no say there: the same answer for all."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such group."), 404)


class AlreadyMember(UserError):
    """Nobody is in more than one group."""

    def __init__(self) -> None:
        super().__init__(N_("You are in a group already. Leave it first; your account stays."), 409)


class NoSeat(UserError):
    """Every seat that the group pays for is taken."""

    def __init__(self) -> None:
        super().__init__(N_("This group has no free seat. Ask the people who run it."), 409)


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's place in a group. `group`, `account`: ids. `name`: the group's."""

    group: int
    name: str
    account: int
    role: Role
    joined_on: date | None

    @property
    def rules(self) -> bool:
        """Whether they administer the group."""
        return self.role != "member"


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the group sees one: what the notice does not let it see is empty. number: in addresses."""

    number: int
    name: str
    email: str
    role: Role
    joined_on: date | None
    you: bool


@dataclass(frozen=True, slots=True)
class Seats:
    """How many are in the group, and how many are paid for (None: as many as there are)."""

    taken: int
    paid: int | None

    @property
    def free(self) -> bool:
        """Whether another one fits in."""
        return self.paid is None or self.taken < self.paid


def membership(session: Session, account_id: int) -> Membership | None:
    """The group that somebody is in."""
    found = session.execute(
        select(GroupMember, Group.name)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.account_id == account_id)
    ).one_or_none()
    if found is None:
        return None
    row, name = found
    return Membership(row.group_id, name, account_id, role_of(row), row.joined_on)


def ruled(session: Session, account_id: int, least: Role = "admin") -> Membership:
    """The group in which somebody is `least` or more. Raises `GroupGone`."""
    here = membership(session, account_id)
    if here is None or RANKS.index(here.role) < RANKS.index(least):
        raise GroupGone
    return here


def policy_of(session: Session, account_id: int) -> GroupPolicy:
    """As `Groups.policy_of`, in a transaction of the caller's."""
    text = session.scalar(
        select(Group.policy)
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.account_id == account_id)
    )
    return GroupPolicy.from_json(text) if text else NOTHING


def withheld(session: Session, account_id: int | None) -> frozenset[str]:
    """The categories that a group does not want kept about somebody, and about their meetings."""
    return policy_of(session, account_id).withheld if account_id is not None else frozenset()


def admit(session: Session, group_id: int, account_id: int, role: Role, today: date) -> None:
    """Let somebody in. Raises `NoSeat` or `AlreadyMember`; two at once never share the last seat."""
    group = session.scalar(select(Group).where(Group.id == group_id).with_for_update())
    if group is None:
        raise GroupGone
    if membership(session, account_id) is not None:
        raise AlreadyMember
    if not seats_of(session, group).free:
        raise NoSeat
    join(session, group_id, account_id, role, today)


@contextmanager
def one_group_each() -> Iterator[None]:
    """Around a transaction that lets somebody in: who came in elsewhere meanwhile is a member already."""
    try:
        yield
    except IntegrityError:
        raise AlreadyMember from None


def join(session: Session, group_id: int, account_id: int, role: Role, today: date) -> None:
    """Write down that somebody is in a group; whether they may be is the caller's to know."""
    session.add(GroupMember(group_id=group_id, account_id=account_id, role=role, joined_on=today))
    session.flush()


def group_of(session: Session, group_id: int) -> Group:
    """The row of a group. Raises `GroupGone`."""
    group = session.get(Group, group_id)
    if group is None:
        raise GroupGone
    return group


def member(session: Session, actor: Membership, number: int) -> GroupMember:
    """The row of a member of the actor's group. Raises `GroupGone`."""
    row = session.get(GroupMember, number)
    if row is None or row.group_id != actor.group:
        raise GroupGone
    return row


def seats_of(session: Session, group: Group) -> Seats:
    """How full a group is."""
    taken = select(func.count(GroupMember.id)).where(GroupMember.group_id == group.id)
    return Seats(session.scalar(taken) or 0, group.seats)


def role_of(row: GroupMember) -> Role:
    """The role in a row."""
    return cast(Role, row.role)
