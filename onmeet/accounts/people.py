"""Who is signed in, and how addresses are spelled."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from onmeet.accounts.models import Account

__all__ = [
    "Checked", "Person", "SignedIn", "Standing", "WrongCredentials", "is_email", "normal_email", "person_of",
]  # fmt: skip

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}")

SUSPICIOUS = 5
"""After so many wrong passwords in a row the owner is told of the right one."""


class WrongCredentials(Exception):
    """No account with this address and password. Which of the two is wrong is not said."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account that is open.

    notice: the version of the privacy notice that they were shown last. role: empty, or `operator`.
    """

    id: int
    email: str
    name: str
    notice: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """Somebody whose password was right. wrong: wrong ones for this account, from anywhere, just before."""

    person: Person
    wrong: int

    @property
    def suspicious(self) -> bool:
        """Somebody seems to have guessed: the owner should hear of this sign-in."""
        return self.wrong >= SUSPICIOUS


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that has just begun. `token` goes into the cookie and is stored nowhere else."""

    person: Person
    token: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a cookie's token stands for.

    strong: a passkey or a second factor was used. checked_at: when its owner last proved to be there, in unix
    seconds.
    """

    person: Person
    strong: bool
    checked_at: int


def person_of(account: Account) -> Person:
    """An account as the rest of the program knows it."""
    return Person(account.id, account.email or "", account.name or "", account.notice, account.role)


def normal_email(email: str) -> str:
    """One spelling for each address: NFKC, no blanks around it, small letters."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def is_email(text: str) -> bool:
    """Whether this looks like an address; whether mail arrives there is another question."""
    return _EMAIL.fullmatch(normal_email(text)) is not None
