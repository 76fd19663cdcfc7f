"""The mails of a house, sent by the real dispatcher into the real outbox, and read there."""

from __future__ import annotations

import email
from datetime import datetime
from email import policy
from email.message import EmailMessage

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.mail.office import post_office
from tests.factories.house import House, Visitor
from tests.factories.letters import link_in, plain

__all__ = ["Mailbox", "confirmed"]


class Mailbox:
    """All mailboxes that a house writes to."""

    def __init__(self, house: House) -> None:
        self._house = house

    def fetch(self, now: datetime | None = None) -> list[EmailMessage]:
        """Send what is due, and take it out."""
        behind = self._house.services
        people = Addressees(behind.database)
        post_office(self._house.config, behind.database, behind.policy, people).send_due(now or clock.now())
        found = []
        for file in sorted((self._house.config.data / "outbox").glob("*.eml")):
            found.append(email.message_from_bytes(file.read_bytes(), policy=policy.SMTP))
            file.unlink()
        return found

    def link(self, path: str, to: str = "", now: datetime | None = None) -> str:
        """The path of the link below `path` in the one mail that has it, to `to` if that is given."""
        (mail,) = (
            mail for mail in self.fetch(now) if f"{path}" in plain(mail) and (not to or str(mail["To"]) == to)
        )
        return link_in(plain(mail), path)


def confirmed(house: House, visitor: Visitor, email: str, password: str) -> None:
    """Follow the link of a registration, and give the password."""
    link = Mailbox(house).link("/confirm/", email)
    assert visitor.send(link, password=password).status_code == 303
