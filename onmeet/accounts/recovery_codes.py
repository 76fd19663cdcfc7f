"""Recovery codes: each opens the account once where the second factor, or the only passkey, is lost."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account, RecoveryCode
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = ["COUNT", "RecoveryCodes", "Spent"]

COUNT = 10

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that can be taken for another
_LENGTH = 12
"""59 bits, which nobody guesses; as keyed hashes they cannot be tried out on a copy of the database."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A code was taken. left: how many can still be used. renewed: all of them, where it was the last one."""

    left: int
    renewed: list[str] = field(default_factory=list, repr=False)


class RecoveryCodes:
    """The service; thread-safe. `key` makes the marks by which codes are found (`Config.marks_key`)."""

    def __init__(self, database: Database, *, key: bytes) -> None:
        self._database = database
        self._key = key

    def renew(self, account_id: int) -> list[str]:
        """Ten new codes, to be shown once; all older ones are worth nothing."""
        with self._database.writing() as session:
            _lock(session, account_id)
            return self._renew(session, account_id)

    def left(self, account_id: int) -> int:
        """How many can still be used."""
        query = select(func.count(RecoveryCode.id)).where(RecoveryCode.account_id == account_id)
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def takes(self, account_id: int, code: str) -> Spent | None:
        """Take a code if it is one of the account's; it is worth nothing from then on.

        The last one makes ten new ones: without any, a password alone might open the account.
        """
        typed = "".join(sign for sign in code.lower() if sign in _SIGNS)
        used = delete(RecoveryCode).where(
            RecoveryCode.account_id == account_id, RecoveryCode.mark == self._mark(account_id, typed)
        )
        counting = select(func.count(RecoveryCode.id)).where(RecoveryCode.account_id == account_id)
        with self._database.writing() as session:
            _lock(session, account_id)  # of two codes at once, one must know that it is the last
            if session.execute(used).rowcount != 1:  # type: ignore[attr-defined]
                return None
            left = session.scalar(counting) or 0
            return Spent(left) if left else Spent(COUNT, self._renew(session, account_id))

    def remove(self, account_id: int) -> None:
        """Forget all of them."""
        with self._database.writing() as session:
            session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))

    def _renew(self, session: Session, account_id: int) -> list[str]:
        codes = ["".join(secrets.choice(_SIGNS) for _ in range(_LENGTH)) for _ in range(COUNT)]
        session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        session.add_all(
            RecoveryCode(account_id=account_id, mark=self._mark(account_id, code)) for code in codes
        )
        return ["-".join((code[:4], code[4:8], code[8:])) for code in codes]

    def _mark(self, account_id: int, code: str) -> str:
        return mark(self._key, "recovery code", f"{account_id}\0{code}")


def _lock(session: Session, account_id: int) -> None:
    session.scalar(select(Account.id).where(Account.id == account_id).with_for_update())
