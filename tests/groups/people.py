"""People with accounts, and groups of them, for the tests of groups."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select, update

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.groups.invitations import Invitations
from onmeet.groups.service import Groups
from tests.factories.house import House

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


class People:
    """Accounts by name, made when they are first asked for; `ada` is ada@example.org."""

    def __init__(self, house: House, *, domain: str = "example.org") -> None:
        self._house = house
        self._domain = domain

    def __call__(self, name: str) -> int:
        accounts, email = self._house.services.accounts, f"{name.lower()}@{self._domain}"
        found = accounts.id_of(email)
        if found is None:
            accounts.register(email, "seven green parrots", name)
            found = accounts.id_of(email)
        assert found is not None
        return found


def prove(database: Database, account_id: int) -> None:
    """The person has followed a link that was mailed to the address."""
    with database.writing() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(proven=select(Account.email_mark).where(Account.id == account_id).scalar_subquery())
        )


def group_with(groups: Groups, invitations: Invitations, owner: int, *members: int, admins: int = 0) -> int:
    """A group: the first so many members are admins. Gives its id."""
    group = groups.create(owner, "Heron School", TODAY)
    for number, member in enumerate(members):
        role = "admin" if number < admins else "member"
        invitations.accept(invitations.make(owner, role, uses=1, days=1, now=NOW), member, NOW)
    return group
