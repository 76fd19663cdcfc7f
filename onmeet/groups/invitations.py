"""Links into a group. A link's token is told once, to whoever makes it; only its hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select

from onmeet.db import Database
from onmeet.errors import N_, UserError
from onmeet.groups.membership import (
    GroupGone,
    Membership,
    Role,
    admit,
    group_of,
    membership,
    one_group_each,
    ruled,
)
from onmeet.groups.models import GroupInvitation
from onmeet.groups.policy import GroupPolicy

__all__ = ["MOST_DAYS", "MOST_LINKS", "MOST_USES", "Invitation", "Invitations", "LinkOver", "Offer"]

MOST_DAYS = 90
MOST_USES = 1000
MOST_LINKS = 50
"""Links that a group may have at once."""


class LinkOver(GroupGone):
    """Nothing lies behind the link, or no longer: the same answer for all."""

    def __init__(self) -> None:
        sentence = N_("This invitation is used up, withdrawn or too old. Ask for a new one.")
        UserError.__init__(self, sentence, 404)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link as the group's admins see it. `number`: in addresses of pages."""

    number: int
    role: Role
    uses_left: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody may join: a group's id, its name, as what, and how it tightens the notice."""

    group: int
    name: str
    role: Role
    policy: GroupPolicy


class Invitations:
    """The service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, account_id: int, role: Role, *, uses: int, days: int, now: datetime) -> str:
        """A new link's token, for so many people and days. Only the owner invites admins.

        Raises `GroupGone`, or `UserError` for numbers out of range and too many links.
        """
        if not (1 <= uses <= MOST_USES and 1 <= days <= MOST_DAYS):
            raise UserError(N_("That number is not possible."), 422)
        token = secrets.token_urlsafe(32)
        expires = int((now + timedelta(days=days)).timestamp())
        with self._database.writing() as session:
            group = ruled(session, account_id, "owner" if role != "member" else "admin").group
            count = select(func.count(GroupInvitation.id)).where(GroupInvitation.group_id == group)
            if role == "owner":
                raise GroupGone
            if (session.scalar(count) or 0) >= MOST_LINKS:
                raise UserError(N_("The group has many invitations already. Withdraw some first."), 409)
            session.add(
                GroupInvitation(
                    group_id=group, token_hash=_hash(token), role=role, uses_left=uses, expires=expires
                )
            )
        return token

    def of(self, account_id: int, now: datetime) -> list[Invitation]:
        """The links of an admin's group that still lead into it. Raises `GroupGone`."""
        with self._database.reading() as session:
            group = ruled(session, account_id).group
            query = select(GroupInvitation).where(GroupInvitation.group_id == group, _open(now))
            return [
                Invitation(
                    row.id,
                    "admin" if row.role == "admin" else "member",
                    row.uses_left,
                    datetime.fromtimestamp(row.expires, UTC),
                )
                for row in session.scalars(query.order_by(GroupInvitation.id))
            ]

    def revoke(self, account_id: int, number: int) -> None:
        """A link leads nowhere from now on. Raises `GroupGone`."""
        with self._database.writing() as session:
            actor, row = ruled(session, account_id), session.get(GroupInvitation, number)
            if row is None or row.group_id != actor.group:
                raise GroupGone
            session.delete(row)

    def offer(self, token: str, now: datetime) -> Offer:
        """What a link leads into, to be shown before anything happens. Raises `LinkOver`."""
        with self._database.reading() as session:
            row = session.scalar(_found(token, now))
            if row is None:
                raise LinkOver
            group = group_of(session, row.group_id)
            role: Role = "admin" if row.role == "admin" else "member"
            return Offer(group.id, group.name, role, GroupPolicy.from_json(group.policy))

    def accept(self, token: str, account_id: int, now: datetime) -> Membership:
        """Go in. Raises `LinkOver`, `AlreadyMember` or `NoSeat`; a link's last use is taken once only."""
        with one_group_each(), self._database.writing() as session:
            row = session.scalar(_found(token, now).with_for_update())
            if row is None:
                raise LinkOver
            role: Role = "admin" if row.role == "admin" else "member"
            admit(session, row.group_id, account_id, role, now.date())
            row.uses_left -= 1
            if not row.uses_left:
                session.delete(row)
            here = membership(session, account_id)
        if here is None:
            raise GroupGone
        return here


def _found(token: str, now: datetime) -> Select[GroupInvitation]:
    return select(GroupInvitation).where(GroupInvitation.token_hash == _hash(token), _open(now))


def _open(now: datetime) -> ColumnElement[bool]:
    return GroupInvitation.expires > int(now.timestamp())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
