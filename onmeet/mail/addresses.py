"""Who an account is, for a mail: asked of whoever keeps accounts."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Addressee", "Addresses"]


class Addressee(Protocol):
    """Somebody who gets a mail. `subject` is the random name of the data subject."""

    @property
    def email(self) -> str:
        """The address; empty when none is held."""

    @property
    def language(self) -> str:
        """A code such as `de`; empty when it is not known."""

    @property
    def subject(self) -> str:
        """The random name under which this person's data is kept."""

    @property
    def new_email(self) -> str:
        """The address that the account is to get, as long as that is not confirmed; else empty."""

    @property
    def state(self) -> str:
        """Changes with password and address: a link mailed before the change is worth nothing after it."""


class Addresses(Protocol):
    """Looks addressees up."""

    def of(self, account: int) -> Addressee | None:
        """Who the account is, None when there is no such account any more."""
