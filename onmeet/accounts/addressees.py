"""Whom a mail may go to: what `onmeet.mail` asks about accounts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.db import Database

__all__ = ["Addressee", "Addressees", "LinkGone", "as_mailed"]


class LinkGone(Exception):
    """What a mailed link was good for has been done, withdrawn or overtaken since."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account as an addressee. `email` and `language` are empty where nothing is held.

    new_email: the address that it is to get. state: see `onmeet.mail.addresses`.
    """

    email: str
    language: str
    subject: str
    new_email: str = ""
    state: str = ""


def _state(account: Account) -> str:
    """Changes with all that a mailed link may change: what is done once cannot be done again.

    Except that of the two links for another address the second is good after the first.
    """
    marks = (
        account.email_mark, account.password, account.pending_until, account.new_email_mark,
        account.new_email_until, account.closed_on, account.erasing,
    )  # fmt: skip
    return hashlib.sha256(repr(marks).encode()).hexdigest()


def as_mailed(session: Session, account_id: int, state: str) -> Account:
    """The account that a link was mailed to, still in that state, and locked. Raises `LinkGone`."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or _state(account) != state:
        raise LinkGone
    return account


class Addressees:
    """Looks addressees up; satisfies `onmeet.mail.addresses.Addresses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, account: int) -> Addressee | None:
        """Who an account is; closed ones too, because they are told that they are closed."""
        with self._database.reading() as session:
            found = session.get(Account, account)
        if found is None:
            return None
        return Addressee(
            found.email or "", found.language or "", found.subject, found.new_email or "", _state(found)
        )

    def state_of(self, account: int) -> str | None:
        """What a link to this account must have been mailed in; None when there is no such account."""
        found = self.of(account)
        return found.state if found is not None else None

    def everybody(self) -> list[int]:
        """Every account that is open, and whose address was confirmed if it had to be."""
        query = select(Account.id).where(Account.closed_on.is_(None), Account.pending_until.is_(None))
        with self._database.reading() as session:
            return list(session.scalars(query))

    def left_alone(self) -> set[int]:
        """Accounts that get no mail but what must be: processing is restricted, they object, or are closed.

        GDPR Art. 18 (2) and 21 (3).
        """
        query = select(Account.id).where(
            or_(Account.restricted.is_(True), Account.objected.is_(True), Account.closed_on.is_not(None))
        )
        with self._database.reading() as session:
            return set(session.scalars(query))
