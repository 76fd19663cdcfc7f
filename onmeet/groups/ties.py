"""Whom a sign-in service means: accounts are tied to its name of a person (OpenID Connect Core 1.0 §5.7).

An address can be given to somebody else at the service, its `sub` cannot. So the first sign-in ties the
account to it, and from then on nobody else's sign-in there opens the account, whatever their address is. The
tie outlives the membership, because an address is given away when somebody leaves. It ends when its owner, or
the owner of the group, releases it, or when the group takes another service.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.errors import N_, UserError
from onmeet.groups.membership import member, ruled
from onmeet.groups.models import GroupMember
from onmeet.notices.marks import mark

__all__ = ["AnotherPerson", "Tie", "Ties", "release_members"]


class AnotherPerson(UserError):
    """The account belongs to somebody else at the sign-in service, who may have had the address before."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The account with this address is tied to somebody else at the sign-in service. "
                "If it is yours, let the owner of the group release it, "
                "or sign in another way and release it under Security."
            ),
            403,
        )


@dataclass(frozen=True, slots=True)
class Tie:
    """Somebody at a sign-in service. issuer: its name of itself. mark: keyed hash of that and of `sub`."""

    issuer: str
    mark: str


class Ties:
    """The service; thread-safe. `key` makes the marks (`Config.marks_key`)."""

    def __init__(self, database: Database, *, key: bytes) -> None:
        self._database = database
        self._key = key

    def to(self, issuer: str, subject: str) -> Tie:
        """The tie to somebody: both together name one person for good."""
        return Tie(issuer, mark(self._key, "sign-in service", f"{issuer}\0{subject}"))

    def of(self, account_id: int) -> str:
        """The issuer to which an account is tied, or empty."""
        with self._database.reading() as session:
            account = session.get(Account, account_id)
        return (account.sign_on_issuer or "") if account is not None and account.sign_on_mark else ""

    def bind(self, account_id: int, tie: Tie) -> None:
        """Tie an account that is not tied yet; its owner is in. Raises `AnotherPerson`."""
        try:
            with self._database.writing() as session:
                self._bind(session, account_id, tie)
        except IntegrityError:  # tied to another account at the same moment
            raise AnotherPerson from None

    def release(self, account_id: int) -> None:
        """Untie one's own account: whoever comes next with its address is taken for its owner."""
        with self._database.writing() as session:
            _release(session.get(Account, account_id))

    def release_member(self, owner_id: int, number: int) -> int:
        """The same for a member, by the owner of the group; whose account it was. Raises `GroupGone`."""
        with self._database.writing() as session:
            row = member(session, ruled(session, owner_id, "owner"), number)
            _release(session.get(Account, row.account_id))
            return row.account_id

    def _bind(self, session: Session, account_id: int, tie: Tie) -> None:
        account = session.get(Account, account_id, with_for_update=True)
        if account is None or account.sign_on_mark == tie.mark:
            return
        if account.sign_on_mark is not None:
            raise AnotherPerson
        # An account that the service no longer has a say in (`Arrivals`): one person is tied to one account
        _release(session.scalar(select(Account).where(Account.sign_on_mark == tie.mark)))
        session.flush()
        account.sign_on_mark, account.sign_on_issuer = tie.mark, tie.issuer


def release_members(session: Session, group_id: int) -> None:
    """Untie every member of a group that takes another sign-in service."""
    members = select(GroupMember.account_id).where(GroupMember.group_id == group_id)
    for account in session.scalars(
        select(Account).where(Account.id.in_(members), Account.sign_on_mark.is_not(None))
    ):
        _release(account)


def _release(account: Account | None) -> None:
    if account is not None:
        account.sign_on_mark = account.sign_on_issuer = None
