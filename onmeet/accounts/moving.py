"""Another e-mail address for an account: it takes effect when a link has been followed at both addresses.

At the new one, because it must be theirs; at the old one, because whoever has got into the account must not
be able to take it away. Until then it is a wish, which lapses and can be withdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from onmeet.accounts.addressees import LinkGone, as_mailed
from onmeet.accounts.evenly import WRITTEN, evenly
from onmeet.accounts.models import Account
from onmeet.accounts.people import normal_email
from onmeet.accounts.service import Accounts
from onmeet.accounts.telling import Tell
from onmeet.db import Database

__all__ = ["LAPSES", "AddressTaken", "Moving", "Side", "Wish", "forget_lapsed"]

LAPSES = timedelta(days=3)

Side = Literal["old", "new"]

_NO_WISH = {"new_email": None, "new_email_mark": "", "new_email_agreed": "", "new_email_until": None}


class AddressTaken(Exception):
    """Another account has come to have the address meanwhile; the wish is gone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A change that is under way. confirmed: at which of the two addresses, or neither."""

    email: str
    confirmed: Side | None
    until: datetime


class Moving:
    """The service; thread-safe."""

    def __init__(self, database: Database, accounts: Accounts, tell: Tell) -> None:
        self._database = database
        self._accounts = accounts
        self._tell = tell

    def ask(self, account_id: int, email: str) -> None:
        """Wish for another address; a wish from before is forgotten.

        Nobody learns whether the address is free: the owner of a taken one gets a mail, but no link.
        """
        now, may_mail = self._accounts.now(), self._accounts.may_mail(email)
        wanted = self._accounts.found_by(email)
        with evenly(WRITTEN), self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is None:
                return
            account.new_email, account.new_email_mark = normal_email(email), wanted
            account.new_email_agreed, account.new_email_until = "", int((now + LAPSES).timestamp())
            query = select(Account.id).where(
                Account.email_mark == wanted, Account.pending_until.is_(None), Account.id != account_id
            )
            holder = session.scalar(query)
            kind = "address-change-new" if holder is None else "address-taken"
            told = account_id if holder is None else holder
            self._tell(session, kind, now, account=told if may_mail else None)
            self._tell(session, "address-change-old", now, account=account_id)
        self._database.erase_traces()

    def wish(self, account_id: int) -> Wish | None:
        """The change that is under way."""
        with self._database.reading() as session:
            account = session.get(Account, account_id)
        if account is None or not self._current(account):
            return None
        until = datetime.fromtimestamp(account.new_email_until or 0, UTC)
        side: Side | None = {"old": "old", "new": "new"}.get(account.new_email_agreed)  # type: ignore[assignment]
        return Wish(account.new_email or "", side, until)

    def withdraw(self, account_id: int, state: str | None = None) -> None:
        """Forget the wish. state: in which a link was mailed that says so; raises `LinkGone`."""
        with self._database.writing() as session:
            account = (
                session.get(Account, account_id) if state is None else as_mailed(session, account_id, state)
            )
            if account is not None:
                _forget_wish(account)
        self._database.erase_traces()

    def agree(self, account_id: int, state: str, side: Side) -> bool:
        """A link was followed at one of the two addresses; True: at both now, and the change is made.

        state: in which the link was mailed. Raises `LinkGone` or `AddressTaken`.
        """
        try:
            done = self._agree(account_id, state, side)
        except IntegrityError:
            self.withdraw(account_id)
            raise AddressTaken from None
        self._database.erase_traces()
        return done

    def _agree(self, account_id: int, state: str, side: Side) -> bool:
        with self._database.writing() as session:
            account = as_mailed(session, account_id, state)
            if not self._current(account):
                raise LinkGone
            if account.new_email_agreed in ("", side):
                account.new_email_agreed = side
                return False
            session.execute(
                delete(Account).where(
                    Account.email_mark == account.new_email_mark, Account.pending_until.is_not(None)
                )
            )
            account.email, account.email_mark = account.new_email, account.new_email_mark
            account.proven = account.email_mark
            _forget_wish(account)
            session.flush()
            self._tell(session, "security-changed", self._accounts.now(), account=account_id, about="address")
            return True

    def _current(self, account: Account) -> bool:
        return (
            account.new_email is not None
            and account.closed_on is None
            and not account.erasing
            and (account.new_email_until or 0) > self._accounts.now().timestamp()
        )


def forget_lapsed(database: Database, now: datetime) -> int:
    """Erase wishes for another address that are over; returns how many."""
    with database.writing() as session:
        over = session.scalars(select(Account).where(Account.new_email_until <= int(now.timestamp()))).all()
        for account in over:
            _forget_wish(account)
    if over:
        database.erase_traces()
    return len(over)


def _forget_wish(account: Account) -> None:
    for name, value in _NO_WISH.items():
        setattr(account, name, value)
