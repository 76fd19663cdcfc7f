"""People whom a group's own sign-in service has identified: found by whom it says they are, or new here.

The service speaks for addresses of the group's proven domains alone, and lets nobody into an account whose
owner has not joined the group by themselves. Accounts that have been opened with it once are found by its own
name of the person (`onmeet.groups.ties`), others by the address.
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
from onmeet.groups.ties import AnotherPerson, Tie

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

    def find(self, group_id: int, email: str, tie: Tie) -> Arrival:
        """Who it is. Raises `NotTheirs`, or `AnotherPerson`: the account of the address is tied to them."""
        with self._database.reading() as session:
            return self._find(session, group_id, email, tie)

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
        tie: Tie,
        *,
        language: str,
        notice: str,
        consents: Mapping[str, str],
    ) -> int:
        """Make an account without a password, in the group and not tied yet; its id.

        One that somebody made for the address without confirming it gives way, password and all. Raises
        `NotTheirs`, `AnotherPerson`, `NoSeat` or `AlreadyMember`.
        """
        account = self._accounts.made(email, None, name, phone="", country="", language=language)
        account.notice, account.proven = notice, account.email_mark
        with one_group_each(), self._database.writing() as session:
            if self._find(session, group_id, email, tie).state != "new":
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

    def _find(self, session: Session, group_id: int, email: str, tie: Tie) -> Arrival:
        if not _speaks_for(session, group_id, email):
            raise NotTheirs
        query = select(Account).where(Account.email_mark == self._accounts.found_by(email))
        account = _tied(session, group_id, tie) or session.scalar(query)
        if account is None or account.pending_until is not None:
            return Arrival("new")
        # An address that nobody has confirmed may stand in somebody else's account
        if account.closed_on is not None or account.erasing or account.proven != account.email_mark:
            raise NotTheirs
        if account.sign_on_mark not in (None, tie.mark):
            raise AnotherPerson
        here = membership(session, account.id)
        if here is None:
            return Arrival("joining", account.id)
        return Arrival("member" if here.group == group_id else "elsewhere", account.id)


def _tied(session: Session, group_id: int, tie: Tie) -> Account | None:
    """The account that is tied to somebody, whatever address the service gives them by now.

    Not one that has left both the group and its domains: there the service has no say any more.
    """
    account = session.scalar(select(Account).where(Account.sign_on_mark == tie.mark))
    if account is None:
        return None
    here = membership(session, account.id)
    inside = here is not None and here.group == group_id
    return account if inside or _speaks_for(session, group_id, account.email or "") else None


def _speaks_for(session: Session, group_id: int, email: str) -> bool:
    domain = GroupDomain.domain == email.rpartition("@")[2].lower()
    theirs = select(GroupDomain.id).where(
        GroupDomain.group_id == group_id, domain, GroupDomain.verified_on.is_not(None)
    )
    return session.scalar(theirs.limit(1)) is not None
