"""Registering by oneself: the account waits until somebody has read the mail that was sent to its address.

Whoever asks learns nothing about the address. A free one gets an account that waits and a link by mail; the
owner of a taken one is told by mail; the work, and so the time, is the same. Who confirms has read the mail
*and* knows the password: an account that a stranger began under somebody's address is never opened by them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet.accounts.addressees import as_mailed
from onmeet.accounts.evenly import WRITTEN, evenly
from onmeet.accounts.models import Account
from onmeet.accounts.people import Person
from onmeet.accounts.service import Accounts
from onmeet.accounts.telling import Tell
from onmeet.db import Database

__all__ = ["WAITS", "Registering"]

WAITS = timedelta(days=3)
"""For how long an account waits to be confirmed; then the sweep takes it."""


class Registering:
    """The service; thread-safe."""

    def __init__(self, database: Database, accounts: Accounts, tell: Tell) -> None:
        self._database = database
        self._accounts = accounts
        self._tell = tell

    def begin(
        self,
        email: str,
        password: str,
        name: str = "",
        *,
        phone: str = "",
        country: str = "",
        language: str = "",
        notice: str = "",
        consents: Mapping[str, str] | None = None,
    ) -> None:
        """Make an account that waits; one that waits already gives way to it, a confirmed one stays.

        Parameters as of `Accounts.register`.
        """
        account = self._accounts.made(email, password, name, phone=phone, country=country, language=language)
        account.notice = notice
        account.pending_until = int((self._accounts.now() + WAITS).timestamp())
        may_mail = self._accounts.may_mail(email)
        try:
            with evenly(WRITTEN), self._database.writing() as session:
                told, kind = self._add(session, account, consents or {}), "confirm-address"
                if told is None:
                    told, kind = self._taken(session, account, consents or {}), "address-taken"
                self._tell(session, kind, self._accounts.now(), account=told if may_mail else None)
        except IntegrityError:
            return  # somebody registered the address at the same moment, and is sent the mail

    def confirm(self, account_id: int, state: str, email: str, password: str, *, client: str) -> Person:
        """Open an account whose link was followed. state: in which that was mailed, to `email`.

        Raises `WrongCredentials`, `TooManyAttempts`, or `LinkGone`.
        """
        person = self._accounts.check(email, password, client=client, pending=True).person
        with self._database.writing() as session:
            account = as_mailed(session, account_id, state)
            account.pending_until = None
            account.proven = account.email_mark
        return person

    def _add(self, session: Session, account: Account, consents: Mapping[str, str]) -> int | None:
        """The number of the new account, None when another one has the address."""
        before = session.scalar(select(Account).where(Account.email_mark == account.email_mark))
        if before is not None and before.pending_until is None:
            return None
        if before is not None:
            session.delete(before)
            session.flush()
        session.add(account)
        session.flush()
        self._accounts.agree(session, account, consents)
        session.flush()
        return account.id

    def _taken(self, session: Session, account: Account, consents: Mapping[str, str]) -> int:
        """The number of the account that has the address, after the work that a new one would have cost."""
        query = select(Account.id).where(Account.email_mark == account.email_mark)
        with session.begin_nested() as nothing:
            account.email_mark = secrets.token_hex(32)
            session.add(account)
            session.flush()
            self._accounts.agree(session, account, consents)
            session.flush()
            nothing.rollback()
        return session.scalars(query).one()
