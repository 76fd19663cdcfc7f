"""Errors by audience: who must act decides the class, one place maps each class to its answer.

    OnMeetError
    ├── UserError       shown to the person who caused it
    ├── ProtocolError   answers or closes a connection with a code
    ├── ProviderError   an outside service failed; may be retried
    ├── NotPermitted    the notice does not permit what was to be stored: a bug, or the notice lacks it
    └── ConfigError     the operator must change a setting; stops the start

Everything else is a bug.
"""

from __future__ import annotations

__all__ = ["N_", "ConfigError", "NotPermitted", "OnMeetError", "ProtocolError", "ProviderError", "UserError"]


def N_(message: str) -> str:
    """Mark the sentence of a `UserError` for the catalogues; whoever shows it translates it."""
    return message


class OnMeetError(Exception):
    """Root of every error that this project raises on purpose."""


class UserError(OnMeetError):
    """A sentence for the person in front of the screen, with the HTTP status that goes with it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class ProtocolError(OnMeetError):
    """A peer broke a protocol; `code` is the error code of that protocol (`bad-sdp`, `not-host`).

    `detail` is for developers and never holds the offending input itself.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class ProviderError(OnMeetError):
    """An outside service (mail, payment, telephone trunk) did not do its part."""


class ConfigError(OnMeetError):
    """A setting is missing or wrong; the message names it and says what to set."""


class NotPermitted(OnMeetError):
    """Data would have been stored in a place or a form that the notice in force does not permit.

    A mistake of ours, or the operator's notice lacks an item. The message names the place, the category and
    the remedy, never the data.
    """
