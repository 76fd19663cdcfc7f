"""Whom a mail may go to: what `onmeet.mail` asks about accounts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from onmeet.accounts.models import Account
from onmeet.db import Database

__all__ = ["Addressee", "Addressees"]


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account as an addressee. `email` and `language` are empty where nothing is held."""

    email: str
    language: str
    subject: str


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
        return Addressee(found.email or "", found.language or "", found.subject)

    def everybody(self) -> list[int]:
        """Every account that is open."""
        with self._database.reading() as session:
            return list(session.scalars(select(Account.id).where(Account.closed_on.is_(None))))

    def left_alone(self) -> set[int]:
        """Accounts that get no mail but what must be: processing is restricted, they object, or are closed.

        GDPR Art. 18 (2) and 21 (3).
        """
        query = select(Account.id).where(
            or_(Account.restricted.is_(True), Account.objected.is_(True), Account.closed_on.is_not(None))
        )
        with self._database.reading() as session:
            return set(session.scalars(query))
