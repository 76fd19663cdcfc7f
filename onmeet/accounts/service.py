"""Accounts: made, opened by password, closed. Nothing here tells whether an address has an account.

How people register by themselves, and confirm their address, is `onmeet.accounts.registering`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from onmeet.accounts.attempts import Attempts, TooManyAttempts
from onmeet.accounts.evenly import LOOKED_UP, evenly
from onmeet.accounts.models import Account
from onmeet.accounts.passwords import Passwords
from onmeet.accounts.people import (
    Checked,
    Person,
    SignedIn,
    Standing,
    WrongCredentials,
    is_email,
    normal_email,
    person_of,
)
from onmeet.accounts.sign_ins import SignIns, ended_in, may_enter
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.notices.marks import mark
from onmeet.notices.models import ConsentGiven

__all__ = [
    "Accounts", "Checked", "Person", "SignedIn", "Standing", "WrongCredentials", "is_email", "normal_email",
]  # fmt: skip


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
        self._mails = Attempts()
        self._wall_clock = wall_clock
        self.sign_ins = SignIns(database, wall_clock)

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
        proven: bool = False,
    ) -> bool:
        """Make an account that is open at once: for the operator, never for a page. False: there is one.

        One that waits for its address to be confirmed gives way. language: that of mails to this person.
        notice: the version of the privacy notice that was shown. consents: what was agreed to, by name, in
        the words that were shown; kept with the account. proven: mails are known to arrive.
        """
        account = self.made(email, password, name, phone=phone, country=country, language=language)
        account.notice = notice
        account.proven = account.email_mark if proven else ""
        try:
            with self._database.writing() as session:
                before = session.scalar(self._query(email).where(Account.pending_until.is_not(None)))
                if before is not None:
                    session.delete(before)
                    session.flush()
                session.add(account)
                session.flush()
                self.agree(session, account, consents or {})
        except IntegrityError:
            return False
        return True

    def made(
        self, email: str, password: str | None, name: str, *, phone: str, country: str, language: str
    ) -> Account:
        """A new account that is not stored yet. password: None for one that is opened in other ways."""
        today = self._today()
        return Account(
            email_mark=self.found_by(email),
            email=normal_email(email),
            name=name.strip() or None,
            phone=phone.strip() or None,
            country=country.strip().upper() or None,
            password=None if password is None else self._passwords.hash(password),
            language=language or None,
            created_on=today,
            last_seen_on=today,
        )

    def agree(self, session: Session, account: Account, consents: Mapping[str, str]) -> None:
        """Keep with a new account what was agreed to, by name, in the words that were shown."""
        given_at = self.now()
        session.add_all(
            ConsentGiven(
                account_id=account.id,
                purpose=name,
                wording=wording,
                notice=account.notice,
                given_at=given_at,
            )
            for name, wording in consents.items()
        )

    def check(
        self, email: str, password: str, *, client: str, known_here: bool = False, pending: bool = False
    ) -> Checked:
        """Check a password. `client` names where the attempt comes from.

        known_here: the browser has signed in to this account before. pending: of an account that waits for
        its address to be confirmed. Raises `WrongCredentials`, or `TooManyAttempts` before any check.
        """
        name = self.mark(email)
        client = mark(self._key, "attempts client", client)
        self._attempts.begin(name, client, known_here=known_here)
        with evenly(LOOKED_UP):
            account = self._pending(email) if pending else self._open(email)
        if not self._passwords.matches(account.password if account else None, password) or account is None:
            self._attempts.failed(name)
            raise WrongCredentials
        wrong = self._attempts.succeeded(name, client)
        if not pending:
            self._rehash(account, password)
        return Checked(person_of(account), wrong)

    def sign_in(
        self, email: str, password: str, *, client: str, known_here: bool = False, days: float = 0.5
    ) -> SignedIn:
        """Begin a sign-in that lasts `days` with the password alone. Raises as `check` does."""
        checked = self.check(email, password, client=client, known_here=known_here)
        return self.begin(checked.person.id, days=days)

    def begin(self, account_id: int, *, days: float, strong: bool = False, device: str = "") -> SignedIn:
        """Begin a sign-in of somebody who has been identified: see `SignIns.begin`."""
        return self.sign_ins.begin(account_id, days=days, strong=strong, device=device)

    def confirm(self, email: str, password: str, *, client: str) -> None:
        """Check the password of somebody who is signed in already.

        Raises `WrongCredentials`, or `TooManyAttempts` before anything is checked.
        """
        self.check(email, password, client=client, known_here=True)

    def hash(self, password: str) -> str:
        """How a password is stored."""
        return self._passwords.hash(password)

    def standing(self, token: str) -> Standing | None:
        """What the cookie's token stands for, or None when that sign-in has ended."""
        return self.sign_ins.standing(token)

    def by_token(self, token: str) -> Person | None:
        """Who the cookie's token stands for, or None when that sign-in has ended."""
        standing = self.standing(token)
        return standing.person if standing else None

    def sign_out(self, token: str) -> None:
        """End a sign-in; a copy of its cookie is worth nothing from now on."""
        self.sign_ins.end(token)

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
        with self._database.reading() as session:
            return (
                session.scalar(select(Account.id).where(Account.id == account_id, *may_enter())) is not None
            )

    def person(self, account_id: int) -> Person | None:
        """Who an account is, as long as it is open."""
        with self._database.reading() as session:
            account = session.scalar(select(Account).where(Account.id == account_id, *may_enter()))
        return person_of(account) if account is not None else None

    def has(self, email: str) -> bool:
        """Whether an account has this address: for the operator, never for a page.

        One that waits for its address to be confirmed does not count.
        """
        with self._database.reading() as session:
            return session.scalar(self._query(email).where(Account.pending_until.is_(None))) is not None

    def id_of(self, email: str) -> int | None:
        """The account of an address, closed ones too: for the operator, never for a page."""
        with self._database.reading() as session:
            account = session.scalar(self._query(email))
        return account.id if account is not None else None

    def set_password(self, email: str, password: str) -> bool:
        """Give an account another password and end all its sign-ins; False when there is no such account."""
        encoded = self._passwords.hash(password)
        with self._database.writing() as session:
            account = session.scalar(self._query(email))
            if account is None:
                return False
            account.password = encoded
            ended_in(session, account.id)
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
        """The account of an address unless it is closed, or waits for the address to be confirmed."""
        with self._database.reading() as session:
            return session.scalar(self._query(email).where(*may_enter()))

    def _pending(self, email: str) -> Account | None:
        with self._database.reading() as session:
            return session.scalar(self._query(email).where(Account.pending_until.is_not(None)))

    def may_mail(self, email: str) -> bool:
        """Whether one more mail may go to an address that somebody typed; counts it.

        So nobody fills a stranger's mailbox from here: a few are free, then one every five minutes.
        """
        try:
            self._mails.begin(self.mark(email), "", known_here=True)
        except TooManyAttempts:
            return False
        return True

    def now(self) -> datetime:
        """The present moment by this service's clock."""
        return datetime.fromtimestamp(self._wall_clock(), UTC)

    def _today(self) -> date:
        return self.now().date()

    def _rehash(self, found: Account, password: str) -> None:
        """After the right password: store it as it is stored today."""
        if found.password is None or not self._passwords.outdated(found.password):
            return
        encoded = self._passwords.hash(password)
        with self._database.writing() as session:
            account = session.get(Account, found.id)
            if account is not None:
                account.password = encoded
