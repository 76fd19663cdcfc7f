"""Groups: who is in one, as what, and what its policy asks for. Nothing here looks at anybody's meetings."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.errors import N_, UserError
from onmeet.groups.membership import (
    GroupGone,
    Member,
    Membership,
    Role,
    Seats,
    group_of,
    join,
    member,
    membership,
    one_group_each,
    policy_of,
    role_of,
    ruled,
    seats_of,
)
from onmeet.groups.models import Group, GroupMember
from onmeet.groups.policy import NOTHING, GroupPolicy, check
from onmeet.notices.policy import Policy

__all__ = ["Groups"]


class Groups:
    """The service. `policy`: the notice in force."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    @property
    def offered(self) -> bool:
        """Whether the notice lets it be kept who is in which group."""
        return self._policy.stores("billing.state")

    def of(self, account_id: int) -> Membership | None:
        """The group that somebody is in."""
        with self._database.reading() as session:
            return membership(session, account_id)

    def policy_of(self, account_id: int | None) -> GroupPolicy:
        """How the notice is tightened for somebody; tightens nothing for whoever is in no group."""
        if account_id is None or not self.offered:
            return NOTHING
        with self._database.reading() as session:
            return policy_of(session, account_id)

    def policy(self, group_id: int) -> GroupPolicy:
        """A group's policy. Raises `GroupGone`."""
        with self._database.reading() as session:
            return GroupPolicy.from_json(group_of(session, group_id).policy)

    def tighten(self, account_id: int, wanted: GroupPolicy) -> None:
        """Give the group of an admin this policy. Raises `GroupGone`, and `UserError` when it loosens."""
        check(wanted, self._policy)
        with self._database.writing() as session:
            group_of(session, ruled(session, account_id).group).policy = wanted.to_json()

    def create(self, account_id: int, name: str, today: date) -> int:
        """Make a group whose owner is `account_id`; its id. Raises `AlreadyMember`."""
        if not self.offered:
            raise GroupGone
        with one_group_each(), self._database.writing() as session:
            group = Group(name=name.strip())
            session.add(group)
            session.flush()
            join(session, group.id, account_id, "owner", today)
        return group.id

    def rename(self, account_id: int, name: str) -> None:
        """Call the group of an admin something else. Raises `GroupGone`."""
        with self._database.writing() as session:
            group_of(session, ruled(session, account_id).group).name = name.strip()

    # -- members -------------------------------------------------------------------------------------

    def members(self, account_id: int) -> list[Member]:
        """Who is in the group of an admin, as far as the notice lets the group see. Raises `GroupGone`."""
        names, mails = self.sees("account.name"), self.sees("account.email")
        with self._database.reading() as session:
            group = ruled(session, account_id).group
            found = session.execute(
                select(GroupMember, Account)
                .join(Account, Account.id == GroupMember.account_id)
                .where(GroupMember.group_id == group)
                .order_by(GroupMember.id)
            ).all()
        return [
            Member(
                row.id,
                (account.name or "") if names or account.id == account_id else "",
                (account.email or "") if mails or account.id == account_id else "",
                role_of(row),
                row.joined_on if self.sees("billing.state") else None,
                account.id == account_id,
            )
            for row, account in found
        ]

    def sees(self, category: str) -> bool:
        """Whether the notice lets a group see this about its members (N1.11)."""
        item = self._policy.item(category)
        return item is not None and "group" in item.readers

    def seats(self, group_id: int) -> Seats:
        """How full a group is. Raises `GroupGone`."""
        with self._database.reading() as session:
            return seats_of(session, group_of(session, group_id))

    def set_seats(self, group_id: int, seats: int | None) -> None:
        """How many members are paid for, as payment knows. Nobody is put out; nobody more gets in."""
        with self._database.writing() as session:
            group_of(session, group_id).seats = seats

    def remove(self, account_id: int, number: int) -> None:
        """Put a member out; the account stays. Only an owner puts an admin out. Raises `GroupGone`."""
        with self._database.writing() as session:
            actor = ruled(session, account_id)
            row = member(session, actor, number)
            if row.role == "owner" or (row.role == "admin" and actor.role != "owner"):
                raise GroupGone
            session.delete(row)
        self._database.erase_traces()

    def set_role(self, account_id: int, number: int, role: Role) -> None:
        """Make a member an admin, or an admin a member: for the owner. Raises `GroupGone`."""
        with self._database.writing() as session:
            row = member(session, ruled(session, account_id, "owner"), number)
            if row.role == "owner" or role == "owner":
                raise GroupGone
            row.role = role

    def hand_over(self, account_id: int, number: int) -> None:
        """Make another member the owner; the old one stays as an admin. Raises `GroupGone`."""
        with self._database.writing() as session:
            owner = ruled(session, account_id, "owner")
            row = member(session, owner, number)
            if row.account_id == account_id:
                raise GroupGone
            mine = select(GroupMember).where(GroupMember.account_id == account_id)
            session.scalars(mine).one().role = "admin"
            row.role = "owner"

    def leave(self, account_id: int) -> None:
        """Leave; the account stays. Raises `GroupGone`, or `UserError`: an owner hands over first."""
        with self._database.writing() as session:
            here = membership(session, account_id)
            if here is None:
                raise GroupGone
            if here.role == "owner":
                raise UserError(N_("Hand the group over to somebody first, or delete it."), 409)
            row = session.scalars(select(GroupMember).where(GroupMember.account_id == account_id)).one()
            session.delete(row)
        self._database.erase_traces()

    def delete(self, account_id: int) -> None:
        """End the group of an owner; the members' accounts stay. Raises `GroupGone`."""
        with self._database.reading() as session:
            group = ruled(session, account_id, "owner").group
        self.end(group)

    def end(self, group_id: int) -> None:
        """End a group, whoever asks; one that does not exist has ended already."""
        with self._database.writing() as session:
            session.execute(delete(GroupMember).where(GroupMember.group_id == group_id))
            session.execute(delete(Group).where(Group.id == group_id))
        self._database.erase_traces()

    def ownerless(self) -> list[int]:
        """Groups whose owner's account has gone: see `tidy`."""
        owned = select(GroupMember.group_id).where(GroupMember.role == "owner")
        with self._database.reading() as session:
            return list(session.scalars(select(Group.id).where(Group.id.not_in(owned))))

    def tidy(self) -> int:
        """After owners have gone: the admin who has been there longest takes over, else the group goes.

        Returns how many groups it concerned. For the keeper, and for whoever has just erased an account.
        """
        lost = self.ownerless()
        for group_id in lost:
            if not self._inherit(group_id):
                self.end(group_id)
        return len(lost)

    def _inherit(self, group_id: int) -> bool:
        query = select(GroupMember).where(GroupMember.group_id == group_id, GroupMember.role == "admin")
        with self._database.writing() as session:
            heir = session.scalar(query.order_by(GroupMember.id).limit(1))
            if heir is not None:
                heir.role = "owner"
        return heir is not None
