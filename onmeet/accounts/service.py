"""Accounts: register, sign in, sign out. Nothing here tells whether an address has an account.

An honest limit: without a confirmation by mail, somebody who registers an address and then signs in with
the password just chosen learns that the address was free.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from onmeet.accounts.attempts import Attempts
from onmeet.accounts.models import Account, SignIn
from onmeet.accounts.passwords import Passwords
from onmeet.db import Database

__all__ = ["Accounts", "Person", "SignedIn", "WrongCredentials", "is_email", "normal_email"]

DAY = 86_400

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}")


class WrongCredentials(Exception):
    """No account with this address and password. Which of the two is wrong is not said."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: int
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that has just begun. `token` goes into the cookie and is stored nowhere else."""

    person: Person
    token: str


class Accounts:
    """The service; thread-safe. `key` makes the opaque names under which attempts are counted."""

    def __init__(
        self,
        database: Database,
        *,
        key: str,
        passwords: Passwords | None = None,
        attempts: Attempts | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._key = key.encode()
        self._passwords = Passwords() if passwords is None else passwords
        self._attempts = Attempts() if attempts is None else attempts
        self._wall_clock = wall_clock

    def register(self, email: str, password: str, name: str = "") -> None:
        """Make an account, or do nothing when the address has one: the caller cannot tell, by time either."""
        account = Account(
            email=normal_email(email), name=name.strip(), password=self._passwords.hash(password)
        )
        try:
            with self._database.writing() as session:
                session.add(account)
        except IntegrityError:
            return  # taken: its owner keeps the old password, and nobody is told

    def sign_in(
        self, email: str, password: str, *, client: str, known_here: bool = False, days: float = 0.5
    ) -> SignedIn:
        """Begin a sign-in that lasts `days`. `client` names where the attempt comes from.

        Raises `WrongCredentials`, or `TooManyAttempts` before anything is checked.
        """
        mark = self.mark(email)
        client = self._hidden("client", client)
        self._attempts.begin(mark, client, known_here=known_here)
        account = self._find(email)
        if not self._passwords.matches(account.password if account else None, password) or account is None:
            raise WrongCredentials
        self._attempts.succeeded(mark, client)
        if self._passwords.outdated(account.password):
            self._rehash(account.id, password)
        return SignedIn(_person(account), self._begin(account.id, days))

    def by_token(self, token: str) -> Person | None:
        """Who the cookie's token stands for, or None when that sign-in has ended."""
        query = (
            select(Account)
            .join(SignIn, SignIn.account_id == Account.id)
            .where(SignIn.token_hash == _hash(token), SignIn.expires > int(self._wall_clock()))
        )
        with self._database.reading() as session:
            account = session.scalar(query)
        return _person(account) if account else None

    def sign_out(self, token: str) -> None:
        """End a sign-in; a copy of its cookie is worth nothing from now on."""
        with self._database.writing() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == _hash(token)))

    def has(self, email: str) -> bool:
        """Whether an account has this address: for the operator, never for a page."""
        return self._find(email) is not None

    def set_password(self, email: str, password: str) -> bool:
        """Give an account another password and end all its sign-ins; False when there is no such account."""
        encoded = self._passwords.hash(password)
        with self._database.writing() as session:
            account = session.scalar(select(Account).where(Account.email == normal_email(email)))
            if account is None:
                return False
            account.password = encoded
            session.execute(delete(SignIn).where(SignIn.account_id == account.id))
        return True

    def remove(self, email: str) -> bool:
        """Delete an account with all that belongs to it; False when there is no such account."""
        with self._database.writing() as session:
            account = session.scalar(select(Account).where(Account.email == normal_email(email)))
            if account is None:
                return False
            session.delete(account)
        self._database.erase_traces()
        return True

    def mark(self, email: str) -> str:
        """An opaque name of an address, the same each time, made with the server's key."""
        return self._hidden("account", normal_email(email))

    def _hidden(self, kind: str, value: str) -> str:
        content = f"attempts\0{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, content, "sha256").hexdigest()

    def _find(self, email: str) -> Account | None:
        with self._database.reading() as session:
            return session.scalar(select(Account).where(Account.email == normal_email(email)))

    def _begin(self, account_id: int, days: float) -> str:
        token = secrets.token_urlsafe(32)
        now = int(self._wall_clock())
        with self._database.writing() as session:
            session.execute(delete(SignIn).where(SignIn.expires <= now))
            session.add(SignIn(token_hash=_hash(token), account_id=account_id, expires=now + int(days * DAY)))
        return token

    def _rehash(self, account_id: int, password: str) -> None:
        encoded = self._passwords.hash(password)
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.password = encoded


def normal_email(email: str) -> str:
    """One spelling for each address: NFKC, no blanks around it, small letters."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def is_email(text: str) -> bool:
    """Whether this looks like an address; whether mail arrives there is another question."""
    return _EMAIL.fullmatch(normal_email(text)) is not None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _person(account: Account) -> Person:
    return Person(account.id, account.email, account.name)
