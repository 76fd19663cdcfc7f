"""Where mails go when no mail server is set: files in the data folder, to be read at /outbox, for a day."""

from __future__ import annotations

import email
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

from onmeet.notices.outlets import OUTBOX_DAYS

__all__ = ["KEPT", "Outbox", "Written"]

KEPT = timedelta(days=OUTBOX_DAYS)
"""How long a mail stays in the folder."""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail in the folder."""

    name: str
    written_at: datetime
    to: str
    subject: str
    text: str


class Outbox:
    """A folder as a `Mailer`."""

    def __init__(self, folder: Path, check: Callable[[Path], None]) -> None:
        """check: raises `NotPermitted` for a file that must not be written."""
        self.folder = folder
        self._check = check

    def send(self, message: EmailMessage) -> None:
        """Write it down, readable for this user alone. Raises `NotPermitted`."""
        path = self.folder / f"{secrets.token_hex(12)}.eml"
        self._check(path)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(message.as_bytes(policy=policy.SMTP))

    def mails(self) -> list[Written]:
        """What lies there, the newest first."""
        return sorted(map(_read, self._files()), key=lambda mail: mail.written_at, reverse=True)

    def tidy(self, now: datetime) -> int:
        """Delete mails older than a day; returns how many."""
        old = [file for file in self._files() if now - _written_at(file) >= KEPT]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def _files(self) -> list[Path]:
        return list(self.folder.glob("*.eml")) if self.folder.is_dir() else []


def _written_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _read(file: Path) -> Written:
    message = email.message_from_bytes(file.read_bytes(), policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return Written(
        name=file.stem,
        written_at=_written_at(file),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=body.get_content() if body is not None else "",
    )
