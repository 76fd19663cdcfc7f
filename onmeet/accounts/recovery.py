"""A forgotten password: a link by mail, good for an hour and once."""

from __future__ import annotations

from sqlalchemy import select

from onmeet.accounts.addressees import LinkGone, as_mailed
from onmeet.accounts.evenly import WRITTEN, evenly
from onmeet.accounts.models import Account
from onmeet.accounts.people import normal_email
from onmeet.accounts.service import Accounts
from onmeet.accounts.sign_ins import ended_in
from onmeet.accounts.telling import Tell
from onmeet.db import Database

__all__ = ["LINK_SECONDS", "Recovery"]

LINK_SECONDS = 3600


class Recovery:
    """The service; thread-safe. Nobody learns from it whether an address has an account."""

    def __init__(self, database: Database, accounts: Accounts, tell: Tell) -> None:
        self._database = database
        self._accounts = accounts
        self._tell = tell

    def ask(self, email: str) -> None:
        """Somebody has forgotten the password of the account of this address, if there is one.

        An account that waits for its address to be confirmed gets that link again: its password may be a
        stranger's choice, and another one would not make the rest of it the owner's.
        """
        may_mail = self._accounts.may_mail(email)
        query = select(Account).where(
            Account.email_mark == self._accounts.found_by(normal_email(email)),
            Account.closed_on.is_(None),
            Account.erasing.is_(False),
        )
        with evenly(WRITTEN), self._database.writing() as session:
            account = session.scalar(query)
            waits = account is not None and account.pending_until is not None
            kind = "confirm-address" if waits else "password-reset"
            told = account.id if account is not None and may_mail else None
            self._tell(session, kind, self._accounts.now(), account=told)

    def set_password(self, account_id: int, state: str, password: str) -> None:
        """Another password for who has followed the link; sign-ins and a change of address end.

        state: in which the link was mailed. Raises `LinkGone`.
        """
        encoded = self._accounts.hash(password)
        with self._database.writing() as session:
            account = as_mailed(session, account_id, state)
            if account.pending_until is not None or account.closed_on is not None or account.erasing:
                raise LinkGone
            account.password = encoded
            account.proven = account.email_mark
            account.new_email, account.new_email_mark = None, ""
            account.new_email_agreed, account.new_email_until = "", None
            ended_in(session, account_id)
            self._tell(
                session, "security-changed", self._accounts.now(), account=account_id, about="password"
            )
        self._database.erase_traces()
