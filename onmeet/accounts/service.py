"""Accounts: register, sign in, sign out. Nothing here tells whether an address has an account.

An honest limit: without a confirmation by mail, somebody who registers an address and then signs in with
the password just chosen learns that the address was free.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError

from onmeet.accounts.attempts import Attempts
from onmeet.accounts.models import Account, SignIn
from onmeet.accounts.passwords import Passwords
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.notices.marks import mark
from onmeet.notices.models import ConsentGiven

__all__ = ["Accounts", "Person", "SignedIn", "WrongCredentials", "is_email", "normal_email"]

DAY = 86_400

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}")


class WrongCredentials(Exception):
    """No account with this address and password. Which of the two is wrong is not said."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in. `notice`: the version of the privacy notice that they were shown last."""

    id: int
    email: str
    name: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that has just begun. `token` goes into the cookie and is stored nowhere else."""

    person: Person
    token: str


class Accounts:
    """The service; thread-safe.

    `key` makes the marks by which accounts are found, and the opaque names under which attempts are
    counted (`Config.marks_key`).
    """

    def __init__(
        self,
        database: Database,
        *,
        key: bytes,
        passwords: Passwords | None = None,
        attempts: Attempts | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._key = key
        self._passwords = Passwords() if passwords is None else passwords
        self._attempts = Attempts() if attempts is None else attempts
        self._wall_clock = wall_clock

    def register(
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
        """Make an account, or do nothing when the address has one: the caller cannot tell, by time either.

        language: that of mails to this person. notice: the version of the privacy notice that was shown.
        consents: what was agreed to, by name, in the words that were shown; kept with the account.
        """
        today = self._today()
        account = Account(
            email_mark=self.found_by(email),
            email=normal_email(email),
            name=name.strip() or None,
            phone=phone.strip() or None,
            country=country.strip().upper() or None,
            password=self._passwords.hash(password),
            language=language or None,
            notice=notice,
            created_on=today,
            last_seen_on=today,
        )
        try:
            with self._database.writing() as session:
                session.add(account)
                session.flush()
                session.add_all(self._agreed(account, consents or {}))
        except IntegrityError:
            return  # taken: its owner keeps the old password, and nobody is told

    def _agreed(self, account: Account, consents: Mapping[str, str]) -> list[ConsentGiven]:
        now = datetime.fromtimestamp(self._wall_clock(), UTC)
        return [
            ConsentGiven(
                account_id=account.id,
                purpose=name,
                wording=wording,
                notice=account.notice,
                given_at=now,
            )
            for name, wording in consents.items()
        ]

    def sign_in(
        self, email: str, password: str, *, client: str, known_here: bool = False, days: float = 0.5
    ) -> SignedIn:
        """Begin a sign-in that lasts `days`. `client` names where the attempt comes from.

        Raises `WrongCredentials`, or `TooManyAttempts` before anything is checked.
        """
        name = self.mark(email)
        client = mark(self._key, "attempts client", client)
        self._attempts.begin(name, client, known_here=known_here)
        account = self._open(email)
        if not self._passwords.matches(account.password if account else None, password) or account is None:
            raise WrongCredentials
        self._attempts.succeeded(name, client)
        self._renew(account, password)
        return SignedIn(_person(account), self._begin(account.id, days))

    def confirm(self, email: str, password: str, *, client: str) -> None:
        """Check the password of somebody who is signed in already.

        Raises `WrongCredentials`, or `TooManyAttempts` before anything is checked.
        """
        name, client = self.mark(email), mark(self._key, "attempts client", client)
        self._attempts.begin(name, client, known_here=True)
        account = self._open(email)
        if not self._passwords.matches(account.password if account else None, password) or account is None:
            raise WrongCredentials
        self._attempts.succeeded(name, client)

    def hash(self, password: str) -> str:
        """How a password is stored."""
        return self._passwords.hash(password)

    def by_token(self, token: str) -> Person | None:
        """Who the cookie's token stands for, or None when that sign-in has ended."""
        query = (
            select(Account)
            .join(SignIn, SignIn.account_id == Account.id)
            .where(SignIn.token_hash == _hash(token), SignIn.expires > int(self._wall_clock()))
            .where(Account.closed_on.is_(None))
        )
        with self._database.reading() as session:
            account = session.scalar(query)
        return _person(account) if account else None

    def sign_out(self, token: str) -> None:
        """End a sign-in; a copy of its cookie is worth nothing from now on."""
        with self._database.writing() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == _hash(token)))

    def check_key(self) -> None:
        """Refuse to work with a key that finds nobody. Raises `ConfigError`."""
        query = (
            select(Account)
            .where(Account.closed_on.is_(None), Account.email.is_not(None))
            .order_by(Account.id.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            newest = session.scalar(query)
        email = newest.email if newest is not None else None
        if newest is not None and email and is_email(email) and newest.email_mark != self.found_by(email):
            raise ConfigError(
                "ONMEET_MARKS_KEY is not the one that this database was made with, so that nobody could sign"
                " in: put back the file marks_key, or the setting"
            )

    def is_open(self, account_id: int) -> bool:
        """Whether an account exists and nobody has closed it or begun to erase it."""
        query = select(Account.id).where(
            Account.id == account_id, Account.closed_on.is_(None), Account.erasing.is_(False)
        )
        with self._database.reading() as session:
            return session.scalar(query) is not None

    def has(self, email: str) -> bool:
        """Whether an account has this address: for the operator, never for a page."""
        with self._database.reading() as session:
            return session.scalar(self._query(email)) is not None

    def id_of(self, email: str) -> int | None:
        """The account of an address, closed ones too: for the operator, never for a page."""
        with self._database.reading() as session:
            account = session.scalar(self._query(email))
        return account.id if account is not None else None

    def close(self, email: str) -> bool:
        """Close an account: nobody signs in, and the terms of the notice count. False: not open."""
        with self._database.writing() as session:
            account = session.scalar(self._query(email).where(Account.closed_on.is_(None)))
            if account is None:
                return False
            account.closed_on = self._today()
            session.execute(delete(SignIn).where(SignIn.account_id == account.id))
        return True

    def reopen(self, email: str) -> bool:
        """Open a closed account of which nothing has been erased yet; False when there is none."""
        with self._database.writing() as session:
            account = session.scalar(self._query(email).where(Account.closed_on.is_not(None)))
            if account is None or account.erasing or account.password is None or account.email is None:
                return False
            account.closed_on, account.last_seen_on, account.warned_on = None, self._today(), None
        return True

    def set_password(self, email: str, password: str) -> bool:
        """Give an account another password and end all its sign-ins; False when there is no such account."""
        encoded = self._passwords.hash(password)
        with self._database.writing() as session:
            account = session.scalar(self._query(email))
            if account is None:
                return False
            account.password = encoded
            session.execute(delete(SignIn).where(SignIn.account_id == account.id))
        return True

    def saw_notice(self, account_id: int, notice: str) -> None:
        """Remember the version of the privacy notice that this person was shown."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None and account.notice != notice:
                account.notice = notice

    def mark(self, email: str) -> str:
        """An opaque name of an address, the same each time; not the one by which accounts are found."""
        return mark(self._key, "attempts account", normal_email(email))

    def found_by(self, email: str) -> str:
        """The mark by which the account of an address is found."""
        return mark(self._key, "account", normal_email(email))

    def _query(self, email: str) -> Select[Account]:
        return select(Account).where(Account.email_mark == self.found_by(email))

    def _open(self, email: str) -> Account | None:
        """The account of an address unless it is closed."""
        with self._database.reading() as session:
            return session.scalar(self._query(email).where(Account.closed_on.is_(None)))

    def _today(self) -> date:
        return datetime.fromtimestamp(self._wall_clock(), UTC).date()

    def _begin(self, account_id: int, days: float) -> str:
        token = secrets.token_urlsafe(32)
        now = int(self._wall_clock())
        with self._database.writing() as session:
            session.execute(delete(SignIn).where(SignIn.expires <= now))
            session.add(SignIn(token_hash=_hash(token), account_id=account_id, expires=now + int(days * DAY)))
        return token

    def _renew(self, found: Account, password: str) -> None:
        """After a sign-in: the day of it, and the password's hash where it is out of date."""
        outdated = found.password is not None and self._passwords.outdated(found.password)
        encoded = self._passwords.hash(password) if outdated else None
        today = self._today()
        if encoded is None and found.last_seen_on == today:
            return
        with self._database.writing() as session:
            account = session.get(Account, found.id)
            if account is None:
                return
            account.last_seen_on = today
            account.warned_on = None
            if encoded is not None:
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
    return Person(account.id, account.email or "", account.name or "", account.notice)
