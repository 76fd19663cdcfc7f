"""Whether somebody finds their mails at /outbox, because no mail server is set."""

from __future__ import annotations

from onmeet.web.health import from_this_machine
from onmeet.web.services import services

__all__ = ["lies_here"]


def lies_here() -> bool:
    """Whether this visitor may open the outbox, and mails lie there."""
    return not services().config.smtp_url and from_this_machine()
