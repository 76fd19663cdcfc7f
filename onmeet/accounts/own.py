"""What people do with their own account: correct it, restrict it, object, end their sign-ins."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from sqlalchemy import func, select

from onmeet.accounts.addressees import as_mailed
from onmeet.accounts.models import Account, SignIn
from onmeet.accounts.service import Accounts
from onmeet.db import Database

__all__ = ["Details", "OwnAccount"]


_CORRECTABLE = {"name", "phone", "country", "language", "time_zone"}


@dataclass(frozen=True, slots=True)
class Details:
    """An account as its owner sees it; what is not held is empty. restricted, objected: GDPR Art. 18, 21.

    proven: a link mailed to the address was followed.
    """

    email: str
    name: str
    phone: str
    country: str
    restricted: bool
    objected: bool
    sign_ins: int
    proven: bool = False
    language: str = ""
    time_zone: str = ""
    has_picture: bool = False


class OwnAccount:
    """The service; it checks passwords as `accounts` does, and counts the attempts with it."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    def details(self, account_id: int) -> Details:
        """The account as it is. Raises LookupError when it has gone."""
        count = select(func.count(SignIn.token_hash)).where(SignIn.account_id == account_id)
        with self._database.reading() as session:
            account = session.get(Account, account_id)
            sign_ins = session.scalar(count) or 0
        if account is None:
            raise LookupError("this account has gone")
        return Details(
            account.email or "",
            account.name or "",
            account.phone or "",
            account.country or "",
            account.restricted,
            account.objected,
            sign_ins,
            account.proven == account.email_mark,
            account.language or "",
            account.time_zone or "",
            account.picture is not None,
        )

    def confirm(self, account_id: int, password: str, *, client: str) -> None:
        """Make sure that it is the owner who asks. Raises `WrongCredentials` or `TooManyAttempts`."""
        self._accounts.confirm(self.details(account_id).email, password, client=client)

    def correct(self, account_id: int, **values: str) -> None:
        """Replace what is held; the old values are erased. The gate drops what the notice does not permit.

        values: of name, phone, country, language, time_zone those that are to be replaced; empty erases.
        """
        if unknown := values.keys() - _CORRECTABLE:
            raise ValueError(f"cannot be corrected: {sorted(unknown)}")
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            for field, value in values.items() if account is not None else ():
                clean = value.strip().upper() if field == "country" else value.strip()
                setattr(account, field, clean or None)
        self._database.erase_traces()

    def picture(self, account_id: int) -> bytes | None:
        """The picture, as `portrait` made it."""
        with self._database.reading() as session:
            account = session.get(Account, account_id)
        held = account.picture if account is not None else None
        return base64.b64decode(held) if held else None

    def set_picture(self, account_id: int, picture: bytes) -> None:
        """Keep a picture that `portrait` made; the one from before is erased."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.picture = base64.b64encode(picture).decode()
        self._database.erase_traces()

    def prove_email(self, account_id: int, state: str) -> None:
        """A link to the address was followed. state: in which it was mailed. Raises `LinkGone`."""
        with self._database.writing() as session:
            account = as_mailed(session, account_id, state)
            account.proven = account.email_mark

    def change_password(self, account_id: int, password: str, token: str) -> None:
        """Take another password and end every sign-in but this one."""
        encoded = self._accounts.hash(password)
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.password = encoded
        self.end_sign_ins(account_id, keep=token)

    def end_sign_ins(self, account_id: int, *, keep: str = "") -> int:
        """End every sign-in, apart from the one of the token `keep`; returns how many."""
        return self._accounts.sign_ins.end_all(account_id, keep=keep)

    def restrict(self, account_id: int, on: bool) -> None:
        """Restrict processing (Art. 18), or lift the restriction."""
        self._mark(account_id, restricted=on)

    def object_to(self, account_id: int, on: bool) -> None:
        """Object to what rests on legitimate interest (Art. 21), or take the objection back."""
        self._mark(account_id, objected=on)

    def _mark(self, account_id: int, **marks: bool) -> None:
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                for name, value in marks.items():
                    setattr(account, name, value)
