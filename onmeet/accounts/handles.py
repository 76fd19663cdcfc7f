"""Personal pages: the address `/u/<handle>` under which somebody can be called.

A handle is a word that its owner chooses and four digits that nobody chooses. So no handle is ever taken, and
choosing one tells nothing about those of others.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = ["LONGEST_WORD", "PATTERN", "Handles", "random_digits", "word_of"]

LONGEST_WORD = 24
PATTERN = r"[a-z0-9]{1,24}(?:-[a-z0-9]{1,24}){0,8}-[0-9]{4}"
"""How handles are written; anything else is the address of nobody."""

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def word_of(text: str) -> str:
    """The word that somebody means: small Latin letters, digits, single hyphens; empty when nothing is left.

    `Ada Lovelace` gives `ada-lovelace`, `Zoë` gives `zoe`.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    parts = re.findall(r"[a-z0-9]+", kept)
    return "-".join(parts)[:LONGEST_WORD].strip("-")


def random_digits() -> str:
    """Four digits."""
    return f"{secrets.randbelow(10_000):04}"


class Handles:
    """The service. `key` makes the marks by which a handle's account is found (`Config.marks_key`)."""

    def __init__(self, database: Database, *, key: bytes, digits: Callable[[], str] = random_digits) -> None:
        self._database = database
        self._key = key
        self._digits = digits

    def of(self, account_id: int) -> str:
        """The account's handle; empty when it has none."""
        with self._database.reading() as session:
            return session.scalar(select(Account.handle).where(Account.id == account_id)) or ""

    def has(self, account_id: int) -> bool:
        """Whether the account has a personal page; opens nothing that is sealed."""
        query = select(Account.id).where(Account.id == account_id, Account.handle_mark.is_not(None))
        with self._database.reading() as session:
            return session.scalar(query) is not None

    def choose(self, account_id: int, word: str) -> str:
        """Give the account a new handle made of `word` (see `word_of`); its old one is nobody's from then on.

        Raises `ValueError` for a word that is none, `LookupError` when the account is gone.
        """
        if not _WORD.fullmatch(word) or len(word) > LONGEST_WORD:
            raise ValueError("not a word for a handle")
        for _ in range(64):
            handle = f"{word}-{self._digits()}"
            try:
                with self._database.writing() as session:
                    account = session.get(Account, account_id)
                    if account is None:
                        raise LookupError("the account is gone")
                    account.handle, account.handle_mark = handle, self.mark(handle)
            except IntegrityError:
                continue  # somebody else's
            self._database.erase_traces()
            return handle
        raise RuntimeError("no free handle in 64 tries")

    def drop(self, account_id: int) -> None:
        """Take the personal page away."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.handle = account.handle_mark = None
        self._database.erase_traces()

    def mark(self, handle: str) -> str:
        """The mark by which the account of a handle is found."""
        return mark(self._key, "handle", handle)
