"""What a way out for mail is, and what may go wrong on it."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol

from onmeet.errors import ProviderError

__all__ = ["Mailer", "Undeliverable"]


class Undeliverable(ProviderError):
    """This mail will never arrive at this address: it is not tried again."""


class Mailer(Protocol):
    """Takes a finished message off our hands. Thread-safe."""

    def send(self, message: EmailMessage) -> None:
        """Deliver it to its one addressee.

        Raises `ProviderError` when it may work later, `Undeliverable` when it never will.
        """
