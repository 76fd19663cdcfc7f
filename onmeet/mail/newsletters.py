"""Newsletters waiting to be sent: the text in a file, the way out of the list in every mail."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from onmeet.errors import UserError
from onmeet.notices.marks import mark

__all__ = ["Letterbox", "Newsletter", "leaving_token", "token_account", "token_fits"]


@dataclass(frozen=True, slots=True)
class Newsletter:
    """First line of the file, and all after it."""

    subject: str
    text: str

    @classmethod
    def read(cls, content: str) -> Newsletter:
        """Raises `UserError` when there is no subject or no text."""
        first, _, rest = content.replace("\r\n", "\n").strip().partition("\n")
        if not first.strip() or not rest.strip():
            raise UserError("a newsletter has its subject in the first line, and its text below")
        return cls(" ".join(first.split()), rest.strip())


class Letterbox:
    """The folder of texts, each under the hash by which queued mails refer to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: str) -> str:
        """Keep a text until it is sent; returns its hash."""
        Newsletter.read(content)
        name = hashlib.sha256(content.encode()).hexdigest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        return name

    def get(self, name: str) -> Newsletter | None:
        """The text of that hash, or None."""
        path = self._path(name)
        return Newsletter.read(path.read_text("utf-8")) if path.is_file() else None

    def tidy(self, wanted: set[str]) -> None:
        """Delete every text that no queued mail refers to."""
        for path in self._folder.glob("*.txt"):
            if path.stem not in wanted:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.txt"


def leaving_token(key: bytes, account: int, subject: str) -> str:
    """What the link in a newsletter carries: it takes this person off the list, and does nothing else."""
    return f"{account}-{mark(key, 'leave newsletter', subject)[:32]}"


def token_account(token: str) -> int | None:
    """The account that a token claims to be of; nothing is checked yet."""
    number = token.partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def token_fits(key: bytes, token: str, account: int, subject: str) -> bool:
    """Whether the token was made here, for this account."""
    return hmac.compare_digest(token.encode(), leaving_token(key, account, subject).encode())
