"""A mail server of another make (aiosmtpd) that takes every mail and keeps it for the test."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port

__all__ = ["PostOffice", "post_office"]


class PostOffice:
    """mails: (recipient, mail), in the order of their arrival."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[tuple[str, EmailMessage]] = []

    def settings(self) -> dict[str, str]:
        """Environment of an instance that sends its mails here."""
        return {"ONMEET_SMTP_URL": f"smtp://127.0.0.1:{self.port}", "ONMEET_MAIL_FROM": "meet@example.org"}

    def to(self, address: str) -> list[EmailMessage]:
        """What has come for somebody."""
        return [mail for recipient, mail in self.mails if recipient == address]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """What aiosmtpd calls for each mail; the answer to the client."""
        mail = email.message_from_bytes(envelope.content, policy=policy.SMTP)
        assert isinstance(mail, EmailMessage)
        self.mails += [(recipient, mail) for recipient in envelope.rcpt_tos]
        return "250 taken"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """One that is open inside the block, in a thread of its own."""
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=office.port, ready_timeout=30)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
