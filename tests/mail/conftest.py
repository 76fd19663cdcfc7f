"""A post office on a database of its own, with people who may get mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from onmeet.accounts.addressees import Addressees
from onmeet.accounts.models import Account
from onmeet.config import Config
from onmeet.db import Database
from onmeet.mail.dispatch import Dispatcher, Sent
from onmeet.mail.newsletters import Letterbox
from onmeet.mail.queue import enqueue, waiting
from onmeet.mail.render import House, Renderer
from onmeet.notices import reading
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from tests.factories.house import MakeDatabase, empty_database, make_config
from tests.factories.postgres import migrated, new_database, postgres

__all__ = ["empty_database", "migrated", "new_database", "postgres"]  # both kinds of database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"k" * 32


class Hand:
    """A mailer that keeps what it is given, or fails as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.fails: Exception | None = None

    def send(self, message: EmailMessage) -> None:
        if self.fails is not None:
            raise self.fails
        self.mails.append(message)


class Office:
    """Queue, renderer and dispatcher."""

    database: Database

    def __init__(self, config: Config, notice: str = "on-meet") -> None:
        self.config = config
        self.hand = Hand()
        self.letterbox = Letterbox(config.data / "newsletters")
        self._opened: list[Database] = []
        self.under(notice)

    def under(self, notice: str) -> None:
        """From now on another notice holds."""
        self.policy = Policy(reading.load(notice))
        self.database = open_database(self.config, self.policy)
        self._opened.append(self.database)
        house = House("Café Nord", "https://meet.example.org", "onmeet@example.org")
        self.dispatcher = Dispatcher(
            self.database,
            self.policy,
            self.hand,
            Renderer(house, Addressees(self.database), self.letterbox, KEY),
            self.letterbox,
        )

    def person(self, email: str = "ada@example.org", language: str = "") -> int:
        """Somebody with an account."""
        account = Account(email_mark=email, email=email, name="", language=language or None)
        with self.database.writing() as session:
            session.add(account)
        return account.id

    def queue(
        self, kind: str, *, account: int | None = None, request: int | None = None, about: str = ""
    ) -> None:
        """Put a mail into the queue."""
        with self.database.writing() as session:
            enqueue(session, kind, NOW, account=account, request=request, about=about)

    def send(self, now: datetime = NOW) -> Sent:
        """What the keeper does each minute."""
        return self.dispatcher.send_due(now)

    def close(self) -> None:
        """Leave no connection behind."""
        for database in self._opened:
            database.close()

    def waiting(self) -> int:
        """Mails in the queue."""
        with self.database.reading() as session:
            return waiting(session)


@pytest.fixture
def office(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Office]:
    config = make_config(tmp_path / "var")
    opened = Office(replace(config, database_url=new_database(config.data)))
    yield opened
    opened.close()
