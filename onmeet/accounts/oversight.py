"""The operator's view of accounts: how many are in which state, and one at a time by its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account, Passkey, SignIn
from onmeet.accounts.sign_ins import ended_in
from onmeet.clock import now
from onmeet.db import Database

__all__ = ["STATES", "Oversight", "Registered"]

STATES: dict[str, ColumnElement[bool]] = {
    "open": and_(Account.closed_on.is_(None), Account.pending_until.is_(None)),
    "pending": and_(Account.closed_on.is_(None), Account.pending_until.is_not(None)),
    "restricted": and_(Account.closed_on.is_(None), Account.restricted.is_(True)),
    "closed": and_(Account.closed_on.is_not(None), Account.email.is_not(None)),
    "held": and_(Account.closed_on.is_not(None), Account.email.is_(None)),
}
"""States and what they mean; `restricted` ones are open, too. held: erased but for what must stay."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One account, with what the operator needs to help its owner, and nothing of what they do."""

    id: int
    states: tuple[str, ...]
    created_on: date | None
    last_seen_on: date | None
    closed_on: date | None
    sign_ins: int
    second_factor: bool
    passkeys: int
    operator: bool


class Oversight:
    """The service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        """How many accounts are in each state."""
        with self._database.reading() as session:
            return {
                name: session.scalar(select(func.count(Account.id)).where(state)) or 0
                for name, state in STATES.items()
            }

    def get(self, account_id: int) -> Registered | None:
        """One account, or None."""
        with self._database.reading() as session:
            account = session.get(Account, account_id)
            return _registered(session, account) if account is not None else None

    def close(self, account_id: int) -> bool:
        """Close an account: nobody signs in, and the terms of the notice count. False: it was not open."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is None or account.closed_on is not None:
                return False
            account.closed_on = now().date()
            ended_in(session, account_id)
        return True

    def reopen(self, account_id: int) -> bool:
        """Open a closed account whose address is still held; False when that cannot be.

        The owner comes in with a passkey or single sign-on, or with a new password by a mailed link.
        """
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is None or account.closed_on is None or account.erasing or account.email is None:
                return False
            account.closed_on, account.last_seen_on = None, now().date()
            account.warned_on = account.reminded_on = None
        return True

    def sign_out(self, account_id: int) -> int:
        """End every sign-in of an account; how many."""
        with self._database.writing() as session:
            return ended_in(session, account_id)

    def appoint(self, account_id: int, on: bool) -> bool:
        """Make somebody an operator, or no longer; False when there is no such account that is open."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is None or account.closed_on is not None or account.pending_until is not None:
                return False
            account.role = "operator" if on else ""
        return True


def _registered(session: Session, account: Account) -> Registered:
    states = select(*(func.coalesce(state, false()).label(name) for name, state in STATES.items()))
    row = session.execute(states.where(Account.id == account.id)).mappings().one()
    sign_ins = select(func.count(SignIn.token_hash)).where(SignIn.account_id == account.id)
    passkeys = select(func.count(Passkey.id)).where(Passkey.account_id == account.id)
    return Registered(
        account.id,
        tuple(name for name in STATES if row[name]),
        account.created_on,
        account.last_seen_on,
        account.closed_on,
        session.scalar(sign_ins) or 0,
        account.totp is not None,
        session.scalar(passkeys) or 0,
        account.role == "operator",
    )
