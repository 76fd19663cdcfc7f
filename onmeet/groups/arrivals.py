"""People whom a group's own sign-in service has identified: found by their address, or new here.

The service speaks for addresses of the group's proven domains alone, and lets nobody into an account whose
owner has not joined the group by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.accounts.service import Accounts
from onmeet.db import Database
from onmeet.groups.membership import AlreadyMember, admit, membership, one_group_each
from onmeet.groups.models import GroupDomain

__all__ = ["Arrival", "Arrivals", "NotTheirs"]


class NotTheirs(Exception):
    """The address is not one for which the group's sign-in service may speak, or its account is not open."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody at the door. account: 0 for `new`.

    member: in the group. joining: has an account, and is asked before it joins. new: is asked before one is
    made. elsewhere: in another group.
    """

    state: Literal["member", "joining", "new", "elsewhere"]
    account: int = 0


class Arrivals:
    """The service."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    def find(self, group_id: int, email: str) -> Arrival:
        """Who it is. Raises `NotTheirs`."""
        with self._database.reading() as session:
            return self._find(session, group_id, email)

    def join(self, group_id: int, account_id: int) -> None:
        """Let the account of an arrival into the group. Raises `NoSeat`, `AlreadyMember` or `GroupGone`."""
        today = self._accounts.now().date()
        with one_group_each(), self._database.writing() as session:
            admit(session, group_id, account_id, "member", today)

    def make(
        self,
        group_id: int,
        email: str,
        name: str,
        *,
        language: str,
        notice: str,
        consents: Mapping[str, str],
    ) -> int:
        """Make an account without a password, in the group; its id.

        One that somebody made for the address without confirming it gives way, password and all. Raises
        `NotTheirs`, `NoSeat` or `AlreadyMember`.
        """
        account = self._accounts.made(email, None, name, phone="", country="", language=language)
        account.notice, account.proven = notice, account.email_mark
        with one_group_each(), self._database.writing() as session:
            if self._find(session, group_id, email).state != "new":
                raise AlreadyMember
            waiting = session.scalar(select(Account).where(Account.email_mark == account.email_mark))
            if waiting is not None:
                session.delete(waiting)
                session.flush()
            session.add(account)
            session.flush()
            self._accounts.agree(session, account, consents)
            admit(session, group_id, account.id, "member", self._accounts.now().date())
        return account.id

    def _find(self, session: Session, group_id: int, email: str) -> Arrival:
        domain = GroupDomain.domain == email.rpartition("@")[2].lower()
        theirs = select(GroupDomain.id).where(
            GroupDomain.group_id == group_id, domain, GroupDomain.verified_on.is_not(None)
        )
        if session.scalar(theirs.limit(1)) is None:
            raise NotTheirs
        query = select(Account).where(Account.email_mark == self._accounts.found_by(email))
        account = session.scalar(query)
        if account is None or account.pending_until is not None:
            return Arrival("new")
        # An address that nobody has confirmed may stand in somebody else's account
        if account.closed_on is not None or account.erasing or account.proven != account.email_mark:
            raise NotTheirs
        here = membership(session, account.id)
        if here is None:
            return Arrival("joining", account.id)
        return Arrival("member" if here.group == group_id else "elsewhere", account.id)
